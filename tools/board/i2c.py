"""An I2C bus with its parts, in the calls of machine.I2C.

Owns addressing and what a missing acknowledgement looks like to a driver. Called by the bus server
for the interpreter's drivers, and by provisioning, which runs the same driver in this process.
"""

import errno
from typing import Protocol

from tools.models.se import NackError, SecureElement

WAKE_ADDRESS = 0x00


class Part(Protocol):
    """Something with an address."""

    def write(self, data: bytes) -> None: ...
    def read(self, count: int) -> bytes: ...


class I2cBus:
    """The parts by address; `element` also hears the wake-up pulse."""

    def __init__(self, parts: dict[int, Part], element: SecureElement | None = None) -> None:
        self._parts = parts
        self._element = element

    def writeto(self, address: int, data: bytes) -> None:
        """Write to a part; OSError EIO without acknowledgement."""
        if address == WAKE_ADDRESS and self._element is not None:
            # Nobody acknowledges address 0, yet the zero bits hold the line low long enough.
            self._element.wake()
        try:
            self._part(address).write(data)
        except NackError as error:
            raise OSError(errno.EIO, str(error)) from None

    def readfrom(self, address: int, count: int) -> bytes:
        """Read from a part; OSError EIO without acknowledgement."""
        try:
            return self._part(address).read(count)
        except NackError as error:
            raise OSError(errno.EIO, str(error)) from None

    def readfrom_mem(self, address: int, register: int, count: int) -> bytes:
        """Point at a register and read on from there."""
        self.writeto(address, bytes((register,)))
        return self.readfrom(address, count)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        """Write registers from `register` on."""
        self.writeto(address, bytes((register,)) + data)

    def _part(self, address: int) -> Part:
        part = self._parts.get(address)
        if part is None:
            raise OSError(errno.EIO, f"no part at {address:#04x}")
        return part
