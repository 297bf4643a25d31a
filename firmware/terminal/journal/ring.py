"""A ring of flash sectors that holds sealed pages: append, recover, reclaim.

Goal: an append is durable when it returns; a power cut at any operation, also during recovery,
loses no page that had been appended and never makes two pages of one sequence valid.

Format: firmware/core/record.py. Sector of epoch e lies in slot (e - 1) mod slots. In a sector page
0 is SECTOR, 1 to 14 are content, 15 is CLOSE with the secure element's signature over the chain.
A page that can't be used (torn, or not read back as written) is burned: its index is skipped, its
sequence is not consumed. It is cleared to zeros: with only its tag torn it would still pass for
the page of its sequence where pages are told by their chain.
Limits: at least 3 slots; a full ring refuses (JOURNAL_FULL) and never overwrites a page that the
host has not acknowledged.

Power-fail argument. Assumed: a cut program clears any subset of the bits it should clear; a cut
erase leaves anything in its sector; other pages keep their content; a 128-bit tag or a SHA-256
chain value is not met by accident.
- Cut in a content page: its tag is wrong, so recovery burns it; its caller never went on. Cut in
  clearing it: its tag is wrong still, and it is cleared again.
- Cut after it, before the call returned: the page is valid and found again; an open intent is then
  decided by the card.
- Cut in SECTOR: its tag is wrong, the sector before is the newest still; the slot is erased again
  before any use, even if it reads blank.
- Cut between SECTOR and the counter: the page names counter + 1; recovery bumps once. Any other
  difference means that flash and secure element are not of the same time: `rolled_back`.
- Cut in an erase: only the slot of the next epoch is ever erased, and only after the host
  acknowledged every page in it; which slot was erased ahead is remembered in memory only. What is
  missing there is no damage, even if the newest SECTOR names an older acknowledgement.
- Cut in CLOSE: the sector stays unsigned; chain and tags still bind its pages.
Damage that no cut explains is counted in `damaged`. The newest sector is then left and the next
one opened; a slot whose SECTOR page is unreadable counts as empty, and those before it stay.
"""

from firmware.core import record
from firmware.core.errors import FLASH_FAULT, VafaError
from firmware.terminal.hal.api import SLOT_JOURNAL
from firmware.terminal.journal.lap import Lap
from firmware.terminal.journal.slots import Slots, is_blank

_CLOSE = record.PAGES_PER_SECTOR - 1
_ENDED = record.PAGES_PER_SECTOR
CONTENT_PAGES = _CLOSE - 1
_ATTEMPTS = 32
_ERASE_ATTEMPTS = 3
_CANDIDATES = 3  # a cut leaves at most one SECTOR page with a wrong tag
_CLEARED = bytes(record.PAGE)


