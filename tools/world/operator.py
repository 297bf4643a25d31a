"""A manager's view of the host over gRPC: status, cards, hotlist, settlement.

Owns the calls and their deadlines; never touches the database. Errors come back as the host's
numbered reasons.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import grpc

from firmware.core.errors import HOST_FAULT, LINK_HOST_AWAY, VafaError
from host.gen.vafa.v1 import (
    cards_pb2,
    cards_pb2_grpc,
    settlement_pb2,
    settlement_pb2_grpc,
)
from host.tls import TlsFiles

_DEADLINE_S = 30
_PAGE = 1000
_REASON_KEY = "vafa-reason"

Answer = TypeVar("Answer")


class Operator:
    """One manager with a certificate of the operator role."""

    def __init__(self, target: str, files: TlsFiles) -> None:
        self._channel = grpc.aio.secure_channel(target, files.client_credentials())
        self._cards = cards_pb2_grpc.CardsServiceStub(self._channel)
        self._settlement = settlement_pb2_grpc.SettlementServiceStub(self._channel)

    async def close(self) -> None:
        await self._channel.close()

    async def status(self) -> settlement_pb2.GetStatusResponse:
        """What is open: doubt, suspense, terminals and their queues."""
        request = settlement_pb2.GetStatusRequest()
        return await _ask(self._settlement.GetStatus(request, timeout=_DEADLINE_S))

    async def cards(self) -> list[cards_pb2.Card]:
        """All cards, in order of their number."""
        found: list[cards_pb2.Card] = []
        while True:
            after = found[-1].card_number if found else 0
            request = cards_pb2.ListCardsRequest(after_number=after, limit=_PAGE)
            response = await _ask(self._cards.ListCards(request, timeout=_DEADLINE_S))
            found += response.cards
            if len(response.cards) < _PAGE:
                return found

    async def block(self, card_number: int, reason: str) -> int:
        """Put a card on the hotlist; returns the list's version."""
        request = cards_pb2.BlockCardRequest(card_number=card_number, reason=reason)
        response = await _ask(self._cards.BlockCard(request, timeout=_DEADLINE_S))
        return response.hotlist_version

    async def settle(self, request_id: bytes) -> settlement_pb2.Statement:
        """Close a window; the same id returns the same statement."""
        request = settlement_pb2.SettleRequest(request_id=request_id)
        response = await _ask(self._settlement.Settle(request, timeout=_DEADLINE_S))
        return response.statement


async def _ask(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        for key, value in error.trailing_metadata() or ():
            if key == _REASON_KEY and str(value).isdecimal():
                raise VafaError(int(str(value)), error.details() or "") from None
        away = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        code = LINK_HOST_AWAY if away else HOST_FAULT
        raise VafaError(code, f"{error.code().name}: {error.details()}") from None
