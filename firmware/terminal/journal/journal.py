"""The journal as the rest of the terminal sees it: append a record, know what is open, give pages.

Owns who may still write when room gets short: a sale is admitted only while there is room for its
outcome and for the outcome of every doubt. Verifies the host's acknowledgements. Never decides
about a card. Called by pay, link and app.
"""

from firmware.core import record
from firmware.core.bits import equal
from firmware.core.errors import (
    DOUBT_HANDED_OVER,
    DOUBTS_FULL,
    JOURNAL_DAMAGED,
    JOURNAL_FULL,
    JOURNAL_ROLLED_BACK,
    STARTED,
    VafaError,
)
from firmware.core.hmac256 import hmac_sha256
from firmware.terminal.hal.api import SLOT_JOURNAL
from firmware.terminal.journal.doubts import Doubts
from firmware.terminal.journal.exposure import Exposure
from firmware.terminal.journal.ring import CONTENT_PAGES, Ring

RESERVE = CONTENT_PAGES
"""Pages kept back beyond the outcomes of open intents: a sector's worth, for burned pages."""

_WALK = 16


class Journal:
    """One terminal's journal in one slice of flash. `stamp()` gives (seconds, grade)."""

    def __init__(self, nor, slice_, se, terminal, stamp):
        self._se = se
        self._terminal = terminal
        self._ring = Ring(nor, slice_.address, slice_.sectors, se, terminal, stamp)
        self._ring.forget = self._forget
        self._handed_over = []
        self.doubts = Doubts()
        self.exposure = Exposure()

    def recover(self):
        """Find the journal's end after power-on; must come before anything else."""
        self._ring.recover(self._see)

    def note_start(self):
        """Journal this start and what recovery found."""
        self.note(record.EVENT, record.Event(STARTED, self._ring.boot))
        if self._ring.damaged:
            self.note(record.EVENT, record.Event(JOURNAL_DAMAGED, self._ring.damaged))

    # --- what others ask ------------------------------------------------------------------

    @property
    def next_sequence(self):
        """Sequence that the next page will have at the earliest."""
        return self._ring.next_sequence

    @property
    def first_unacknowledged(self):
        """First sequence that the host has not acknowledged."""
        return self._ring.first_unacknowledged

    @property
    def last_time(self):
        """Time in the newest page: no true time is earlier."""
        return self._ring.last_time

    def refuse_sale(self):
        """Number of the reason why no further sale may be opened; 0 when it may."""
        if self._ring.rolled_back:
            return JOURNAL_ROLLED_BACK
        if self.doubts.is_full() and not self._oldest_acknowledged_doubt():
            return DOUBTS_FULL
        if self._ring.free_pages() < len(self.doubts) + 2 + RESERVE:
            return JOURNAL_FULL
        return 0

    def refuse_note(self):
        """Number of the reason why a page that no money hangs on may not be written; or 0."""
        if self._ring.rolled_back:
            return JOURNAL_ROLLED_BACK
        if self._ring.free_pages() < len(self.doubts) + 3 + RESERVE:
            return JOURNAL_FULL
        return 0

    # --- writing --------------------------------------------------------------------------

    def append(self, kind, content):
        """Make a record durable, read back; its Header.

        Raises JOURNAL_FULL, FLASH_FAULT, or JOURNAL_ROLLED_BACK: a journal that isn't this secure
        element's is evidence, and nothing in it is changed or erased.
        """
        if self._ring.rolled_back:
            raise VafaError(JOURNAL_ROLLED_BACK)
        header = self._ring.append(kind, content)
        self.doubts.see(header, content)
        self.exposure.see(header, content)
        return header

    def open_intent(self, intent):
        """Make an INTENT durable. JOURNAL_FULL or DOUBTS_FULL when there is no room for it."""
        refusal = self.refuse_sale()
        if refusal:
            raise VafaError(refusal)
        if self.doubts.is_full():
            self.hand_over(self._oldest_acknowledged_doubt())
        return self.append(record.INTENT, intent)

    def hand_over(self, sequence):
        """Leave a doubt to the host, which has its page or will."""
        self.append(record.EVENT, record.Event(DOUBT_HANDED_OVER, sequence))

    def note(self, kind, content):
        """Append a page that no money hangs on, if there is room and every part does its work.

        Never raises a VafaError: those who tell of a fault must not fail by the same one.
        """
        if self.refuse_note():
            return
        try:
            self.append(kind, content)
        except VafaError:
            return

    def tidy(self):
        """Work ahead while nobody waits: at most one slow flash operation; True if it did one."""
        if self._ring.rolled_back:
            return False
        if self._handed_over and not self.refuse_note():
            self.hand_over(self._handed_over.pop())
            return True
        return self._ring.tidy()

    # --- upload and acknowledgement -------------------------------------------------------

    def pages_from(self, sequence, limit):
        """Up to `limit` sealed pages from `sequence` on, as (sequence, 256 bytes)."""
        found = self._ring.pages_from(sequence, limit)
        return [(header.sequence, page) for header, page in found]

    def acknowledge(self, through, mac):
        """Take the host's word that it has every page up to `through`; False if it isn't that.

        The word is for this terminal and proven by `mac`: see record.ack_label.
        """
        if not self.first_unacknowledged <= through < self.next_sequence:
            return False
        key = self._se.hmac(SLOT_JOURNAL, record.ACK_KEY_LABEL)
        label = record.ack_label(self._terminal, through)
        if not equal(hmac_sha256(key, label)[:16], bytes(mac)):
            return False
        self._release(through)
        self._ring.acknowledge(through)
        return True

    def _release(self, through):
        sequence = self.first_unacknowledged
        while sequence <= through:
            pages = self._ring.pages_from(sequence, _WALK)
            if not pages:
                return
            for header, page in pages:
                if header.sequence <= through and header.kind == record.INTENT:
                    content = record.parse_content(page, header.kind)
                    self.exposure.release(header, content)
            sequence = pages[-1][0].sequence + 1

    def _see(self, header, page):
        content = record.parse_content(page, header.kind)
        self.doubts.see(header, content)
        if header.sequence >= self.first_unacknowledged:
            self.exposure.see(header, content)

    def _forget(self, sequence):
        self._handed_over.extend(self.doubts.drop_before(sequence))

    def _oldest_acknowledged_doubt(self):
        return self.doubts.oldest_below(self.first_unacknowledged)
