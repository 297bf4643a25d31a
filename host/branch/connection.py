"""One terminal's connection to the gateway: frames in, answers out.

Owns what a terminal may ask and in which order. Never judges pages and reads no sealed packet.
Made by `host.branch.gateway` for each TCP connection; store and uplink are handed in.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from firmware.core import frame
from firmware.core.errors import LINK_MESSAGE, LINK_STORE_FULL, VafaError
from host.branch.objects import ObjectCache
from host.branch.store import PageStore
from host.branch.uplink import CarriedSession, Uplink
from host.gen.vafa.v1 import journal_pb2, link_pb2
from host.worker import Worker

_READ = 4096
_MAX_PAGES = 4
_MAX_SESSION_QUEUE = 4
_SEND_S = 5

_CHANNELS = {
    "journal_stored": frame.JOURNAL,
    "journal_ack": frame.JOURNAL,
    "object_chunk": frame.OBJECTS,
    "session": frame.SESSION,
}

log = structlog.get_logger()


class Services(Protocol):
    """What a connection needs of the gateway."""

    store: PageStore
    objects: ObjectCache
    uplink: Uplink
    worker: Worker
    greeting_ms: int

    def greeted(self, connection: "Connection") -> None:
        """A terminal said who it is."""

    def pages_stored(self) -> None:
        """There is something to forward."""


class Connection:
    """Serves one terminal until its connection ends."""

    def __init__(
        self, services: Services, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._services = services
        self._reader = reader
        self._writer = writer
        self._frames = frame.Reader()
        self._counter = 0
        self._first_unacknowledged = 1
        self._carrier: CarriedSession | None = None
        self._packets: asyncio.Queue[tuple[int, link_pb2.SessionPacket]] = asyncio.Queue(
            _MAX_SESSION_QUEUE
        )
        self._handlers: dict[str, Callable[[link_pb2.TerminalFrame], Awaitable[None]]] = {
            "hello": self._hello,
            "journal_pages": self._journal_pages,
            "object_request": self._object_request,
            "session": self._session,
        }
        self.terminal = 0

    async def serve(self) -> None:
        """Read frames until the terminal goes away."""
        carrying = asyncio.create_task(self._carry_sessions())
        patience_s = self._services.greeting_ms / 1000
        strange = asyncio.get_running_loop().call_later(patience_s, self._hang_up_on_strangers)
        try:
            while data := await self._reader.read(_READ):
                for _, _, body in self._frames.feed(data):
                    await self._handle(body)
        except ConnectionError:
            log.info("terminal connection lost", terminal=self.terminal)
        finally:
            strange.cancel()
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)
            self._drop_session()
            self.close()
            if self._frames.damaged:
                log.warning("frames damaged", terminal=self.terminal, count=self._frames.damaged)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    def _hang_up_on_strangers(self) -> None:
        if self.terminal == 0:
            self.close()

    async def acknowledge(self, through_sequence: int, mac: bytes) -> None:
        """Pass the host's acknowledgement on, unasked."""
        ack = journal_pb2.JournalAck(
            terminal_id=self.terminal, through_sequence=through_sequence, mac=mac
        )
        await self._send(link_pb2.GatewayFrame(journal_ack=ack))

    async def _handle(self, body: bytes) -> None:
        try:
            message = link_pb2.TerminalFrame.FromString(body)
        except DecodeError:
            await self.refuse(LINK_MESSAGE)
            return
        kind = message.WhichOneof("body")
        try:
            await self._handler(kind)(message)
        except VafaError as problem:
            log.warning("request refused", terminal=self.terminal, reason=str(problem))
            await self.refuse(problem.code, message.request_id)
        except sqlite3.Error as problem:
            # The terminal keeps what it isn't told is stored.
            log.warning("store failed", terminal=self.terminal, reason=str(problem))
            await self.refuse(LINK_STORE_FULL, message.request_id)

    def _handler(self, kind: str | None) -> Callable[[link_pb2.TerminalFrame], Awaitable[None]]:
        if kind is None or (self.terminal == 0 and kind != "hello"):
            raise VafaError(LINK_MESSAGE, "the greeting comes first")
        return self._handlers[kind]

    async def _hello(self, message: link_pb2.TerminalFrame) -> None:
        hello = message.hello
        if hello.terminal_id == 0 or self.terminal not in (0, hello.terminal_id):
            raise VafaError(LINK_MESSAGE, "a connection serves one terminal")
        self.terminal = hello.terminal_id
        self._first_unacknowledged = max(1, hello.first_unacknowledged)
        self._services.greeted(self)
        welcome = link_pb2.Welcome(host_reachable=self._services.uplink.reachable)
        await self._answer(message, link_pb2.GatewayFrame(welcome=welcome))
        known = await self._services.worker.run(
            self._services.store.acknowledgement, self.terminal
        )
        if known and known[0] >= self._first_unacknowledged:
            await self.acknowledge(*known)

    async def _journal_pages(self, message: link_pb2.TerminalFrame) -> None:
        pages = list(message.journal_pages.pages)
        if not 0 < len(pages) <= _MAX_PAGES:
            raise VafaError(LINK_MESSAGE, f"{len(pages)} pages")
        through = await self._services.worker.run(self._keep, pages)
        stored = link_pb2.JournalStored(through_sequence=through)
        await self._answer(message, link_pb2.GatewayFrame(journal_stored=stored))
        self._services.pages_stored()

    def _keep(self, pages: list[bytes]) -> int:
        self._services.store.add(self.terminal, pages)
        return self._services.store.stored_through(self.terminal, self._first_unacknowledged)

    async def _object_request(self, message: link_pb2.TerminalFrame) -> None:
        request = message.object_request
        chunk = self._services.objects.chunk(
            request.kind, self.terminal, request.have_version, request.offset
        )
        answer = link_pb2.ObjectChunk(
            kind=request.kind,
            version=chunk.version,
            total=chunk.total,
            offset=request.offset,
            data=chunk.data,
        )
        await self._answer(message, link_pb2.GatewayFrame(object_chunk=answer))

    async def _session(self, message: link_pb2.TerminalFrame) -> None:
        try:
            self._packets.put_nowait((message.request_id, message.session))
        except asyncio.QueueFull:
            raise VafaError(LINK_MESSAGE, "too many packets without an answer") from None

    async def _carry_sessions(self) -> None:
        """Carry session packets in order, beside everything else the terminal asks."""
        while True:
            request_id, packet = await self._packets.get()
            try:
                answer = await self._carry(packet)
            except VafaError as problem:
                self._drop_session()
                await self.refuse(problem.code, request_id)
                continue
            if answer is not None:
                reply = link_pb2.GatewayFrame(request_id=request_id, session=answer)
                await self._send(reply)

    async def _carry(self, packet: link_pb2.SessionPacket) -> link_pb2.SessionPacket | None:
        if packet.WhichOneof("body") == "hello":
            # A new handshake: whatever ran before is over.
            self._drop_session()
            self._carrier = self._services.uplink.session(self.terminal)
        if self._carrier is None:
            raise VafaError(LINK_MESSAGE, "no session is open")
        return await self._carrier.exchange(packet)

    def _drop_session(self) -> None:
        if self._carrier is not None:
            self._carrier.close()
            self._carrier = None

    async def _answer(
        self, request: link_pb2.TerminalFrame, answer: link_pb2.GatewayFrame
    ) -> None:
        if request.request_id:
            answer.request_id = request.request_id
            await self._send(answer)

    async def refuse(self, code: int, request_id: int = 0) -> None:
        """Tell the terminal a reason."""
        error = link_pb2.LinkError(code=code)
        await self._send(link_pb2.GatewayFrame(request_id=request_id, error=error))

    async def _send(self, message: link_pb2.GatewayFrame) -> None:
        channel = _CHANNELS.get(message.WhichOneof("body") or "", frame.CONTROL)
        self._counter += 1
        self._writer.write(frame.encode(channel, self._counter, message.SerializeToString()))
        try:
            async with asyncio.timeout(_SEND_S):
                await self._writer.drain()
        except TimeoutError:
            # It reads nothing: nobody else shall wait for it.
            self._writer.transport.abort()
            raise ConnectionResetError("the terminal reads nothing") from None
