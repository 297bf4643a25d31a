"""Where the journal's sectors lie, and reading one of them.

Owns the arithmetic from epoch to flash address, one sector's buffer, and which pages of a sector
count: those that continue its chain. Never writes. Used by ring only.
"""

from firmware.core import record

_SECTOR_BYTES = 4096


class Slots:
    """A slice of flash as slots of one sector each; epoch e lies in slot (e - 1) mod slots."""

    def __init__(self, nor, address, slots, terminal):
        self._nor = nor
        self._address = address
        self._slots = slots
        self._terminal = terminal
        self._sector = bytearray(_SECTOR_BYTES)
        self._view = memoryview(self._sector)
        self._first_page = bytearray(record.PAGE)

    def slot_of(self, epoch):
        """Slot of an epoch."""
        return (epoch - 1) % self._slots

    def address_of(self, epoch):
        """Flash address of an epoch's sector."""
        return self._address + self.slot_of(epoch) * _SECTOR_BYTES

    def sector_header(self, slot):
        """Header of a slot's first page if that looks like a SECTOR that belongs there, or None.

        Only the shape is checked: neither tag nor chain.
        """
        self._nor.read_into(self._address + slot * _SECTOR_BYTES, self._first_page)
        header = record.parse_header(self._first_page)
        if (
            header is None
            or header.kind != record.SECTOR
            or header.terminal != self._terminal
            or header.index != 0
            or self.slot_of(header.epoch) != slot
        ):
            return None
        return header

    def load(self, epoch):
        """Read an epoch's sector into the buffer, which `page` looks into."""
        self._nor.read_into(self.address_of(epoch), self._sector)

    def page(self, index):
        """View of one page of the loaded sector."""
        return self._view[index * record.PAGE : (index + 1) * record.PAGE]

    def pages_of(self, epoch):
        """Load a sector; yield (header, view) of each of its pages that continues its chain."""
        self.load(epoch)
        chain = None
        for index in range(record.PAGES_PER_SECTOR):
            page = self.page(index)
            header = record.parse_header(page)
            if (
                header is None
                or header.epoch != epoch
                or header.index != index
                or header.terminal != self._terminal
            ):
                continue
            if index and (chain is None or not record.chain_follows(page, chain)):
                continue
            chain = record.chain_of(page)
            yield header, page


def is_blank(page):
    """Tell whether a page reads as erased."""
    return all(byte == 0xFF for byte in page)
