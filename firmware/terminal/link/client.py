"""Frames to and from the gateway: requests with their answers, and what comes unasked.

Owns request numbers, repetition and timeouts. Never knows what a message means. Called by sync and
session; `pump` must be called often, and `request` does so itself while it waits.
"""

from firmware.core import frame
from firmware.core.errors import LINK_SILENT, VafaError
from firmware.terminal.link import messages, pb

TIMEOUT_MS = 3000
_POLL_MS = 4
_ID_MAX = 0x7FFFFFFF


class Client:
    """The terminal's end of the cable. `unasked(frame)` is set by whoever handles such frames."""

    def __init__(self, hal):
        self._hal = hal
        self._reader = frame.Reader()
        self._counter = 0
        self._last_id = 0
        self._waiting = {}
        self.malformed = 0
        self.unasked = None

    def up(self):
        """Tell whether the gateway is connected."""
        return self._hal.pipe.up()

    def restart(self):
        """Forget half a frame and every open request: the connection is another one."""
        self._reader = frame.Reader()
        self._waiting = {}

    def pump(self):
        """Take in what has come."""
        data = self._hal.pipe.read()
        if not data:
            return
        for _, _, body in self._reader.feed(data):
            try:
                message = pb.decode(messages.GATEWAY_FRAME, body)
            except pb.PbError:
                self.malformed += 1
                continue
            self._dispatch(message)

    def send(self, channel, name, value, request_id=0):
        """Send one message that wants no answer, or whose answer somebody else awaits."""
        body = pb.encode(messages.TERMINAL_FRAME, {"request_id": request_id, name: value})
        self._counter += 1
        self._hal.pipe.write(frame.encode(channel, self._counter, body))

    async def request(self, channel, name, value, timeout_ms=TIMEOUT_MS, tries=2):
        """Send a message and return the gateway's answer, a decoded GatewayFrame.

        `tries` above 1 only for what may be done twice. Raises LINK_SILENT, or the error number
        with which the gateway refused.
        """
        for _ in range(tries):
            self._last_id = self._last_id % _ID_MAX + 1
            answer = await self._attempt(channel, name, value, self._last_id, timeout_ms)
            if answer is None:
                continue
            if "error" in answer:
                raise VafaError(answer["error"]["code"], "refused by the gateway")
            return answer
        raise VafaError(LINK_SILENT)

    async def _attempt(self, channel, name, value, request_id, timeout_ms):
        hal = self._hal
        started = hal.ticks_ms()
        self._waiting[request_id] = None
        self.send(channel, name, value, request_id)
        try:
            while self.up() and hal.ticks_diff(hal.ticks_ms(), started) < timeout_ms:
                self.pump()
                answer = self._waiting.get(request_id)
                if answer is not None:
                    return answer
                await hal.sleep_ms(_POLL_MS)
            return None
        finally:
            self._waiting.pop(request_id, None)

    def _dispatch(self, message):
        request_id = message["request_id"]
        if request_id in self._waiting:
            self._waiting[request_id] = message
        elif self.unasked is not None:
            self.unasked(message)
