"""The intake's SQL: streams, pages, waiting pages, quarantine, taps, alarms.

Reads and writes in bulk, once a batch. Decides nothing. Updates are guarded by what was read, so
that two hosts on one database can't both move the same stream or tap.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from firmware.core import record
from firmware.core.errors import DATABASE_BUSY, VafaError
from host.db.sql import chunks, insert_many, run_many
from host.db.tables.intake import alarms, pages, quarantine, streams, taps, waiting_pages
from host.intake.stream import Arrival, Stream
from host.intake.tap import Alarm, Key, State, Tap

_STREAM_FIELDS = [column.name for column in streams.c]


def load_streams(conn: Connection, terminals: Collection[int]) -> dict[int, Stream]:
    """Return the streams of these terminals that exist."""
    found: dict[int, Stream] = {}
    for piece in chunks(terminals):
        for row in conn.execute(select(streams).where(streams.c.terminal.in_(piece))):
            found[row.terminal] = Stream(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name
    return found


def save_streams(conn: Connection, changed: Sequence[tuple[Stream, int | None]]) -> None:
    """Write streams; each comes with the last sequence it was loaded with, None for a new one.

    Raises VafaError 400 when another writer moved one of them meanwhile.
    """
    rows = [
        ({name: getattr(stream, name) for name in _STREAM_FIELDS}, before)
        for stream, before in changed
    ]
    run_many(conn, insert(streams), [row for row, before in rows if before is None])
    updates = [
        {f"b_{name}": value for name, value in row.items()} | {"b_before": before}
        for row, before in rows
        if before is not None
    ]
    statement = (
        update(streams)
        .where(
            streams.c.terminal == bindparam("b_terminal"),
            streams.c.through_sequence == bindparam("b_before"),
        )
        .values({name: bindparam(f"b_{name}") for name in _STREAM_FIELDS if name != "terminal"})
    )
    if run_many(conn, statement, updates) != len(updates):
        raise VafaError(DATABASE_BUSY, "a stream moved meanwhile")


def load_pages(conn: Connection, keys: Collection[Key]) -> dict[Key, tuple[bytes, int]]:
    """Return (page, reason) of each accepted page of these."""
    found: dict[Key, tuple[bytes, int]] = {}
    for piece in chunks(keys):
        where = tuple_(pages.c.terminal, pages.c.sequence).in_(piece)
        statement = select(pages.c.terminal, pages.c.sequence, pages.c.page, pages.c.reason)
        for terminal, sequence, page, reason in conn.execute(statement.where(where)):
            found[terminal, sequence] = (bytes(page), reason)
    return found


def insert_pages(
    conn: Connection, entries: Iterable[tuple[Arrival, int]], received_at: int
) -> None:
    """Keep accepted pages with their reasons."""
    rows = []
    for arrival, reason in entries:
        header = arrival.header
        place = (header.terminal, header.sequence)
        rows.append((*place, header.kind, reason, received_at, arrival.page))
    insert_many(conn, pages, rows)


def load_waiting(conn: Connection, terminals: Collection[int]) -> dict[int, list[Arrival]]:
    """Return the pages of these terminals that wait for earlier ones."""
    found: dict[int, list[Arrival]] = {}
    for piece in chunks(terminals):
        where = waiting_pages.c.terminal.in_(piece)
        for (page,) in conn.execute(select(waiting_pages.c.page).where(where)):
            arrival = Arrival(record.parse_header(bytes(page)), bytes(page))
            found.setdefault(arrival.header.terminal, []).append(arrival)
    return found


def waiting_digests(conn: Connection, digests: Collection[bytes]) -> set[bytes]:
    """Return which of these pages, named by digest, wait already."""
    found: set[bytes] = set()
    for piece in chunks(digests):
        where = waiting_pages.c.digest.in_(piece)
        found.update(
            bytes(row[0]) for row in conn.execute(select(waiting_pages.c.digest).where(where))
        )
    return found


def insert_waiting(conn: Connection, arrivals: Iterable[tuple[Arrival, bytes]]) -> None:
    """Keep pages that wait, each with its digest."""
    rows = [
        {
            "terminal": arrival.header.terminal,
            "sequence": arrival.header.sequence,
            "digest": digest,
            "page": arrival.page,
        }
        for arrival, digest in arrivals
    ]
    run_many(conn, insert(waiting_pages), rows)


def delete_waiting(conn: Connection, terminal: int, through_sequence: int) -> None:
    """Forget waiting pages of places that are decided."""
    conn.execute(
        delete(waiting_pages).where(
            waiting_pages.c.terminal == terminal, waiting_pages.c.sequence <= through_sequence
        )
    )


def quarantined(conn: Connection, digests: Collection[bytes]) -> set[bytes]:
    """Return which of these pages, named by digest, are kept as evidence already."""
    found: set[bytes] = set()
    for piece in chunks(digests):
        where = quarantine.c.digest.in_(piece)
        found.update(
            bytes(row[0]) for row in conn.execute(select(quarantine.c.digest).where(where))
        )
    return found


def count_quarantined(conn: Connection, terminal: int) -> int:
    """Return how many pages of a terminal are kept as evidence."""
    where = quarantine.c.terminal == terminal
    return conn.execute(select(func.count()).select_from(quarantine).where(where)).scalar_one()


def insert_quarantine(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep pages as evidence."""
    run_many(conn, insert(quarantine), rows)


