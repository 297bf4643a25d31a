"""The open intents: sales whose outcome the terminal doesn't know yet, one a card.

Owns the list and what of an intent decides it later. Fed page by page, at recovery and at each
append, so a reboot rebuilds it. Never reads a card: pay/resolve.py asks the card.
"""

from firmware.core import record
from firmware.core.errors import DOUBT_HANDED_OVER

LIMIT = 32
"""Doubts of different cards held at one time; the promise is 16."""


class Doubt:
    """What decides an open intent: the record it would have replaced, its counter, its amount."""

    def __init__(self, sequence, intent):
        self.sequence = sequence
        self.card_number = intent.card_number
        self.uid = intent.uid
        self.amount = intent.amount
        self.paid_before = intent.paid_before
        self.counter = intent.counter
        self.record_before = intent.record


class Doubts:
    """Open intents by the UID of their card.

    `last_done` is (uid, amount) of the last sale that ended done, or None: after a restart, one
    whose success the customer may not have seen.
    """

    def __init__(self):
        self._open = []
        self.last_done = None

    def __len__(self):
        return len(self._open)

    def of_card(self, uid):
        """The Doubt of a card, or None."""
        for doubt in self._open:
            if doubt.uid == uid:
                return doubt
        return None

    def is_open(self, sequence):
        """Tell whether the intent of this sequence is open."""
        return any(doubt.sequence == sequence for doubt in self._open)

    def opened(self, sequence, intent):
        """An INTENT page is durable."""
        self._open.append(Doubt(sequence, intent))

    def is_full(self):
        """Tell whether no further intent may be opened."""
        return len(self._open) >= LIMIT

    def settled(self, sequence):
        """An OUTCOME page is durable, or the doubt was handed over."""
        self._open = [doubt for doubt in self._open if doubt.sequence != sequence]

    def drop_before(self, sequence):
        """Let go of doubts whose pages are erased; the sequences that went."""
        gone = [doubt.sequence for doubt in self._open if doubt.sequence < sequence]
        self._open = [doubt for doubt in self._open if doubt.sequence >= sequence]
        return gone

    def oldest_below(self, sequence):
        """Sequence of the oldest doubt below `sequence` (so the host has its page), or 0."""
        found = [doubt.sequence for doubt in self._open if doubt.sequence < sequence]
        return min(found) if found else 0

    def _note_done(self, sequence):
        for doubt in self._open:
            if doubt.sequence == sequence:
                self.last_done = (doubt.uid, doubt.amount)

    def see(self, header, content):
        """Take in one page, by its parsed content."""
        if header.kind == record.INTENT:
            self.opened(header.sequence, content)
        elif header.kind == record.OUTCOME:
            if content.result == record.DONE:
                self._note_done(content.ref)
            self.settled(content.ref)
        elif header.kind == record.EVENT and content.code == DOUBT_HANDED_OVER:
            self.settled(content.value)
