"""The reader chip's SPI transport: least significant bit first on a controller that can't.

Owns bit order, ready polling and reading a frame of unknown length in one chip-select period.
Never interprets a payload. Used by drivers.pn532; `bus` has exchange(out, into, hold) and reset().
Source: UM0701-02 section 6.2.5.
"""

from firmware.core import pn532_frame
from firmware.core.errors import READER_FRAME, VafaError

# What the chip sees as 01, 02 and 03 when the controller sends the most significant bit first.
_WRITE = b"\x80"
_STATUS = b"\x40\x00"
_READ = b"\xc0"
_READY = 0x80
_POLL_MS = 1
_HEAD = 8  # start, lengths and checksum of a frame, the longer kind included
_TAIL = 2  # checksum and postamble


class Pn532Spi:
    """Frames over SPI. `irq()` tells readiness by the chip's line; else the chip is asked."""

    def __init__(self, bus, time, irq=None):
        self._bus = bus
        self._time = time
        self._irq = irq
        self._irq_driven = False
        self._kept = None
        self._status = bytearray(2)
        self._buffer = bytearray(1 + pn532_frame.FRAME_MAX)

    def reset(self):
        """Pulse the reset line."""
        self._kept = None
        self._irq_driven = False
        self._bus.reset()

    def wake(self):
        """A chip-select period of its own wakes the chip; what is clocked in it gets lost."""
        self._bus.exchange(_STATUS, self._status)

    def configured(self):
        """The chip drives its line from now on."""
        self._irq_driven = self._irq is not None

    def write(self, frame):
        """Send a frame; whatever was to be read before is void."""
        self._kept = None
        out = _WRITE + pn532_frame.reverse_bits(frame)
        self._bus.exchange(out, memoryview(self._buffer)[: len(out)])

    def put_back(self, kind, payload):
        """Have `receive` return this frame once more."""
        self._kept = kind, payload

    async def receive(self, timeout_ms):
        """The next frame as (kind, payload), None when none comes; error 109 for a damaged one."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        started = self._time.ticks_ms()
        while not self._ready():
            if self._time.ticks_diff(self._time.ticks_ms(), started) >= timeout_ms:
                return None
            await self._time.sleep_ms(_POLL_MS)
        return self._read()

    def _ready(self):
        if self._irq_driven:
            return self._irq()
        self._bus.exchange(_STATUS, self._status)
        return bool(self._status[1] & _READY)

    def _read(self):
        view = memoryview(self._buffer)
        self._bus.exchange(_READ + bytes(_HEAD), view[: 1 + _HEAD], True)
        head = pn532_frame.reverse_bits(view[1 : 1 + _HEAD])
        rest = _remaining(head)
        self._bus.exchange(bytes(rest), view[:rest])
        frame = pn532_frame.parse(head + pn532_frame.reverse_bits(view[:rest]))
        if frame is None:
            raise VafaError(READER_FRAME, "no frame")
        return frame[0], frame[1]


def _remaining(head):
    """How many bytes follow the first eight, at least one: it ends the chip-select period."""
    start = head.find(b"\x00\xff")
    if start < 0 or start + 4 > _HEAD:
        return pn532_frame.FRAME_MAX - _HEAD
    at = start + 4
    size = head[start + 2]
    if head[start + 2 : start + 4] in (b"\x00\xff", b"\xff\x00"):
        return 1
    if head[start + 2 : start + 4] == b"\xff\xff":
        if start + 7 > _HEAD:
            return pn532_frame.FRAME_MAX - _HEAD
        at = start + 7
        size = head[start + 4] << 8 | head[start + 5]
    return min(max(at + size + _TAIL - _HEAD, 1), pn532_frame.FRAME_MAX - _HEAD)
