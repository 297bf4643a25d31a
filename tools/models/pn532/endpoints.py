"""Where a serial line's bytes come from and go to: a pseudo-terminal or a TCP port.

Owns the pseudo-terminal with its symbolic link, the port, and the loop that joins one of them
to a line. Knows nothing of the bytes. Called by `tools.sim.reader` and by benches.
"""

from __future__ import annotations

import os
import selectors
import socket
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tools.models.pn532.hsu import HsuLine

_CHUNK = 4096
_IDLE_S = 0.01
"""How often a delayed or endless answer is asked for while the host is silent."""


class Endpoint(Protocol):
    """Where a line's bytes come from and go to."""

    def fileno(self) -> int: ...
    def read(self) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class LinkError(OSError):
    """The symbolic link cannot be made where it was asked for."""


class PtyEndpoint:
    """A pseudo-terminal whose terminal side is reached through a symbolic link at `link`.

    Raises:
        LinkError: something is at `link` already that is not the dangling link of an earlier
            run, or the link cannot be made there.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        _clear_stale(link)
        # The terminal side stays open, or the end of one host program would end the line.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        try:
            link.symlink_to(self.device)
        except OSError as error:
            os.close(self._master)
            os.close(self._slave)
            raise LinkError(f"cannot make the link {link}: {error.strerror}") from error

    def fileno(self) -> int:
        return self._master

    def read(self) -> bytes:
        return os.read(self._master, _CHUNK)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def close(self) -> None:
        if self.link.is_symlink() and str(self.link.readlink()) == self.device:
            self.link.unlink()
        os.close(self._master)
        os.close(self._slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _clear_stale(link: Path) -> None:
    """Remove the link that an earlier run left when it was killed."""
    if not link.is_symlink():
        if link.exists():
            raise LinkError(f"{link} exists and is not a link of this program; choose another")
        return
    if not str(link.readlink()).startswith("/dev/pts/"):
        raise LinkError(f"{link} is a link to something else; choose another")
    if link.exists():
        raise LinkError(f"{link} is in use, by another reader perhaps; stop that or remove it")
    link.unlink()


class TcpEndpoint:
    """One client at a time on a loopback TCP port; the chip lives on between clients."""

    def __init__(self, port: int) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self._client: socket.socket | None = None

    def fileno(self) -> int:
        return (self._client or self._server).fileno()

    def read(self) -> bytes:
        """Bytes of the client; none when one has come or gone."""
        if self._client is None:
            self._client = self._server.accept()[0]
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return b""
        try:
            data = self._client.recv(_CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            self._hang_up()
        return data

    def write(self, data: bytes) -> None:
        if self._client is None:
            return
        try:
            self._client.sendall(data)
        except ConnectionError:
            self._hang_up()

    def close(self) -> None:
        self._hang_up()
        self._server.close()

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def serve(line: HsuLine, endpoint: Endpoint, stopped: Callable[[], bool]) -> None:
    """Move bytes between a line and its endpoint until `stopped` says so."""
    while not stopped():
        with selectors.DefaultSelector() as selector:
            selector.register(endpoint.fileno(), selectors.EVENT_READ)
            if selector.select(_IDLE_S):
                line.receive(endpoint.read())
        outgoing = line.send()
        if outgoing:
            endpoint.write(outgoing)
