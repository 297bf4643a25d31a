"""Which sectors the ring holds: the oldest, the newest, and where the sequences of each begin.

Owns that arithmetic, in memory only: what recovery found, and what was opened and given up since.
Never reads a page's content and never writes. Used by ring only.
"""

from array import array

from firmware.core.errors import JOURNAL_FULL, VafaError


class Lap:
    """Sectors `oldest` to `newest`, by epoch; none when `newest` is 0."""

    def __init__(self, flash, slots):
        self._flash = flash
        self._slots = slots
        # First sequence of the sector in each slot; holds for the epochs from oldest to newest.
        self._first = array("I", [0] * slots)
        self.oldest = 1
        self.newest = 0
        self._keep = 1  # the oldest with a page that the host has not acknowledged

    def first(self, epoch):
        """First sequence of a sector."""
        return self._first[self._flash.slot_of(epoch)]

    def scan(self):
        """Look at every slot's first page; the epochs that seem to be there, newest first."""
        found = []
        for slot in range(self._slots):
            header = self._flash.sector_header(slot)
            if header is not None:
                found.append(header.epoch)
                self._first[slot] = header.sequence
        found.sort(reverse=True)
        return found

    def settle(self, newest, found):
        """Hold `newest` and what `scan` found before it, be it behind an unreadable sector.

        A slot between whose SECTOR page is unreadable counts as empty.
        """
        self.oldest = self.newest = newest
        for epoch in found:
            if not newest - self._slots < epoch < self.oldest:
                continue
            for hole in range(epoch + 1, self.oldest):
                self._first[self._flash.slot_of(hole)] = self.first(self.oldest)
            self.oldest = epoch
        self._keep = self.oldest

    def opened(self, epoch, sequence):
        """A sector was opened; its SECTOR page has this sequence."""
        self._first[self._flash.slot_of(epoch)] = sequence
        self.newest = epoch

    def end_of_victim(self):
        """First sequence behind the sector that is erased next; 0 while its slot is unused."""
        victim = self.newest + 1 - self._slots
        return self.first(victim + 1) if victim >= 1 else 0

    def give_up(self, first_unacknowledged):
        """Give up the sector in the next epoch's slot; the first sequence kept, 0 without one.

        Raises JOURNAL_FULL while it has a page that the host has not acknowledged.
        """
        victim = self.newest + 1 - self._slots
        if victim < self.oldest:
            return 0
        kept = self.end_of_victim()
        if kept > first_unacknowledged:
            raise VafaError(JOURNAL_FULL)
        self.oldest = victim + 1
        return kept

    def epoch_of(self, sequence):
        """Epoch of the sector that has a sequence, or would have it."""
        low, high = self.oldest, self.newest
        while low < high:
            middle = (low + high + 1) >> 1
            if self.first(middle) <= sequence:
                low = middle
            else:
                high = middle - 1
        return low

    def release(self, first_unacknowledged):
        """The host has every page before this sequence: whole sectors of them may be erased."""
        while self._keep < self.newest and self.first(self._keep + 1) <= first_unacknowledged:
            self._keep += 1

    def free(self):
        """Slots that can be opened without any further acknowledgement."""
        return self._slots - (self.newest - self._keep + 1)
