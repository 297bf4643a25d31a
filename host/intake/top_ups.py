"""What the host itself writes on cards, in the card's history and in the ledger.

Each function works inside the caller's writing transaction (host.db.engine.writing) and may be
repeated: the same call again changes nothing. Called by the relay of card sessions.

Order of a top-up: `find_top_up` (a known request never acts again), `next_record_number`, build
the card's script, `start_top_up`, commit the database, only then hand out the script with the
card's commit; `finish_top_up` when the card has answered. In between, and for as long as the
answer is lost, the top-up is presumed given.

What was read of a card denies only what began before the reading did: a reader may hold its
replies back. So a session notes `last_event` before it authenticates, and whatever it reads counts
`as_of` then: its random challenge was drawn later, and older sessions of the card ended with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from firmware.core import purse
from firmware.core.errors import REQUEST_CONFLICT, TOP_UP_NOT_STARTED, TOP_UP_OPEN, VafaError
from host.db.tables.intake import streams, taps, top_ups
from host.intake import store
from host.intake.booking import postings_for
from host.intake.history import History
from host.intake.shapes import LogRecord
from host.intake.tap import State, Tap
from host.ledger import service as ledger
from host.ledger.rules import Cause


@dataclass(frozen=True, slots=True)
class TopUp:
    """One top-up as it stands. `state` is OPEN (presumed given), PROVEN (done) or NOT_DONE."""

    request_id: bytes
    sequence: int
    card_number: int
    amount_minor: int
    branch: str
    state: State


def next_record_number(conn: Connection) -> int:
    """Return a fresh sequence for a log record that the host is about to write on a card.

    Such a record names purse.ISSUER_TERMINAL and this number, for issues and top-ups alike.
    """
    host = streams.c.terminal == purse.ISSUER_TERMINAL
    moved = update(streams).where(host).values(through_sequence=streams.c.through_sequence + 1)
    conn.execute(moved)
    return last_event(conn)


def last_event(conn: Connection) -> int:
    """Return the newest number of the host's own stream, for sessions to know when they began."""
    host = streams.c.terminal == purse.ISSUER_TERMINAL
    return int(conn.execute(select(streams.c.through_sequence).where(host)).scalar_one())


def find_top_up(conn: Connection, request_id: bytes) -> TopUp | None:
    """Return the top-up of a request, whatever its state; None when it never started."""
    row = conn.execute(_top_ups().where(top_ups.c.request_id == request_id)).one_or_none()
    return None if row is None else _top_up(row)


def open_top_up(conn: Connection, card_number: int) -> TopUp | None:
    """Return the card's top-up whose outcome is unknown, the newest if there are several."""
    statement = (
        _top_ups()
        .where(top_ups.c.card_number == card_number, taps.c.state == State.OPEN)
        .order_by(top_ups.c.sequence.desc())
        .limit(1)
    )
    row = conn.execute(statement).one_or_none()
    return None if row is None else _top_up(row)


def start_top_up(
    conn: Connection,
    *,
    request_id: bytes,
    sequence: int,
    card_number: int,
    branch: str,
    amount_minor: int,
    predecessor: LogRecord,
    as_of: int,
    now: int,
) -> TopUp:
    """Book a top-up as presumed given: cash in at the branch, the card's unknown account.

    `sequence` is from `next_record_number` and stands in the record that the script writes;
    `predecessor` is the newest record read in this very session, which began at `as_of`, and
    resolves earlier doubt as `seen` does. A request that was started before is returned as it
    stands, with its own sequence.

    Raises:
        VafaError: 421 when the request id stands with other content, 427 when an earlier top-up
            of the card is still open after what was read.
    """
    stored = find_top_up(conn, request_id)
    if stored is not None:
        content = (stored.card_number, stored.branch, stored.amount_minor)
        if content != (card_number, branch, amount_minor):
            raise VafaError(REQUEST_CONFLICT, f"top-up of card {card_number:010}")
        return stored
    seen(conn, card_number, [predecessor], as_of=as_of, now=now)
    if open_top_up(conn, card_number) is not None:
        raise VafaError(TOP_UP_OPEN, f"card {card_number:010}")
    started = TopUp(request_id, sequence, card_number, amount_minor, branch, State.OPEN)
    conn.execute(insert(top_ups).values({c.name: getattr(started, c.name) for c in top_ups.c}))
    tap = Tap(
        terminal=purse.ISSUER_TERMINAL,
        sequence=sequence,
        card_number=card_number,
        kind=purse.KIND_TOP_UP,
        branch=branch,
        amount_minor=amount_minor,
        paid_after_minor=predecessor.paid_after + amount_minor,
        counter=predecessor.counter + 1,
        predecessor=(predecessor.terminal, predecessor.sequence),
    )
    history = _history(conn, card_number, {tap.key}, {(card_number, tap.counter)})
    history.report(tap, _event(conn))
    _book(conn, history, now)
    return replace(started, state=tap.state)


