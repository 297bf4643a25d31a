"""A TCP cable that can be cut: forwards bytes between a gateway and the host until it is cut.

Never looks at the bytes: TLS goes through it end to end.
"""

from __future__ import annotations

import asyncio
import contextlib

_CHUNK = 65_536


class Cable:
    """Listens on a loopback port of its own and forwards each connection to `target`."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._connected = True
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Drop all connections and refuse new ones until mended."""
        self._connected = False
        for pump in self._pumps:
            pump.cancel()

    def mend(self) -> None:
        self._connected = True

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pump = asyncio.current_task()
        if not self._connected or pump is None:
            writer.close()
            return
        self._pumps.add(pump)
        far_writer: asyncio.StreamWriter | None = None
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, far_writer))
                both.create_task(_pump(far_reader, writer))
        except (OSError, asyncio.CancelledError, BaseExceptionGroup):
            pass  # a cut cable, or either end gone: both ends just see the connection close
        finally:
            self._pumps.discard(pump)
            for end in (writer, far_writer):
                if end is not None:
                    end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()
