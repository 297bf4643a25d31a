"""The settlement's SQL: windows and their events, and what a window's records moved.

Decides nothing. `movements` and `posted` read the same postings in two ways, so that the service
can compare an aggregate made by the database with a sum made here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from firmware.core import purse
from firmware.core.errors import WINDOW_STATE, VafaError
from host.db.tables.intake import pages, streams, taps
from host.db.tables.ledger import legs, postings
from host.db.tables.settlement import window_events, windows
from host.intake.tap import State
from host.ledger.rules import Leg
from host.settlement.rules import Cut, Movement, OpenItem, Range, merged

_BRANCHES = "branch:"


@dataclass(frozen=True, slots=True)
class Window:
    """A window as it stands; `statement` and `signature` appear as its states pass."""

    number: int
    state: str
    cut: Cut
    statement: bytes | None
    signature: bytes | None


def find_request(conn: Connection, request_id: bytes) -> int | None:
    """Return the number of the window that a request made, None when there is none."""
    statement = select(windows.c.number).where(windows.c.request_id == request_id)
    return conn.execute(statement).scalar_one_or_none()


def last_number(conn: Connection, state: str | None = None) -> int:
    """Return the number of the newest window, of the newest in a state; 0 for none."""
    statement = select(func.max(windows.c.number))
    if state is not None:
        statement = statement.where(windows.c.state == state)
    return conn.execute(statement).scalar_one() or 0


def load_window(conn: Connection, number: int) -> Window | None:
    """Return a window, None when there is none of this number."""
    row = conn.execute(select(windows).where(windows.c.number == number)).one_or_none()
    if row is None:
        return None
    return Window(row.number, row.state, Cut.from_json(row.cut), row.statement, row.signature)


def insert_window(conn: Connection, number: int, request_id: bytes, state: str, cut: Cut) -> None:
    """Keep a new window with its first event."""
    conn.execute(
        insert(windows).values(
            number=number, request_id=request_id, state=state, cut=cut.to_json()
        )
    )
    _note(conn, number, state, 0, cut.at)


def move_window(
    conn: Connection,
    window: Window,
    state: str,
    now: int,
    *,
    reason: int = 0,
    statement: bytes | None = None,
    signature: bytes | None = None,
) -> None:
    """Move a window on from the state it was loaded in; error 471 when another was faster."""
    written = {"statement": statement, "signature": signature}
    moved = conn.execute(
        update(windows)
        .where(windows.c.number == window.number, windows.c.state == window.state)
        .values(state=state, **{name: value for name, value in written.items() if value})
    )
    if moved.rowcount != 1:
        raise VafaError(WINDOW_STATE, f"window {window.number} moved on meanwhile")
    _note(conn, window.number, state, reason, now)


def _note(conn: Connection, number: int, state: str, reason: int, now: int) -> None:
    steps = select(func.count()).where(window_events.c.number == number)
    step = conn.execute(steps).scalar_one() + 1
    conn.execute(
        insert(window_events).values(number=number, step=step, state=state, reason=reason, at=now)
    )


def events(conn: Connection, number: int) -> list[tuple[str, int]]:
    """Return (state, reason) of each step that a window went through."""
    statement = (
        select(window_events.c.state, window_events.c.reason)
        .where(window_events.c.number == number)
        .order_by(window_events.c.step)
    )
    return [(state, reason) for state, reason in conn.execute(statement)]


def take_cut(conn: Connection, now: int) -> Cut:
    """Return where everything stands in this transaction."""
    found = conn.execute(select(streams.c.terminal, streams.c.branch, streams.c.through_sequence))
    rows = found.all()
    undecided = taps.c.state.in_([State.MISSING, State.OPEN, State.UNPROVEN])
    statement = select(taps).where(undecided).order_by(taps.c.terminal, taps.c.sequence)
    items = [
        OpenItem(
            terminal=row.terminal,
            sequence=row.sequence,
            card_number=row.card_number,
            kind="sale" if row.kind == purse.KIND_SALE else "top_up",
            branch=row.branch,
            amount_minor=row.amount_minor,
            reason=row.reason,
        )
        for row in conn.execute(statement)
    ]
    return Cut(
        at=now,
        streams={row.terminal: row.through_sequence for row in rows},
        branches={row.terminal: row.branch for row in rows},
        open_items=items,
    )


def movements(conn: Connection, held: Sequence[Range]) -> list[Movement]:
    """Return what these records moved on branch accounts, summed up by the database."""
    found = []
    for part in held:
        statement = (
            _caused_by(
                select(
                    postings.c.terminal,
                    postings.c.kind,
                    legs.c.account,
                    func.count().label("postings"),
                    func.sum(legs.c.amount_minor).label("amount_minor"),
                ),
                part,
            )
            .where(legs.c.account.startswith(_BRANCHES))
            .group_by(postings.c.terminal, postings.c.kind, legs.c.account)
        )
        found += [
            Movement(row.terminal, row.kind, row.account, row.postings, int(row.amount_minor))
            for row in conn.execute(statement)
        ]
    return merged(found)


@dataclass(frozen=True, slots=True)
class Posted:
    """One stored posting with its legs."""

    terminal: int
    kind: str
    key: str
    digest: bytes
    legs: tuple[Leg, ...]


def posted(conn: Connection, held: Sequence[Range]) -> Iterator[Posted]:
    """Yield the postings that these records caused, each whole."""
    columns = (postings.c.id, postings.c.terminal, postings.c.kind, postings.c.key)
    for part in held:
        statement = _caused_by(select(*columns, postings.c.digest, legs), part)
        ordered = statement.order_by(postings.c.id, legs.c.number)
        current = None
        gathered: list[Leg] = []
        for row in conn.execute(ordered.execution_options(yield_per=5_000)):
            if current is not None and row.id != current.id:
                yield _posted(current, gathered)
                gathered = []
            current = row
            gathered.append(Leg(row.account, row.amount_minor, row.unit))
        if current is not None:
            yield _posted(current, gathered)


def _posted(row: Row[Any], gathered: Sequence[Leg]) -> Posted:
    return Posted(row.terminal, row.kind, row.key, bytes(row.digest), tuple(gathered))


def _caused_by(statement: Select[Any], part: Range) -> Select[Any]:
    return statement.join(legs, legs.c.posting == postings.c.id).where(
        postings.c.cause_terminal == part.terminal,
        postings.c.cause_sequence > part.after,
        postings.c.cause_sequence <= part.through,
    )


def tap_sums(conn: Connection) -> dict[tuple[int, State, str], int]:
    """Return the sum of all taps by kind, state and branch."""
    group = (taps.c.kind, taps.c.state, taps.c.branch)
    statement = select(*group, func.sum(taps.c.amount_minor)).group_by(*group)
    return {
        (kind, State(state), branch): int(total)
        for kind, state, branch, total in conn.execute(statement)
    }


def earned_sums(conn: Connection) -> dict[str, int]:
    """Return by clearing account what sales ever moved on it, settlements left out."""
    statement = (
        select(legs.c.account, func.sum(legs.c.amount_minor))
        .join(postings, legs.c.posting == postings.c.id)
        .where(legs.c.account.startswith(_BRANCHES), postings.c.kind.startswith("sale."))
        .group_by(legs.c.account)
    )
    return {account: int(total) for account, total in conn.execute(statement)}


def lost_pages(conn: Connection) -> dict[int, int]:
    """Return how many pages of each terminal's unbroken run are not kept; whole runs left out."""
    counted = select(pages.c.terminal, func.count().label("kept")).group_by(pages.c.terminal)
    kept = counted.subquery()
    statement = (
        select(streams.c.terminal, streams.c.through_sequence, func.coalesce(kept.c.kept, 0))
        .outerjoin(kept, kept.c.terminal == streams.c.terminal)
        .where(streams.c.terminal != purse.ISSUER_TERMINAL)
    )
    rows = conn.execute(statement)
    return {terminal: through - kept for terminal, through, kept in rows if through != kept}
