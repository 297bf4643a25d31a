"""The gateway program's parts joined: TCP server, forwarding of pages, refreshing of objects.

Owns the tasks and what survives between connections. Never judges a page. Started by
`python -m host.branch`, and in-process by tests.

Tasks that may never die: forwarding and refreshing; a host that is away makes them wait, longer
each time up to a bound, and a new page or terminal wakes them at once.
"""

import asyncio
import errno
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from firmware.core.errors import LINK_BUSY, LINK_MESSAGE, PORT_IN_USE, VafaError
from host.branch.connection import Connection
from host.branch.objects import ObjectCache
from host.branch.retry import Backoff
from host.branch.store import PageStore, StoredPage
from host.branch.uplink import Uplink
from host.gen.vafa.v1 import config_pb2, journal_pb2
from host.tls import TlsFiles
from host.worker import Worker

_BATCH = 256
_KINDS = (config_pb2.OBJECT_KIND_CONFIG, config_pb2.OBJECT_KIND_HOTLIST)

log = structlog.get_logger()


@dataclass(frozen=True)
class GatewaySettings:
    """What a gateway is started with."""

    directory: Path
    host: str
    files: TlsFiles
    listen: tuple[str, int] = ("127.0.0.1", 0)
    refresh_ms: int = 5_000
    deadline_ms: int = 10_000
    max_connections: int = 64
    greeting_ms: int = 10_000


class Gateway:
    """One branch's gateway. `store`, `objects`, `uplink` and `worker` serve its connections."""

    def __init__(self, settings: GatewaySettings, draw: Callable[[int], int]) -> None:
        self._settings = settings
        self._draw = draw
        self._connections: dict[int, Connection] = {}
        self._open: set[Connection] = set()
        self._forward = asyncio.Event()
        self._refresh = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self.worker = Worker("gateway-store")
        self.greeting_ms = settings.greeting_ms
        self.store: PageStore
        self.objects: ObjectCache
        self.uplink: Uplink
        self.port = 0

    async def start(self) -> None:
        """Open store and port; error 440 for a taken port, 439 for an unusable store."""
        settings = self._settings
        settings.directory.mkdir(parents=True, exist_ok=True)
        path = settings.directory / "pages.db"
        self.store = await self.worker.run(PageStore, path)
        self.objects = await self.worker.run(ObjectCache, settings.directory / "objects")
        try:
            self._server = await asyncio.start_server(self.serve, *settings.listen)
        except OSError as problem:
            await self.worker.run(self.store.close)
            self.worker.close()
            if problem.errno == errno.EADDRINUSE:
                raise VafaError(PORT_IN_USE, f"port {settings.listen[1]}") from None
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        self.uplink = Uplink(settings.host, settings.files, settings.deadline_ms)
        self.begin()

    def begin(self) -> None:
        """Start the tasks; whoever calls has set store, objects and uplink, as `start` does."""
        self._forward.set()
        self._tasks = [
            asyncio.create_task(self._keep_doing(self._forward, self._forward_all)),
            asyncio.create_task(self._keep_doing(self._refresh, self._refresh_all)),
            asyncio.create_task(self._tick()),
        ]

    async def stop(self) -> None:
        """Hang up, end the tasks, close the store."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
        await self.uplink.close()
        await self.worker.run(self.store.close)
        self.worker.close()

    def greeted(self, connection: Connection) -> None:
        """A terminal said who it is: its newest connection is the one that counts."""
        older = self._connections.get(connection.terminal)
        if older is connection:
            return  # it only keeps the line alive; every terminal does so all the time
        self._connections[connection.terminal] = connection
        if older is not None:
            # Its place is free at once: a terminal that reconnects is never one too many.
            self._open.discard(older)
            older.close()
        self._refresh.set()

    def pages_stored(self) -> None:
        """There is something to forward."""
        self._forward.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one terminal for as long as its connection lasts."""
        connection = Connection(self, reader, writer)
        if len(self._open) >= self._settings.max_connections:
            await connection.refuse(LINK_BUSY)
            connection.close()
            return
        self._open.add(connection)
        try:
            await connection.serve()
        finally:
            self._open.discard(connection)
            if self._connections.get(connection.terminal) is connection:
                del self._connections[connection.terminal]

    async def _tick(self) -> None:
        """Wake both tasks now and then: the host may have news, or be back."""
        while True:
            await asyncio.sleep(self._settings.refresh_ms / 1000)
            self._forward.set()
            self._refresh.set()

    async def _keep_doing(
        self, wanted: asyncio.Event, action: Callable[[], Awaitable[None]]
    ) -> None:
        backoff = Backoff(self._draw)
        while True:
            await wanted.wait()
            wanted.clear()
            try:
                await action()
                backoff.reset()
            except (VafaError, OSError, sqlite3.Error) as problem:
                log.warning("will try again", reason=str(problem))
                await asyncio.sleep(backoff.next_ms() / 1000)
                wanted.set()

    async def _forward_all(self) -> None:
        """Upload what the host hasn't answered, batch by batch."""
        while batch := await self.worker.run(self.store.unsent, _BATCH):
            response = await self.uplink.upload([page.content for page in batch])
            await self._take_answers(batch, response)

    async def _take_answers(
        self, batch: Sequence[StoredPage], response: journal_pb2.UploadResponse
    ) -> None:
        if len(response.results) != len(batch):
            raise VafaError(LINK_MESSAGE, "the host's answer doesn't fit the batch")
        answers = [
            (page, result.reason) for page, result in zip(batch, response.results, strict=True)
        ]
        await self.worker.run(self.store.mark_sent, answers)
        counts: dict[str, int] = defaultdict(int)
        for result in response.results:
            counts[journal_pb2.RecordVerdict.Name(result.verdict)] += 1
        log.info("pages forwarded", **counts)
        for ack in response.acks:
            await self._acknowledged(ack)

    async def _acknowledged(self, ack: journal_pb2.JournalAck) -> None:
        await self.worker.run(
            self.store.acknowledge, ack.terminal_id, ack.through_sequence, ack.mac
        )
        connection = self._connections.get(ack.terminal_id)
        if connection is None:
            return
        try:
            await connection.acknowledge(ack.through_sequence, ack.mac)
        except ConnectionError:
            # It is on disk and goes out with the terminal's next greeting.
            log.info("terminal gone", terminal=ack.terminal_id)

    async def _refresh_all(self) -> None:
        """Pull newer objects for the terminals that are here."""
        for terminal in sorted(self._connections):
            for kind in _KINDS:
                await self._refresh_one(terminal, kind)

    async def _refresh_one(self, terminal: int, kind: int) -> None:
        have = self.objects.version(kind, terminal)
        try:
            serialized = await self.uplink.pull(terminal, kind, have)
        except VafaError as problem:
            if not self.uplink.reachable:
                raise
            # One terminal that the host refuses must not keep the news from the others.
            log.warning("object refused", terminal=terminal, kind=kind, reason=str(problem))
            return
        if serialized:
            await self.worker.run(self.objects.put, serialized)


async def replay(uplink: Uplink, store: PageStore) -> list[journal_pb2.RecordResult]:
    """Upload all stored pages once more; return the host's verdicts. Changes nothing here.

    For a person who wants to see that a repeated upload changes nothing there either.
    """
    results: list[journal_pb2.RecordResult] = []
    for terminal in store.terminals():
        after = 0
        while batch := store.everything(terminal, after, _BATCH):
            response = await uplink.upload([page.content for page in batch])
            results += response.results
            after = batch[-1].sequence
    return results
