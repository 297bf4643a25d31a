"""A running gateway and a terminal's end of the cable, for its tests."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from firmware.core import frame
from host.branch.gateway import Gateway, GatewaySettings
from host.gen.vafa.v1 import link_pb2
from tests.host.served import World

PATIENCE_S = 20
AWAY = "localhost:1"


class Client:
    """A terminal's end of the cable."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._frames = frame.Reader()
        self._waiting: list[link_pb2.GatewayFrame] = []

    async def next(self, kind: str) -> link_pb2.GatewayFrame:
        """The next message of a kind; others are kept."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in self._waiting:
                    if message.WhichOneof("body") == kind:
                        self._waiting.remove(message)
                        return message
                data = await self._reader.read(4096)
                if not data:
                    raise EOFError
                for _, _, body in self._frames.feed(data):
                    self._waiting.append(link_pb2.GatewayFrame.FromString(body))

    def send(self, **body) -> None:
        message = link_pb2.TerminalFrame(**body).SerializeToString()
        self.writer.write(frame.encode(frame.CONTROL, 1, message))

    async def hello(self, terminal_id: int = 101, first: int = 1) -> link_pb2.Welcome:
        hello = link_pb2.Hello(terminal_id=terminal_id, first_unacknowledged=first)
        self.send(request_id=1, hello=hello)
        return (await self.next("welcome")).welcome

    async def upload(self, pages: list[bytes]) -> int:
        self.send(request_id=2, journal_pages=link_pb2.JournalPages(pages=pages))
        return (await self.next("journal_stored")).journal_stored.through_sequence

    async def refused(self) -> int:
        return (await self.next("error")).error.code


@asynccontextmanager
async def running_gateway(world: World, directory: Path, target: str, **settings):
    gateway = Gateway(
        GatewaySettings(
            directory=directory / "gateway",
            host=target,
            files=world.files("gateway", "a"),
            refresh_ms=100,
            **settings,
        ),
        lambda bound: bound - 1,
    )
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@asynccontextmanager
async def plugged_in(gateway: Gateway):
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def linked(world: World, directory: Path, target: str):
    """A gateway and one terminal's connection to it."""
    async with running_gateway(world, directory, target) as gateway, plugged_in(gateway) as client:
        yield client
