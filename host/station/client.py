"""A card desk's operations: read, personalise, top up, over a relayed card session.

Owns the relaying. Never sees a key; what it reports is the host's answer. A top-up whose stream
broke is reported as presumed given, as the host books it: read the card again to learn more.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import grpc

from firmware.core.errors import TOP_UP_PRESUMED, VafaError
from host.gen.vafa.v1 import card_session_pb2, card_session_pb2_grpc, link_pb2
from host.reasons import error_of
from host.station.reader import CardLostError, CardReader
from host.tls import TlsFiles

_GOOD = (b"\x91\x00", b"\x91\xaf")

RelayCall: TypeAlias = (
    "grpc.aio.StreamStreamCall[card_session_pb2.RelayRequest, card_session_pb2.RelayResponse]"
)
Progress = Callable[[int, int], None]
"""Told after each script how many scripts and how many commands went to the card so far."""


@dataclass(frozen=True)
class StationResult:
    """What the host said in the end. `reason` is a number of the error table, 0 when done."""

    outcome: int
    card_number: int
    paid_minor: int
    reason: int

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return self.outcome == link_pb2.TOP_UP_OUTCOME_DONE


class Station:
    """One desk of one branch, talking to the host."""

    def __init__(
        self,
        target: str,
        files: TlsFiles,
        branch: str,
        draw: Callable[[int], bytes],
        deadline_ms: int = 30_000,
    ) -> None:
        self._branch = branch
        self._draw = draw
        self._deadline_s = deadline_ms / 1000
        self._channel = grpc.aio.secure_channel(target, files.client_credentials())
        self._stub = card_session_pb2_grpc.CardSessionServiceStub(self._channel)

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    def new_request_id(self) -> bytes:
        """Return an id for one operation: keep it until the operation's outcome is known."""
        return self._draw(16)

    async def read(self, reader: CardReader, progress: Progress | None = None) -> StationResult:
        """Read the card; the host resolves by it what was open."""
        purpose = card_session_pb2.RELAY_PURPOSE_READ
        return await self._relay(reader, purpose, self.new_request_id(), 0, progress)

    async def personalise(
        self, reader: CardReader, request_id: bytes, progress: Progress | None = None
    ) -> StationResult:
        """Issue the card. Safe to repeat with any id until it is done."""
        purpose = card_session_pb2.RELAY_PURPOSE_PERSONALISE
        return await self._relay(reader, purpose, request_id, 0, progress)

    async def top_up(
        self,
        reader: CardReader,
        request_id: bytes,
        amount_minor: int,
        progress: Progress | None = None,
    ) -> StationResult:
        """Raise the paid purse. The same id never credits twice: repeat it to learn more."""
        purpose = card_session_pb2.RELAY_PURPOSE_TOP_UP
        return await self._relay(reader, purpose, request_id, amount_minor, progress)

    async def _relay(
        self,
        reader: CardReader,
        purpose: card_session_pb2.RelayPurpose.ValueType,
        request_id: bytes,
        amount_minor: int,
        progress: Progress | None,
    ) -> StationResult:
        opening = card_session_pb2.RelayOpen(
            request_id=request_id,
            purpose=purpose,
            uid=reader.uid,
            amount_minor=amount_minor,
            branch=self._branch,
        )
        scripts = commands = 0
        call = self._stub.Relay(timeout=self._deadline_s)
        try:
            await call.write(card_session_pb2.RelayRequest(open=opening))
            while True:
                response = await call.read()
                if not isinstance(response, card_session_pb2.RelayResponse):
                    raise await _ended(call)
                if response.WhichOneof("body") == "result":
                    return _result(response.result)
                script = response.script.commands
                replies = await asyncio.to_thread(run_script, reader, script)
                scripts, commands = scripts + 1, commands + len(replies)
                if progress is not None:
                    progress(scripts, commands)
                answer = link_pb2.CardReplies(replies=replies)
                await call.write(card_session_pb2.RelayRequest(replies=answer))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            if purpose == card_session_pb2.RELAY_PURPOSE_TOP_UP and commands:
                return StationResult(link_pb2.TOP_UP_OUTCOME_PRESUMED, 0, 0, TOP_UP_PRESUMED)
            raise await _ended(call) from None
        finally:
            call.cancel()


def run_script(reader: CardReader, script: Sequence[bytes]) -> list[bytes]:
    """Send commands in turn; stop at silence (an empty reply) or at a final status."""
    replies: list[bytes] = []
    for command in script:
        try:
            reply = reader.transmit(command)
        except CardLostError:
            reply = b""
        replies.append(reply)
        if reply[-2:] not in _GOOD:
            break
    return replies


async def _ended(call: RelayCall) -> VafaError:
    """Return the numbered reason for which the host ended a call, or that it is away."""
    return error_of(await call.code(), await call.details(), await call.trailing_metadata())


def _result(result: card_session_pb2.RelayResult) -> StationResult:
    return StationResult(result.outcome, result.card_number, result.paid_minor, result.reason)
