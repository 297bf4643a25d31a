"""The reader chip's serial transport: frames in a stream of bytes.

Owns waking the chip over the line and cutting the stream into frames. Never interprets a payload.
Used by drivers.pn532; `uart` is hal's: write(data), read() -> what has come, reset().
Source: UM0701-02 section 6.2.3 and the PN532/C1 data sheet on wake-up by HSU.
"""

from firmware.core import pn532_frame
from firmware.core.errors import READER_FRAME, VafaError

_WAKE = b"\x55\x55" + bytes(14)
_POLL_MS = 1
_BUFFER_MAX = 2 * pn532_frame.FRAME_MAX


class Pn532Hsu:
    """Frames over a UART at 115200 baud, 8N1."""

    def __init__(self, uart, time):
        self._uart = uart
        self._time = time
        self._buffer = b""
        self._kept = None

    def reset(self):
        """Pulse the reset line."""
        self._forget()
        self._uart.reset()

    def wake(self):
        """Edges on the line wake the chip; the zeros give it time and are no frame."""
        self._uart.write(_WAKE)

    def write(self, frame):
        """Send a frame; whatever was to be read before is void."""
        self._uart.read()
        self._forget()
        self._uart.write(frame)

    def put_back(self, kind, payload):
        """Have `receive` return this frame once more."""
        self._kept = kind, payload

    async def receive(self, timeout_ms):
        """The next frame as (kind, payload), None when none comes; error 109 for a damaged one."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        started = self._time.ticks_ms()
        while True:
            frame = self._next()
            if frame is not None:
                return frame
            if self._time.ticks_diff(self._time.ticks_ms(), started) >= timeout_ms:
                # The rest of a frame that broke off would spoil the next one.
                self._buffer = b""
                return None
            await self._time.sleep_ms(_POLL_MS)

    def _next(self):
        """A whole frame from the stream, or None; a damaged stream is dropped whole."""
        stream = self._buffer + self._uart.read()
        self._buffer = b""
        found = pn532_frame.parse(stream)
        if found is None:
            if len(stream) > _BUFFER_MAX:
                raise VafaError(READER_FRAME, "no frame")
            self._buffer = stream
            return None
        kind, payload, end = found
        self._buffer = stream[end:]
        return kind, payload

    def _forget(self):
        self._buffer = b""
        self._kept = None
