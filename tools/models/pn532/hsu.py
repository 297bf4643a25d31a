"""The chip on its serial interface (HSU): a stream of bytes each way.

Owns waking by the line and the division of the stream into frames. Knows no command and no
clock. Called by the endpoints, or by a bench directly.
"""

from __future__ import annotations

from itertools import pairwise

from tools.models.pn532.chip import WAKE_HSU, Chip
from tools.models.pn532.frames import Decoder

_WAKE_EDGES = 5
"""Rising edges on the line that wake the chip (PN532/C1 data sheet, wake-up by HSU)."""


class HsuLine:
    """The serial line of a chip: bytes in, bytes out, no clock."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self._decoder = Decoder()
        self._edges = 0

    def receive(self, data: bytes, baud_rate: int | None = None) -> None:
        """Take bytes from the host.

        `baud_rate` is the rate they were sent at, where the caller knows one: bytes at another
        rate than the chip's are noise to it.
        """
        if baud_rate is not None and baud_rate != self.chip.baud_rate:
            return
        for byte in data:
            if self.chip.asleep:
                self._wake(byte)
                continue
            for item in self._decoder.feed(bytes((byte,))):
                self.chip.receive(item)

    def send(self) -> bytes:
        """The bytes that the chip sends now; ask again later for what is delayed."""
        out = bytearray()
        while self.chip.ready():
            out += self.chip.take()
        return bytes(out)

    def _wake(self, byte: int) -> None:
        """Count rising edges of a byte sent 8N1; the byte that wakes the chip is lost on it."""
        levels = [0, *(byte >> bit & 1 for bit in range(8)), 1]
        self._edges += sum(low < high for low, high in pairwise(levels))
        if self._edges >= _WAKE_EDGES:
            self._edges = 0
            self._decoder.clear()
            self.chip.wake(WAKE_HSU)
