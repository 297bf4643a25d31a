"""The link's byte pipe over TCP: connects, reconnects, never blocks.

Owns the socket and its queue; knows nothing of frames. Called by the link through hal.pipe. The
caller's regular `up()` is what makes the connection progress, so no task is needed here.
"""

import errno
import select
import socket

from firmware.terminal.hal.api import PIPE_QUEUE

_RETRY_MS = 500
_READ = 2048
_DOWN = 0
_CONNECTING = 1
_UP = 2
_WAIT = (errno.EAGAIN, errno.EINPROGRESS)


class TcpPipe:
    """See hal.api, pipe."""

    def __init__(self, host, port, time):
        self._address = (host, port)
        self._time = time
        self._state = _DOWN
        self._socket = None
        self._tried = None
        self._queue = bytearray()

    def up(self):
        """Whether it is connected; goes one step towards it when it is not."""
        if self._state == _DOWN and self._due():
            self._connect()
        if self._state == _CONNECTING:
            self._finish()
        return self._state == _UP

    def write(self, data):
        """Queue the data; more than the queue holds means the peer is stuck, so the pipe drops."""
        if self._state != _UP:
            return
        if len(self._queue) + len(data) > PIPE_QUEUE:
            self._drop()
            return
        self._queue += data
        self._flush()

    def read(self):
        """What has come, maybe nothing."""
        if self._state != _UP:
            return b""
        self._flush()
        if self._state != _UP:
            return b""
        try:
            data = self._socket.recv(_READ)
        except OSError as error:
            if error.args[0] not in _WAIT:
                self._drop()
            return b""
        if not data:
            self._drop()
        return data

    def _due(self):
        now = self._time.ticks_ms()
        if self._tried is not None and self._time.ticks_diff(now, self._tried) < _RETRY_MS:
            return False
        self._tried = now
        return True

    def _connect(self):
        try:
            address = socket.getaddrinfo(self._address[0], self._address[1])[0][-1]
        except OSError:
            return
        self._queue = bytearray()
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._state = _CONNECTING
        try:
            self._socket.connect(address)
        except OSError as error:
            if error.args[0] not in _WAIT:
                self._drop()

    def _finish(self):
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        for _, event in poll.poll(0):
            if event & (select.POLLERR | select.POLLHUP):
                self._drop()
            elif event & select.POLLOUT:
                self._state = _UP

    def _flush(self):
        if not self._queue:
            return
        try:
            sent = self._socket.send(self._queue)
        except OSError as error:
            if error.args[0] not in _WAIT:
                self._drop()
            return
        self._queue = self._queue[sent:]

    def _drop(self):
        self._state = _DOWN
        self._queue = bytearray()
        self._socket.close()
        self._socket = None
