"""The chip on an SPI bus, as a master sees it that shifts the most significant bit first.

Owns the three operations (write, status, read), the chip-select periods and waking by them.
The chip sends and takes the least significant bit first, so every byte given to or returned
from `transfer` is bit-reversed against the frame. Called by a bench's SPI peripheral.
"""

from __future__ import annotations

from tools.models.pn532.chip import WAKE_SPI, Chip
from tools.models.pn532.frames import Decoder

_WRITE, _STATUS, _READ = 0x01, 0x02, 0x03
_BEHIND = 0x00  # no operation of the chip's: the frame has been read, zeros follow
_NOTHING = 0xFF  # what the idle line reads as
_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


class SpiBus:
    """One chip with its own chip-select line."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self._decoder = Decoder()
        self._selected = False
        self._deaf = False  # this chip-select period only woke the chip
        self._operation: int | None = None
        self._position = 0  # of the frame being read, kept over several reads

    @property
    def irq_low(self) -> bool:
        """The IRQ line."""
        return self.chip.irq_low

    def reset(self) -> None:
        """Pulse the reset line."""
        self.chip.reset()
        self._position = 0

    def select(self, on: bool) -> None:
        """Move the chip-select line; `on` is low on the wire. The first use wakes the chip."""
        if on == self._selected:
            return
        self._selected = on
        self._operation = None
        self._decoder.clear()
        self._deaf = on and self.chip.asleep
        if self._deaf:
            self.chip.wake(WAKE_SPI)

    def transfer(self, mosi: bytes) -> bytes:
        """Clock bytes both ways within one chip-select period."""
        return bytes(_REVERSED[self._byte(_REVERSED[byte])] for byte in mosi)

    def _byte(self, byte: int) -> int:
        if not self._selected or self._deaf or self.chip.asleep:
            return _NOTHING
        if self._operation is None:
            self._operation = byte
            # A frame begun in an earlier period goes on while the operation is still clocked.
            return self._read() if byte == _READ and self._position else _NOTHING
        if self._operation == _WRITE:
            for item in self._decoder.feed(bytes((byte,))):
                self._position = 0
                self.chip.receive(item)
            return _NOTHING
        if self._operation == _STATUS:
            return int(self.chip.ready())
        return self._read() if self._operation == _READ else _BEHIND

    def _read(self) -> int:
        frame = self.chip.head
        if not frame:
            return 0x00
        byte = frame[self._position]
        self._position += 1
        if self._position == len(frame):
            self._position = 0
            self._operation = _BEHIND
            self.chip.take()
        return byte
