"""The flash slice behind the journal and the stores: erase, program, read, each change read back.

Owns the address rules of NOR and the check that a change took. Never caches, retries or erases by
itself. Built by the HAL over a block device with the calls of rp2.Flash; called through hal.nor.

Two facts of that device (MicroPython ports/rp2/rp2_flash.c) are wrapped here once: writeblocks
with two arguments erases first, only the form with an offset programs in place; and the result of
a program is never looked at, so it is read back.
"""

from firmware.core.errors import FLASH_FAULT, VafaError

SECTOR = 4096
PAGE = 256

_ERASE_BLOCK = 6  # ioctl
_BLOCK_COUNT = 4
_ERASED = b"\xff" * PAGE


class Nor:
    """See hal.api, nor. Addresses count from the start of the slice."""

    def __init__(self, device):
        self._device = device
        self.size = device.ioctl(_BLOCK_COUNT, 0) * SECTOR
        self._page = bytearray(PAGE)
        self._check = bytearray(PAGE)

    def erase(self, address):
        """Set every bit of the sector at `address`; error 280 when one stays zero."""
        if address % SECTOR or not 0 <= address < self.size:
            raise VafaError(FLASH_FAULT, "erase at %d" % address)
        self._device.ioctl(_ERASE_BLOCK, address // SECTOR)
        for at in range(address, address + SECTOR, PAGE):
            self.read_into(at, self._check)
            if self._check != _ERASED:
                raise VafaError(FLASH_FAULT, "sector at %d stays programmed" % address)

    def program(self, address, data):
        """Program up to one page; error 280 when it reads back differently.

        The device takes whole pages, so the rest goes out as ones, which change nothing.
        """
        size = len(data)
        offset = address % PAGE
        if not 0 < size <= PAGE - offset or not 0 <= address < self.size:
            raise VafaError(FLASH_FAULT, "program of %d bytes at %d" % (size, address))
        page = self._page
        page[:] = _ERASED
        page[offset : offset + size] = data
        start = address - offset
        self._device.writeblocks(start // SECTOR, page, start % SECTOR)
        self.read_into(start, self._check)
        if self._check[offset : offset + size] != data:
            raise VafaError(FLASH_FAULT, "page at %d reads back differently" % start)

    def read_into(self, address, buffer):
        """Fill the buffer from `address`."""
        if address < 0 or address + len(buffer) > self.size:
            raise VafaError(FLASH_FAULT, "read at %d" % address)
        self._device.readblocks(address // SECTOR, buffer, address % SECTOR)
