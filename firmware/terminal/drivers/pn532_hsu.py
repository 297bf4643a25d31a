"""The reader chip's serial transport: frames in a stream of bytes.

Owns waking the chip over the line and cutting the stream into frames. Never interprets a payload.
Used by drivers.pn532; `uart` is hal's: write(data), read() -> what has come, reset().
Source: UM0701-02 section 6.2.3 and the PN532/C1 data sheet on wake-up by HSU.
"""

from firmware.core import pn532_frame
from firmware.core.errors import READER_FRAME, VafaError

_WAKE = b"\x55\x55" + bytes(14)
_POLL_MS = 1
_START = b"\x00\xff"
_GAP_MS = 20  # within a frame bytes follow each other within 0.1 ms
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

    def configured(self):
        """Nothing changes on this transport."""

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
        started = heard = self._time.ticks_ms()
        while True:
            size = len(self._buffer)
            frame = self._next()
            if frame is not None:
                return frame
            now = self._time.ticks_ms()
            if len(self._buffer) != size:
                heard = now
            elif self._broken_off() and self._time.ticks_diff(now, heard) >= _GAP_MS:
                self._buffer = b""
                raise VafaError(READER_FRAME, "broken off")
            if self._time.ticks_diff(now, started) >= timeout_ms:
                return None
            await self._time.sleep_ms(_POLL_MS)

    def _next(self):
        """A whole frame from the stream, or None; what follows a damaged start is kept."""
        stream = self._buffer + self._uart.read()
        self._buffer = b""
        if len(stream) > _BUFFER_MAX:
            raise VafaError(READER_FRAME, "no frame")
        try:
            found = pn532_frame.parse(stream)
        except VafaError:
            self._buffer = stream[stream.find(_START) + len(_START) :]
            raise
        if found is None:
            self._buffer = stream
            return None
        kind, payload, end = found
        self._buffer = stream[end:]
        return kind, payload

    def _broken_off(self):
        """Whether something waits that is more than the zeros between frames."""
        return bool(self._buffer.strip(b"\x00"))

    def _forget(self):
        self._buffer = b""
        self._kept = None
