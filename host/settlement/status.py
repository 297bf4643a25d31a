"""The state of the whole at a moment: what is open, and how far each terminal has reported.

Reads only. Called by the settlement's service for whoever wants to look.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from firmware.core import purse
from host.db.tables.intake import alarms, quarantine, streams, taps
from host.intake.tap import State
from host.ledger import service as ledger


@dataclass(frozen=True, slots=True)
class TerminalState:
    """How far one terminal has reported. `last_seen` is in seconds since 2020-01-01 UTC."""

    terminal: int
    branch: str
    through_sequence: int
    waiting: int
    last_seen: int


@dataclass(frozen=True, slots=True)
class Status:
    """Sums over everything. What is in suspense includes what a terminal hasn't reported yet.

    `held_window` is the window whose books disagree, 0 for none.
    """

    paid_minor: int
    in_doubt: int
    in_doubt_minor: int
    suspense: int
    suspense_minor: int
    quarantined: int
    duplicates_ignored: int
    refusals: int
    alarms: int
    last_window: int
    held_window: int
    terminals: list[TerminalState]


def read_status(conn: Connection, last_window: int, held_window: int) -> Status:
    """Gather the status in one snapshot."""
    rows = conn.execute(
        select(streams)
        .where(streams.c.terminal != purse.ISSUER_TERMINAL)
        .order_by(streams.c.terminal)
    ).all()
    doubt, doubt_minor = _open_taps(conn, [State.OPEN])
    suspense, suspense_minor = _open_taps(conn, [State.UNPROVEN, State.MISSING])
    return Status(
        paid_minor=ledger.totals(conn).paid_minor,
        in_doubt=doubt,
        in_doubt_minor=doubt_minor,
        suspense=suspense,
        suspense_minor=suspense_minor,
        quarantined=_count(conn, quarantine),
        duplicates_ignored=sum(row.duplicates for row in rows),
        refusals=sum(row.refusals for row in rows),
        alarms=_count(conn, alarms),
        last_window=last_window,
        held_window=held_window,
        terminals=[
            TerminalState(
                row.terminal, row.branch, row.through_sequence, row.waiting, row.last_seen
            )
            for row in rows
        ],
    )


def _count(conn: Connection, table: Table) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def _open_taps(conn: Connection, states: list[State]) -> tuple[int, int]:
    statement = select(func.count(), func.coalesce(func.sum(taps.c.amount_minor), 0))
    count, amount = conn.execute(statement.where(taps.c.state.in_(states))).one()
    return count, int(amount)
