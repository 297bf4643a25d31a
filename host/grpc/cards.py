"""CardsService: cards as the host knows them, and blocking."""

from sqlalchemy import Connection

from firmware.core.errors import CARD_UNKNOWN, REQUEST_INVALID, VafaError
from host.application import Application
from host.cards import store
from host.db.engine import reading
from host.gen.vafa.v1 import cards_pb2, cards_pb2_grpc
from host.grpc.identity import Context
from host.ledger import service as ledger
from host.worker import Worker

_DEFAULT_LIMIT = 100
_MOST = 1000
_MAX_REASON = 200


class CardsServicer(cards_pb2_grpc.CardsServiceServicer):
    """Translates for `host.cards` and reads balances of `host.ledger`."""

    def __init__(self, application: Application, worker: Worker) -> None:
        self._application = application
        self._worker = worker

    async def GetCard(  # noqa: N802  # the contract's name
        self, request: cards_pb2.GetCardRequest, context: Context
    ) -> cards_pb2.GetCardResponse:
        """Return one card."""
        del context
        card = await self._worker.run(self._card, request.card_number)
        return cards_pb2.GetCardResponse(card=card)

    async def ListCards(  # noqa: N802  # the contract's name
        self, request: cards_pb2.ListCardsRequest, context: Context
    ) -> cards_pb2.ListCardsResponse:
        """Return cards in order of their number."""
        del context
        if request.limit > _MOST:
            raise VafaError(REQUEST_INVALID, f"limit {request.limit}")
        limit = request.limit or _DEFAULT_LIMIT
        cards = await self._worker.run(self._cards, request.after_number, limit)
        return cards_pb2.ListCardsResponse(cards=cards)

    async def BlockCard(  # noqa: N802  # the contract's name
        self, request: cards_pb2.BlockCardRequest, context: Context
    ) -> cards_pb2.BlockCardResponse:
        """Put a card on the hotlist."""
        del context
        if len(request.reason) > _MAX_REASON:
            raise VafaError(REQUEST_INVALID, "reason too long")
        block = self._application.hotlist.block
        version = await self._worker.run(block, request.card_number, request.reason)
        return cards_pb2.BlockCardResponse(hotlist_version=version)

    def _card(self, card_number: int) -> cards_pb2.Card:
        with reading(self._application.engine) as conn:
            row = store.card_by_number(conn, card_number)
            if row is None:
                raise VafaError(CARD_UNKNOWN, f"card {card_number:010d}")
            return _messages(conn, [row])[0]

    def _cards(self, after_number: int, limit: int) -> list[cards_pb2.Card]:
        with reading(self._application.engine) as conn:
            return _messages(conn, store.cards_after(conn, after_number, limit))


def _messages(conn: Connection, rows: list[store.CardRow]) -> list[cards_pb2.Card]:
    balances = ledger.card_balances(conn, [row.card_number for row in rows])
    return [
        cards_pb2.Card(
            card_number=row.card_number,
            uid=row.uid,
            state=cards_pb2.CardState.ValueType(row.state),
            paid_minor=balances[row.card_number][0],
            unknown_minor=balances[row.card_number][1],
        )
        for row in rows
    ]
