"""SettlementService: close a window, show a statement, tell the state of the whole."""

from firmware.core.errors import REQUEST_INVALID, VafaError
from host.application import Application
from host.cards import store
from host.db.engine import reading
from host.gen.vafa.v1 import settlement_pb2, settlement_pb2_grpc
from host.grpc.identity import Context
from host.settlement.service import Published
from host.worker import Worker

_REQUEST_ID = 16


class SettlementServicer(settlement_pb2_grpc.SettlementServiceServicer):
    """Translates for `host.settlement`."""

    def __init__(self, application: Application, worker: Worker) -> None:
        self._application = application
        self._worker = worker

    async def Settle(  # noqa: N802  # the contract's name
        self,
        request: settlement_pb2.SettleRequest,
        context: Context,
    ) -> settlement_pb2.SettleResponse:
        """Close a window of everything taken in so far."""
        del context
        if len(request.request_id) != _REQUEST_ID:
            raise VafaError(REQUEST_INVALID, "request id")
        settle = self._application.settlement.settle
        published = await self._worker.run(settle, request.request_id)
        return settlement_pb2.SettleResponse(
            window=published.window, statement=_statement(published)
        )

    async def GetStatement(  # noqa: N802  # the contract's name
        self,
        request: settlement_pb2.GetStatementRequest,
        context: Context,
    ) -> settlement_pb2.GetStatementResponse:
        """Return a published statement."""
        del context
        published = await self._worker.run(self._application.settlement.statement, request.window)
        return settlement_pb2.GetStatementResponse(statement=_statement(published))

    async def GetStatus(  # noqa: N802  # the contract's name
        self,
        request: settlement_pb2.GetStatusRequest,
        context: Context,
    ) -> settlement_pb2.GetStatusResponse:
        """Return what is open."""
        del request, context
        return await self._worker.run(self._status)

    def _status(self) -> settlement_pb2.GetStatusResponse:
        status = self._application.settlement.status()
        with reading(self._application.engine) as conn:
            cards = store.card_count(conn)
        return settlement_pb2.GetStatusResponse(
            cards=cards,
            paid_minor=status.paid_minor,
            in_doubt=status.in_doubt,
            in_doubt_minor=status.in_doubt_minor,
            suspense=status.suspense,
            suspense_minor=status.suspense_minor,
            quarantined=status.quarantined,
            duplicates_ignored=status.duplicates_ignored,
            refusals=status.refusals,
            alarms=status.alarms,
            last_window=status.last_window,
            held_window=status.held_window,
            terminals=[
                settlement_pb2.TerminalStatus(
                    terminal_id=terminal.terminal,
                    branch=terminal.branch,
                    through_sequence=terminal.through_sequence,
                    waiting=terminal.waiting,
                    last_seen=terminal.last_seen,
                )
                for terminal in status.terminals
            ],
        )


def _statement(published: Published) -> settlement_pb2.Statement:
    return settlement_pb2.Statement(
        window=published.window,
        canonical_json=published.canonical_json,
        signature=published.signature,
        positions=[
            settlement_pb2.Position(
                party=position.party,
                topped_up_minor=position.topped_up_minor,
                redeemed_minor=position.redeemed_minor,
                net_minor=position.net_minor,
            )
            for position in published.positions
        ],
    )