class Ring:
    """Sealed pages in order. `nor` and `se` are the HAL's, `stamp()` gives (seconds, grade).

    `forget(sequence)` is called before pages below `sequence` are erased.
    """

    def __init__(self, nor, address, slots, se, terminal, stamp):
        self._nor = nor
        self._se = se
        self._terminal = terminal
        self._stamp = stamp
        self._flash = Slots(nor, address, slots, terminal)
        self._page = bytearray(record.PAGE)
        self._lap = Lap(self._flash, slots)
        self._epoch = 0  # of the sector that is being written
        self._counter = 0  # of the secure element, as the newest SECTOR names it
        self._index = _ENDED
        self._key = b""
        self._chain = record.genesis(terminal)
        self._erased = 0
        self.next_sequence = 1
        self.first_unacknowledged = 1
        self.boot = 0
        self.last_time = 0
        self.damaged = 0
        self.rolled_back = False
        self.forget = None

    # --- recovery -------------------------------------------------------------------------

    def recover(self, on_page):
        """Find the end of the journal; hand each retained page to `on_page(header, page)`.

        Reads one page a slot and each retained sector once; makes at most four sector keys.
        """
        counter = self._se.counter()
        if not self._find_newest():
            self.rolled_back = counter != 0
            return
        self.rolled_back = counter not in (self._counter, self._counter - 1)
        if not self.rolled_back:
            self._catch_up(counter)
        self._find_end()
        self._replay(on_page)
        self._lap.release(self.first_unacknowledged)

    def _find_newest(self):
        """Settle on the newest epoch whose SECTOR page has a right tag; False if there is none."""
        found = self._lap.scan()
        for epoch in found[:_CANDIDATES]:
            self._nor.read_into(self._flash.address_of(epoch), self._page)
            if record.tag_is_right(self._page, self._sector_key(epoch)):
                content = record.parse_content(self._page, record.SECTOR)
                self.first_unacknowledged = content.acknowledged
                self._counter = content.se_counter
                self._epoch = epoch
                self._lap.settle(epoch, found)
                return True
        return False

    def _replay(self, on_page):
        expected = min(self._lap.first(self._lap.oldest), self.first_unacknowledged)
        for epoch in range(self._lap.oldest, self._epoch + 1):
            for header, page in self._flash.pages_of(epoch):
                if header.sequence != expected:
                    self._gap(expected, header.sequence)
                expected = header.sequence + 1
                on_page(header, page)

    def _gap(self, expected, sequence):
        """Pages are missing: damage, or what a cut left of a sector that was being erased."""
        if expected >= self._lap.end_of_victim():
            self.damaged += 1
        elif self.forget is not None:
            self.forget(sequence)

    def _find_end(self):
        """Walk the newest sector by its tags: where to go on, from which chain and sequence."""
        first_key = self._sector_key(self._epoch)
        key = first_key
        self._flash.load(self._epoch)
        linked = True
        last = 0
        for index in range(record.PAGES_PER_SECTOR):
            page = self._flash.page(index)
            if not is_blank(page):
                self._index = index + 1
                if record.tag_is_right(page, key):
                    linked = linked and (index == 0 or record.chain_follows(page, self._chain))
                    self._take(page)
                    last = index
            key = record.next_key(key)
        self._clear_torn(last)
        if not linked:
            self.damaged += 1
            self._index = _ENDED
        self._key = record.page_key(first_key, self._index)
        # A page that was cut at its very end may read well and yet be weak: the same bytes once
        # more can't change it and make it last.
        self._nor.program(
            self._flash.address_of(self._epoch) + last * record.PAGE, bytes(self._flash.page(last))
        )

    def _clear_torn(self, last):
        """Clear what a cut left behind the last good page, if it still looks like a page."""
        if self.rolled_back:
            return
        for index in range(last + 1, record.PAGES_PER_SECTOR):
            if record.parse_header(self._flash.page(index)) is not None:
                self._clear(self._flash.address_of(self._epoch) + index * record.PAGE)

    def _take(self, page):
        header = record.parse_header(page)
        self._chain = record.chain_of(page)
        self.next_sequence = header.sequence + 1
        self.boot = (header.boot + 1) & 0xFFFF
        self.last_time = header.time

    # --- reading --------------------------------------------------------------------------

    def pages_from(self, sequence, limit):
        """Up to `limit` (header, page copy) of one sector, from `sequence` on; [] at the end."""
        found = []
        if sequence >= self.next_sequence:
            return found
        epoch = self._lap.epoch_of(sequence)
        while not found and epoch <= self._epoch:
            for header, page in self._flash.pages_of(epoch):
                if header.sequence >= sequence and len(found) < limit:
                    found.append((header, bytes(page)))
            epoch += 1
        return found

    # --- writing --------------------------------------------------------------------------

    def append(self, kind, content):
        """Make a record durable and return its Header.

        Raises JOURNAL_FULL when no sector may be erased, FLASH_FAULT when no page takes it.
        """
        for _ in range(_ATTEMPTS):
            if self._index == _CLOSE:
                self._close()
            if self._index == _ENDED:
                self._open()
            header = self._program(kind, content)
            if header is not None:
                return header
        raise VafaError(FLASH_FAULT, "no journal page could be programmed")

    def _program(self, kind, content):
        """Seal and program the next page; None when it doesn't read back and so is burned."""
        time, grade = self._stamp()
        header = record.Header(
            kind,
            self._terminal,
            self.next_sequence,
            self._epoch,
            self._index,
            grade,
            self.boot,
            time,
        )
        page = record.seal(header, content, self._chain, self._key)
        address = self._flash.address_of(self._epoch) + self._index * record.PAGE
        self._index += 1
        self._key = record.next_key(self._key)
        if not self._burn_in(address, page):
            self._clear(address)
            return None
        self._chain = record.chain_of(page)
        self.next_sequence += 1
        self.last_time = time
        return header

    def _burn_in(self, address, page):
        try:
            self._nor.program(address, page)
        except VafaError as error:
            if error.code != FLASH_FAULT:
                raise
            return False
        self._nor.read_into(address, self._page)
        return self._page == page

    def _clear(self, address):
        try:
            self._nor.program(address, _CLEARED)
        except VafaError as error:
            # Bits that can't be cleared: what counts is that it is no page of ours any more.
            if error.code != FLASH_FAULT:
                raise

    def _close(self):
        signature = self._se.sign(record.close_digest(self._chain))
        # A burned CLOSE is no loss: chain and tags still bind the sector's pages.
        self._program(record.CLOSE, record.Close(signature))

    def _open(self):
        epoch = self._epoch + 1
        if self._erased != epoch:
            self._erase_ahead()
        counter = self._catch_up(self._se.counter()) + 1
        content = record.Sector(counter, self.first_unacknowledged, self._epoch)
        first = self.next_sequence
        opened = False
        self._erased = 0
        try:
            opened = self._head(epoch, content)
        finally:
            # Behind a SECTOR page that isn't right no page would be found again.
            if not opened:
                self._epoch = self._lap.newest
                self._index = _ENDED
        if not opened:
            raise VafaError(FLASH_FAULT, "no journal sector could be opened")
        self._lap.opened(epoch, first)
        self._counter = counter
        self._se.bump()

    def _head(self, epoch, content):
        """Program the SECTOR page of an erased slot; False when the slot doesn't take it."""
        self._epoch = epoch
        for attempt in range(_ERASE_ATTEMPTS):
            if attempt:
                self._nor.erase(self._flash.address_of(epoch))
            self._index = 0
            self._key = self._sector_key(epoch)
            if self._program(record.SECTOR, content) is not None:
                return True
        return False

    def _catch_up(self, counter):
        """Count up to what the newest SECTOR names, if a cut or a fault came before that."""
        return self._se.bump() if counter == self._counter - 1 else counter

    def _erase_ahead(self):
        """Erase the slot of the next epoch; JOURNAL_FULL while it holds unacknowledged pages."""
        epoch = self._epoch + 1
        kept = self._lap.give_up(self.first_unacknowledged)
        if kept and self.forget is not None:
            self.forget(kept)
        self._nor.erase(self._flash.address_of(epoch))
        self._erased = epoch

    # --- room -----------------------------------------------------------------------------

    def tidy(self):
        """Do one piece of work ahead of time, at most one erase or signature; True if it did."""
        if self._index == _CLOSE:
            self._close()
            return True
        if self._erased != self._epoch + 1 and self._lap.free():
            self._erase_ahead()
            return True
        return False

    def acknowledge(self, through):
        """The host has every page up to `through`: they may be erased when room is needed."""
        self.first_unacknowledged = through + 1
        self._lap.release(self.first_unacknowledged)

    def free_pages(self):
        """Content pages that can still be appended without any further acknowledgement."""
        return max(0, _CLOSE - self._index) + CONTENT_PAGES * self._lap.free()

    def _sector_key(self, epoch):
        return self._se.hmac(SLOT_JOURNAL, record.sector_label(epoch))
