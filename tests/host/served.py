"""A host on loopback with real certificates, and clients of it, for the tests of services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from host import admin, application
from host.application import Application
from host.grpc.server import HostServer
from host.home import Home
from host.pki import HOST_NAME
from host.station.client import Station
from host.tls import TlsFiles
from tests.host.club import HandClock, SeededRandomness
from tools.models.card import Card, Picc
from tools.station_reader import ModelStationReader

DEADLINE_S = 10


class World:
    """One host directory; `serve` may be entered again after it was left."""

    def __init__(self, directory: Path) -> None:
        self.home = Home(directory / "host")
        self.randomness = SeededRandomness()
        self.clock = HandClock()
        admin.init(self.home, self.randomness)
        self.app: Application = application.build(self.home, self.clock, self.randomness)
        self.app.hotlist.publish_first()
        self.target = ""
        self._issued: set[str] = set()

    def files(self, role: str, name: str) -> TlsFiles:
        stem = f"{role}-{name}"
        if stem not in self._issued:
            admin.issue_certificate(self.home, role, name)
            self._issued.add(stem)
        return TlsFiles.load(self.home.tls, stem)

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[HostServer]:
        files = TlsFiles.load(self.home.tls, HOST_NAME)
        server = HostServer(self.app, files, f"localhost:{port}")
        await server.start()
        self.target = f"localhost:{server.port}"
        try:
            yield server
        finally:
            await server.stop(grace_s=0)

    @asynccontextmanager
    async def channel(self, role: str, name: str) -> AsyncIterator[grpc.aio.Channel]:
        credentials = self.files(role, name).client_credentials()
        async with grpc.aio.secure_channel(self.target, credentials) as channel:
            yield channel

    @asynccontextmanager
    async def station(self, branch: str = "a") -> AsyncIterator[Station]:
        files = self.files("station", branch)
        station = Station(self.target, files, branch, self.randomness.bytes)
        try:
            yield station
        finally:
            await station.close()

    def blank(self, number: int = 1) -> Card:
        uid = bytes.fromhex("045A1B2C3D") + number.to_bytes(2, "big")
        return Card.create(None, uid, random_bytes=self.randomness.bytes)


def on_reader(card: Card) -> ModelStationReader:
    """Put a model card on a model reader."""
    return ModelStationReader(Picc(card))
