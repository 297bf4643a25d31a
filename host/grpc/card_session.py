"""CardSessionService: stations relay scripts to a card and its replies back."""

import asyncio
from collections.abc import AsyncIterator

from firmware.core.errors import CALLER_FORBIDDEN, REQUEST_INVALID, VafaError
from host.cards import relay
from host.cards.desk import Answer, CardDesk, Request
from host.cards.scripts import Draw, Script
from host.gen.vafa.v1 import card_session_pb2, card_session_pb2_grpc, link_pb2
from host.grpc.identity import Context, named_caller
from host.worker import Worker

_PATIENCE_S = 60


class CardSessionServicer(card_session_pb2_grpc.CardSessionServiceServicer):
    """Translates for `host.cards.relay`."""

    def __init__(self, desk: CardDesk, draw: Draw, worker: Worker) -> None:
        self._desk = desk
        self._draw = draw
        self._worker = worker

    async def Relay(  # noqa: N802  # the contract's name
        self,
        request_iterator: AsyncIterator[card_session_pb2.RelayRequest],
        context: Context,
    ) -> AsyncIterator[card_session_pb2.RelayResponse]:
        """Run one card session; what it was for stays booked when the stream breaks."""
        first = await _next(request_iterator)
        if first is None or first.WhichOneof("body") != "open":
            raise VafaError(REQUEST_INVALID, "the session's purpose comes first")
        session = self._session(first.open, named_caller(context).name)
        step = await self._worker.run(session.start)
        while not isinstance(step, Answer):
            yield script_response(step)
            request = await _next(request_iterator)
            if request is None or request.WhichOneof("body") != "replies":
                raise VafaError(REQUEST_INVALID, "replies were due")
            step = await self._worker.run(session.advance, list(request.replies.replies))
        yield result_response(step)

    def _session(self, opening: card_session_pb2.RelayOpen, branch: str) -> relay.RelaySession:
        if opening.branch != branch:
            raise VafaError(CALLER_FORBIDDEN, f"station of {branch} for branch {opening.branch}")
        request = Request(opening.request_id, opening.uid, branch, opening.amount_minor)
        make = {
            card_session_pb2.RELAY_PURPOSE_READ: relay.read_card,
            card_session_pb2.RELAY_PURPOSE_PERSONALISE: relay.issue_card,
            card_session_pb2.RELAY_PURPOSE_TOP_UP: relay.top_up,
        }.get(opening.purpose)
        if make is None:
            raise VafaError(REQUEST_INVALID, f"purpose {opening.purpose}")
        return relay.RelaySession(make(self._desk, request, self._draw))


async def _next(
    requests: AsyncIterator[card_session_pb2.RelayRequest],
) -> card_session_pb2.RelayRequest | None:
    """Return the station's next request; None when it hung up or took too long for any card."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await anext(requests, None)
    except TimeoutError:
        return None


def script_response(script: Script) -> card_session_pb2.RelayResponse:
    """Return a script as the station gets it."""
    return card_session_pb2.RelayResponse(script=link_pb2.CardScript(commands=script))


def result_response(answer: Answer) -> card_session_pb2.RelayResponse:
    """Return an answer as the station gets it."""
    result = card_session_pb2.RelayResult(
        outcome=link_pb2.TopUpOutcome.ValueType(answer.outcome),
        card_number=answer.card_number,
        paid_minor=answer.paid_minor,
        reason=answer.reason,
    )
    return card_session_pb2.RelayResponse(result=result)