def load_taps(
    conn: Connection,
    cards: Collection[int],
    keys: Collection[Key],
    places: Collection[tuple[int, int]],
) -> list[Tap]:
    """Return the working set that a History wants.

    That is the undecided taps of these cards and their neighbours in the card's list, the taps of
    these keys, and what stands at these places (card, counter) and right after them.
    """
    undecided = taps.c.state.in_([State.MISSING, State.OPEN, State.UNPROVEN])
    conditions = [and_(taps.c.card_number.in_(piece), undecided) for piece in chunks(cards)]
    conditions += [tuple_(taps.c.terminal, taps.c.sequence).in_(piece) for piece in chunks(keys)]
    rows = _taps_where(conn, conditions)
    near = set(places) | {(card, counter + 1) for card, counter in places}
    for tap in rows.values():
        if tap.state is not State.PROVEN:
            near |= {(tap.card_number, tap.counter - 1), (tap.card_number, tap.counter + 1)}
    conditions = [tuple_(taps.c.card_number, taps.c.counter).in_(piece) for piece in chunks(near)]
    return list((_taps_where(conn, conditions) | rows).values())


def _taps_where(conn: Connection, conditions: Iterable[ColumnElement[bool]]) -> dict[Key, Tap]:
    return {
        (row.terminal, row.sequence): _tap_of(row)
        for condition in conditions
        for row in conn.execute(select(taps).where(condition))
    }


def _tap_of(row: Row[Any]) -> Tap:
    return Tap(
        terminal=row.terminal,
        sequence=row.sequence,
        card_number=row.card_number,
        kind=row.kind,
        branch=row.branch,
        amount_minor=row.amount_minor,
        paid_after_minor=row.paid_after_minor,
        counter=row.counter,
        predecessor=(row.predecessor_terminal, row.predecessor_sequence),
        state=State(row.state),
        reason=row.reason,
        stored=State(row.state),
    )


def save_taps(conn: Connection, changed: Sequence[Tap]) -> None:
    """Write taps that are new or have risen; VafaError 400 when another writer was faster."""
    new = [tuple(_tap_row(tap).values()) for tap in changed if tap.stored is None]
    insert_many(conn, taps, new)
    updates = [
        {f"b_{name}": value for name, value in _tap_row(tap).items()} | {"b_stored": tap.stored}
        for tap in changed
        if tap.stored is not None
    ]
    keys = ("terminal", "sequence")
    statement = (
        update(taps)
        .where(
            taps.c.terminal == bindparam("b_terminal"),
            taps.c.sequence == bindparam("b_sequence"),
            taps.c.state == bindparam("b_stored"),
        )
        .values({c.name: bindparam(f"b_{c.name}") for c in taps.c if c.name not in keys})
    )
    if run_many(conn, statement, updates) != len(updates):
        raise VafaError(DATABASE_BUSY, "a tap was decided meanwhile")


def _tap_row(tap: Tap) -> dict[str, Any]:
    return {
        "terminal": tap.terminal,
        "sequence": tap.sequence,
        "card_number": tap.card_number,
        "kind": tap.kind,
        "branch": tap.branch,
        "amount_minor": tap.amount_minor,
        "paid_after_minor": tap.paid_after_minor,
        "counter": tap.counter,
        "predecessor_terminal": tap.predecessor[0],
        "predecessor_sequence": tap.predecessor[1],
        "state": int(tap.state),
        "reason": tap.reason,
    }


def raise_alarms(conn: Connection, found: Collection[Alarm], raised_at: int) -> None:
    """Keep alarms that are not kept yet."""
    new = {(alarm.reason, alarm.terminal, alarm.sequence): alarm for alarm in found}
    for piece in chunks(list(new)):
        identity = tuple_(alarms.c.reason, alarms.c.terminal, alarms.c.sequence)
        statement = select(alarms.c.reason, alarms.c.terminal, alarms.c.sequence)
        for reason, terminal, sequence in conn.execute(statement.where(identity.in_(piece))):
            del new[reason, terminal, sequence]
    rows = [
        {
            "reason": alarm.reason,
            "terminal": alarm.terminal,
            "sequence": alarm.sequence,
            "card_number": alarm.card_number,
            "raised_at": raised_at,
        }
        for alarm in new.values()
    ]
    run_many(conn, insert(alarms), rows)
