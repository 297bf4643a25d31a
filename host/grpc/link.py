"""TerminalLinkService: the host's end of the terminals' sealed sessions.

Every packet but the finish has exactly one answer; a refusal ends the stream.
"""

from collections.abc import AsyncIterator

import structlog
from google.protobuf.message import DecodeError

from firmware.core.errors import LINK_MESSAGE, LINK_SESSION, REQUEST_INVALID, VafaError
from host.application import Application
from host.cards import relay
from host.cards.desk import Answer, Request
from host.cards.scripts import Script
from host.cards.terminal_session import TerminalSession
from host.gen.vafa.v1 import link_pb2, link_pb2_grpc
from host.grpc.identity import Context, named_caller
from host.worker import Worker

_OPENING_REPLIES = 2

log = structlog.get_logger()


class TerminalLinkServicer(link_pb2_grpc.TerminalLinkServiceServicer):
    """Serves one stream a terminal session."""

    def __init__(self, application: Application, worker: Worker) -> None:
        self._application = application
        self._worker = worker

    async def Connect(  # noqa: N802  # the contract's name
        self,
        request_iterator: AsyncIterator[link_pb2.ConnectRequest],
        context: Context,
    ) -> AsyncIterator[link_pb2.ConnectResponse]:
        """Answer the packets of one terminal."""
        conversation = _Conversation(self._application, self._worker, named_caller(context).name)
        async for request in request_iterator:
            try:
                answer = await conversation.take(request)
            except VafaError as problem:
                log.warning("session refused", terminal=request.terminal_id, why=str(problem))
                refused = link_pb2.LinkError(code=problem.code)
                packet = link_pb2.SessionPacket(refused=refused)
                yield link_pb2.ConnectResponse(packet=packet)
                return
            if answer is not None:
                yield link_pb2.ConnectResponse(packet=answer)


class _Conversation:
    """One terminal's session and the card session that may run inside it."""

    def __init__(self, application: Application, worker: Worker, branch: str) -> None:
        self._application = application
        self._worker = worker
        self._branch = branch
        self._terminal = 0
        self._relay: relay.RelaySession | None = None
        self._session = TerminalSession(
            application.directory, application.keys.signer, application.randomness.bytes
        )

    async def take(self, request: link_pb2.ConnectRequest) -> link_pb2.SessionPacket | None:
        """Return the answer to a packet; raise what ends the session."""
        if self._terminal not in (0, request.terminal_id):
            raise VafaError(LINK_SESSION, "a stream serves one terminal")
        self._terminal = request.terminal_id
        packet = request.packet
        kind = packet.WhichOneof("body")
        if kind == "hello":
            return await self._hello(packet.hello)
        if kind == "finish":
            self._session.finish(packet.finish.signature)
            return None
        if kind == "sealed":
            return await self._sealed(packet.sealed)
        raise VafaError(LINK_MESSAGE, f"packet {kind}")

    async def _hello(self, hello: link_pb2.SessionHello) -> link_pb2.SessionPacket:
        if hello.terminal_id != self._terminal:
            raise VafaError(LINK_SESSION, "greeting of another terminal")
        nonce, ephemeral, signature = await self._worker.run(
            self._session.hello, self._terminal, self._branch, hello.nonce, hello.ephemeral
        )
        answer = link_pb2.SessionAnswer(nonce=nonce, ephemeral=ephemeral, signature=signature)
        return link_pb2.SessionPacket(answer=answer)

    async def _sealed(self, sealed: link_pb2.Sealed) -> link_pb2.SessionPacket:
        plain = self._session.open(sealed.counter, sealed.ciphertext, sealed.tag)
        try:
            reply = await self._reply(link_pb2.TerminalRequest.FromString(plain))
        except DecodeError:
            reply = _error(LINK_MESSAGE)
        except VafaError as problem:
            reply = _error(problem.code)
        counter, ciphertext, tag = self._session.seal(reply.SerializeToString())
        answer = link_pb2.Sealed(counter=counter, ciphertext=ciphertext, tag=tag)
        return link_pb2.SessionPacket(sealed=answer)

    async def _reply(self, request: link_pb2.TerminalRequest) -> link_pb2.HostReply:
        kind = request.WhichOneof("body")
        if kind == "time":
            now = self._application.clock.now()
            return link_pb2.HostReply(time=link_pb2.TimeReply(now=now))
        if kind == "top_up_open":
            self._relay = self._top_up(request.top_up_open)
            return self._told(await self._worker.run(self._relay.start))
        if kind == "card_replies" and self._relay is not None:
            replies = list(request.card_replies.replies)
            return self._told(await self._worker.run(self._relay.advance, replies))
        raise VafaError(LINK_MESSAGE, f"request {kind} out of turn")

    def _top_up(self, opening: link_pb2.TopUpOpen) -> relay.RelaySession:
        request = Request(opening.request_id, opening.uid, self._branch, opening.amount_minor)
        opened = list(opening.opening_replies)
        if len(opened) > _OPENING_REPLIES or any(len(reply) > relay.MAX_REPLY for reply in opened):
            raise VafaError(REQUEST_INVALID, "opening replies")
        application = self._application
        return relay.RelaySession(
            relay.top_up(application.desk, request, application.randomness.bytes, opened)
        )

    def _told(self, step: Script | Answer) -> link_pb2.HostReply:
        if not isinstance(step, Answer):
            return link_pb2.HostReply(card_script=link_pb2.CardScript(commands=step))
        self._relay = None
        result = link_pb2.TopUpResult(
            outcome=link_pb2.TopUpOutcome.ValueType(step.outcome),
            paid_after_minor=step.paid_minor,
            reason=step.reason,
        )
        return link_pb2.HostReply(top_up_result=result)


def _error(code: int) -> link_pb2.HostReply:
    return link_pb2.HostReply(error=link_pb2.LinkError(code=code))
