"""A gateway's way to the host in memory: calls that may be lost, doubled, mangled or cut off.

Owns the faults between gateway and host. Stands where `host.branch.uplink` stands and raises the
same numbered reasons. Called by the real gateway.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from firmware.core.errors import HOST_FAULT, LINK_HOST_AWAY, VafaError
from host.branch.uplink import CarriedSession, Uplink
from host.gen.vafa.v1 import config_pb2, journal_pb2, link_pb2
from tools.fleet.site import HostKilledError, Site
from tools.fleet.weather import Weather

T = TypeVar("T")

_LATENCY_S = 0.03
_LATE_S = 9.0
_SESSION_DEADLINE_S = 5.0


class MemoryUplink(Uplink):
    """One branch's uplink. `is_cut`: the network is down."""

    def __init__(self, branch: str, site: Site, weather: Weather, dice: random.Random) -> None:
        self._branch = branch
        self._site = site
        self._weather = weather
        self._dice = dice
        self.reachable = False
        self.is_cut = False

    async def close(self) -> None:
        """There is no channel to close."""

    async def upload(self, pages: Sequence[bytes]) -> journal_pb2.UploadResponse:
        """Hand pages to the host, sometimes after a mangled copy of them."""
        batch = list(pages)
        if not self.is_cut and self.struck("batch_mangled"):
            await self._call(lambda: self._site.upload(self._branch, self._mangled(batch)))
        response: journal_pb2.UploadResponse = await self._call(
            lambda: self._site.upload(self._branch, batch)
        )
        return response

    async def pull(self, terminal: int, kind: int, have_version: int) -> bytes:
        """Return a newer serialized object, or nothing."""
        request = config_pb2.PullRequest(
            terminal_id=terminal,
            kind=config_pb2.ObjectKind.ValueType(kind),
            have_version=have_version,
        )
        response = await self._call(lambda: self._site.pull(self._branch, request))
        return bytes(response.object)

    def session(self, terminal: int) -> CarriedSession:
        """Return a carrier for one session of a terminal."""
        return MemorySession(terminal, self)

    async def travel(self) -> None:
        """One way between gateway and host; LINK_HOST_AWAY when the message is lost on it."""
        await asyncio.sleep(self._dice.uniform(_LATENCY_S, 2 * _LATENCY_S))
        if self.is_cut:
            raise self.lost()

    def lost(self) -> VafaError:
        """The host wasn't reached, or its answer didn't come back."""
        self.reachable = False
        return VafaError(LINK_HOST_AWAY)

    def open_stream(
        self, requests: AsyncIterator[link_pb2.ConnectRequest]
    ) -> tuple[Any, AsyncIterator[link_pb2.ConnectResponse]]:
        return self._site.connect(self._branch, requests)

    async def survive(self, process: Any, answer: Any) -> Any:
        """Await the host's answer; a host that dies over it was not reached."""
        try:
            return await self._site.surviving(process, answer)
        except HostKilledError:
            raise self.lost() from None

    def struck(self, kind: str) -> bool:
        """Whether this fault comes now."""
        return self._weather.strikes(kind, self._dice)

    async def _call(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        await self.travel()
        if self.struck("call_lost"):
            await asyncio.sleep(_LATE_S)
            raise self.lost()
        try:
            response = await call()
            if self.struck("call_doubled"):
                response = await call()
        except HostKilledError:
            raise self.lost() from None
        if self.struck("answer_lost"):
            await asyncio.sleep(_LATE_S)
            raise self.lost()
        await self.travel()
        self.reachable = True
        return response

    def _mangled(self, batch: list[bytes]) -> list[bytes]:
        """Some of the pages, in another order, one of them damaged."""
        some = self._dice.sample(batch, self._dice.randint(1, len(batch)))
        at, bit = self._dice.randrange(len(some[0])), self._dice.randrange(8)
        some[0] = some[0][:at] + bytes((some[0][at] ^ 1 << bit,)) + some[0][at + 1 :]
        return some


class MemorySession(CarriedSession):
    """One terminal's session with the host; a lost packet ends it."""

    def __init__(self, terminal: int, uplink: MemoryUplink) -> None:
        self._terminal = terminal
        self._uplink = uplink
        self._requests: asyncio.Queue[link_pb2.ConnectRequest | None] = asyncio.Queue()
        self._process, self._responses = uplink.open_stream(self._sent())
        self._is_open = True

    async def exchange(self, packet: link_pb2.SessionPacket) -> link_pb2.SessionPacket | None:
        """Carry a packet and return the host's answer, None where none is due."""
        if not self._is_open:
            raise VafaError(LINK_HOST_AWAY, "the session has ended")
        uplink = self._uplink
        try:
            await uplink.travel()
            if uplink.struck("call_lost"):
                await asyncio.sleep(_SESSION_DEADLINE_S)
                raise uplink.lost()
            request = link_pb2.ConnectRequest(terminal_id=self._terminal, packet=packet)
            self._requests.put_nowait(request)
            if packet.WhichOneof("body") == "finish":
                return None
            response = await uplink.survive(self._process, anext(self._responses))
            if uplink.struck("answer_lost"):
                await asyncio.sleep(_SESSION_DEADLINE_S)
                raise uplink.lost()
            await uplink.travel()
        except StopAsyncIteration:
            self.close()
            raise VafaError(LINK_HOST_AWAY, "the host ended the session") from None
        except VafaError as error:
            self.close()
            raise error if error.code == LINK_HOST_AWAY else VafaError(HOST_FAULT) from error
        carried: link_pb2.SessionPacket = response.packet
        return carried

    def close(self) -> None:
        """End the stream."""
        self._is_open = False
        self._requests.put_nowait(None)

    async def _sent(self) -> AsyncIterator[link_pb2.ConnectRequest]:
        while (request := await self._requests.get()) is not None:
            yield request
