"""A branch: its real gateway over in-memory cables and uplink, which may be restarted at any time.

Owns the gateway's life. Its store is a file, as in a real branch, and outlives it. Called by the
world; cables connect here.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

from host.branch.gateway import Gateway, GatewaySettings, replay
from host.branch.objects import ObjectCache
from host.branch.store import PageStore
from host.tls import TlsFiles
from tools.fleet.site import DirectWorker, Site
from tools.fleet.uplink import MemoryUplink
from tools.fleet.weather import Weather

if TYPE_CHECKING:
    from tools.fleet.cable import Writer

_REFRESH_MS = 3_600_000
"""How often a gateway looks for news by itself; a greeting makes it look at once."""

_NO_FILES = TlsFiles(b"", b"", b"")


class Branch:
    """One branch's gateway and what is stored there."""

    def __init__(self, name: str, directory: Path, site: Site, weather: Weather) -> None:
        self.name = name
        dice = weather.dice(f"branch {name}")
        self.uplink = MemoryUplink(name, site, weather, dice)
        self._settings = GatewaySettings(directory, "", _NO_FILES, refresh_ms=_REFRESH_MS)
        self._draw = dice.randrange
        self._gateway: Gateway | None = None
        self._serving: set[asyncio.Task[None]] = set()
        directory.mkdir(parents=True)

    def start(self) -> None:
        """Start the gateway's program."""
        gateway = Gateway(self._settings, self._draw)
        gateway.worker = DirectWorker()
        gateway.store = PageStore(self._settings.directory / "pages.db")
        gateway.objects = ObjectCache(self._settings.directory / "objects")
        gateway.uplink = self.uplink
        gateway.begin()
        self._gateway = gateway

    async def stop(self) -> None:
        """End it: connections drop, what was durable stays."""
        if self._gateway is not None:
            gateway, self._gateway = self._gateway, None
            await gateway.stop()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def restart(self) -> None:
        await self.stop()
        self.start()

    async def replay(self) -> None:
        """Upload everything that is stored once more, as a person may ask for."""
        if self._gateway is not None:
            await replay(self.uplink, self._gateway.store)

    def connect(self, reader: asyncio.StreamReader, writer: Writer) -> bool:
        """Serve a terminal's connection; False while the gateway is down."""
        if self._gateway is None:
            return False
        stream = cast("asyncio.StreamWriter", writer)
        task = asyncio.create_task(self._gateway.serve(reader, stream))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return True