def finish_top_up(conn: Connection, request_id: bytes, *, now: int) -> TopUp:
    """Book the card's own proof, counter and MAC value, which the caller has checked.

    Only a card can say that a top-up was not done: see `seen`. Raises VafaError 467 for a request
    that never started.
    """
    stored = find_top_up(conn, request_id)
    if stored is None:
        raise VafaError(TOP_UP_NOT_STARTED)
    key = (purse.ISSUER_TERMINAL, stored.sequence)
    history = _history(conn, stored.card_number, {key}, set())
    tap = history.taps[key]
    if tap.state is State.PROVEN:
        return stored
    # What the session read was booked when the top-up started.
    history.prove(tap, None, _event(conn))
    _book(conn, history, now)
    return replace(stored, state=tap.state)


def seen(
    conn: Connection, card_number: int, records: Sequence[LogRecord], *, as_of: int, now: int
) -> None:
    """Book what the host read in its own session: the card's log, newest record first.

    One record is enough; more, without a hole, resolve more. Every record read is committed. A
    host top-up of this card whose place is taken by another record was not done; nor was one up
    to `as_of`, the session's beginning, whose place lies above the newest record.
    """
    keys = {(read.terminal, read.sequence) for read in records}
    places = {(card_number, read.counter) for read in records}
    history = _history(conn, card_number, keys, places)
    cause = _event(conn)
    if records:
        history.sight(card_number, records[0], (purse.ISSUER_TERMINAL, as_of + 1), cause)
    for read in records[1:]:
        history.attest(card_number, read, cause)
    _book(conn, history, now)


def _event(conn: Connection) -> Cause:
    """Return the next event of the host's own stream, which settlement windows are cut by."""
    return Cause(purse.ISSUER_TERMINAL, next_record_number(conn))


def _history(
    conn: Connection,
    card_number: int,
    keys: set[tuple[int, int]],
    places: set[tuple[int, int]],
) -> History:
    loaded = store.load_taps(conn, [card_number], keys, places)
    found = store.load_streams(conn, {terminal for terminal, _ in keys})
    branches = {terminal: stream.branch for terminal, stream in found.items()}
    return History(loaded, branches.get)


def _book(conn: Connection, history: History, now: int) -> None:
    changed = history.changed()
    store.save_taps(conn, changed)
    ledger.post(conn, postings_for(changed), now)
    store.raise_alarms(conn, history.alarms, now)


def _top_ups() -> Any:
    joined = top_ups.join(
        taps,
        (taps.c.terminal == purse.ISSUER_TERMINAL) & (taps.c.sequence == top_ups.c.sequence),
    )
    return select(top_ups, taps.c.state).select_from(joined)


def _top_up(row: Row[Any]) -> TopUp:
    return TopUp(
        request_id=bytes(row.request_id),
        sequence=row.sequence,
        card_number=row.card_number,
        amount_minor=row.amount_minor,
        branch=row.branch,
        state=State(row.state),
    )
