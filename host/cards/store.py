"""Rows of cards, terminals, signed objects and relayed requests.

Owns the SQL of the card domain. Never decides anything. Called by the services of `host.cards`
inside their transactions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from host.db.tables.cards import cards, counters, relayed_top_ups, signed_objects, terminals

_FIRST_CARD_NUMBER = 1_000_000_001
"""Card numbers are shown with ten digits; the first one has them all."""

CARD_NUMBERS = "card numbers"


class CardState(IntEnum):
    """States of a card; the numbers are those of cards.proto."""

    UNCONFIRMED = 1
    ACTIVE = 2
    BLOCKED = 3


@dataclass(frozen=True)
class CardRow:
    """One card as the host knows it."""

    card_number: int
    uid: bytes
    state: CardState
    key_version: int
    statement_version: int
    request_id: bytes
    issue_sequence: int


@dataclass(frozen=True)
class TerminalRow:
    """One enrolled terminal. Its journal root is enciphered."""

    terminal: int
    branch: str
    identity_point: bytes
    wrapped_journal_root: bytes


@dataclass(frozen=True)
class StoredObject:
    """The newest version of a signed object."""

    version: int
    issued_at: int
    content: bytes


_CARD_COLUMNS = (
    cards.c.card_number,
    cards.c.uid,
    cards.c.state,
    cards.c.key_version,
    cards.c.statement_version,
    cards.c.request_id,
    cards.c.issue_sequence,
)


def _card(row: Any) -> CardRow:
    return CardRow(row[0], row[1], CardState(row[2]), row[3], row[4], row[5], row[6])


def card_by_number(conn: Connection, card_number: int) -> CardRow | None:
    """Return a card by its number."""
    query = select(*_CARD_COLUMNS).where(cards.c.card_number == card_number)
    row = conn.execute(query).one_or_none()
    return None if row is None else _card(row)


def card_by_uid(conn: Connection, uid: bytes) -> CardRow | None:
    """Return a card by the uid of its chip."""
    query = select(*_CARD_COLUMNS).where(cards.c.uid == uid)
    row = conn.execute(query).one_or_none()
    return None if row is None else _card(row)


def cards_after(conn: Connection, card_number: int, limit: int) -> list[CardRow]:
    """Return cards in order of their number."""
    query = (
        select(*_CARD_COLUMNS)
        .where(cards.c.card_number > card_number)
        .order_by(cards.c.card_number)
        .limit(limit)
    )
    return [_card(row) for row in conn.execute(query)]


def uids_of(conn: Connection, card_numbers: Collection[int]) -> dict[int, bytes]:
    """Return the uid of each of these cards; cards never issued are left out."""
    query = select(cards.c.card_number, cards.c.uid).where(
        cards.c.card_number.in_(card_numbers), cards.c.state != CardState.UNCONFIRMED
    )
    return {number: uid for number, uid in conn.execute(query)}  # noqa: C416


def blocked_numbers(conn: Connection) -> list[int]:
    """Return the numbers of all blocked cards, sorted."""
    query = (
        select(cards.c.card_number)
        .where(cards.c.state == CardState.BLOCKED)
        .order_by(cards.c.card_number)
    )
    return list(conn.execute(query).scalars())


def add_card(conn: Connection, card: CardRow, now: int) -> None:
    """Add a card."""
    conn.execute(
        insert(cards).values(
            card_number=card.card_number,
            uid=card.uid,
            state=card.state,
            key_version=card.key_version,
            statement_version=card.statement_version,
            request_id=card.request_id,
            issue_sequence=card.issue_sequence,
            created_at=now,
            block_reason="",
        )
    )


def renew_unconfirmed(conn: Connection, card: CardRow) -> None:
    """Note a further try to issue an unconfirmed card."""
    conn.execute(
        update(cards)
        .where(cards.c.card_number == card.card_number, cards.c.state == CardState.UNCONFIRMED)
        .values(
            request_id=card.request_id,
            key_version=card.key_version,
            issue_sequence=card.issue_sequence,
        )
    )


def change_state(conn: Connection, card_number: int, state: CardState, reason: str = "") -> None:
    """Set a card's state and why."""
    conn.execute(
        update(cards)
        .where(cards.c.card_number == card_number)
        .values(state=state, block_reason=reason)
    )


def next_card_number(conn: Connection) -> int:
    """Hand out a card number that was never handed out before."""
    taken = conn.execute(
        update(counters)
        .where(counters.c.name == CARD_NUMBERS)
        .values(value=counters.c.value + 1)
        .returning(counters.c.value)
    ).scalar_one_or_none()
    if taken is not None:
        return int(taken)
    conn.execute(insert(counters).values(name=CARD_NUMBERS, value=_FIRST_CARD_NUMBER))
    return _FIRST_CARD_NUMBER


def terminal(conn: Connection, terminal_id: int) -> TerminalRow | None:
    """Return an enrolled terminal."""
    query = select(
        terminals.c.terminal,
        terminals.c.branch,
        terminals.c.identity_point,
        terminals.c.wrapped_journal_root,
    ).where(terminals.c.terminal == terminal_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else TerminalRow(*row)


def add_terminal(conn: Connection, row: TerminalRow, now: int) -> None:
    """Add a terminal."""
    conn.execute(
        insert(terminals).values(
            terminal=row.terminal,
            branch=row.branch,
            identity_point=row.identity_point,
            wrapped_journal_root=row.wrapped_journal_root,
            enrolled_at=now,
        )
    )


def signed_object(conn: Connection, kind: int, terminal_id: int) -> StoredObject | None:
    """Return the newest object of a kind and addressee."""
    query = select(
        signed_objects.c.version, signed_objects.c.issued_at, signed_objects.c.object
    ).where(signed_objects.c.kind == kind, signed_objects.c.terminal == terminal_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else StoredObject(*row)


def put_signed_object(
    conn: Connection, kind: int, terminal_id: int, content: StoredObject
) -> None:
    """Replace the object of a kind and addressee by a newer version."""
    values = {
        "version": content.version,
        "issued_at": content.issued_at,
        "object": content.content,
    }
    changed = conn.execute(
        update(signed_objects)
        .where(
            signed_objects.c.kind == kind,
            signed_objects.c.terminal == terminal_id,
            signed_objects.c.version == content.version - 1,
        )
        .values(**values)
    )
    if changed.rowcount == 0:
        conn.execute(insert(signed_objects).values(kind=kind, terminal=terminal_id, **values))


def relayed_top_up(conn: Connection, request_id: bytes) -> tuple[bytes, int] | None:
    """Return (uid, balance after) of a top-up that was started."""
    query = select(relayed_top_ups.c.uid, relayed_top_ups.c.paid_after_minor).where(
        relayed_top_ups.c.request_id == request_id
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def add_relayed_top_up(
    conn: Connection, request_id: bytes, uid: bytes, paid_after_minor: int
) -> None:
    """Note a top-up as started."""
    conn.execute(
        insert(relayed_top_ups).values(
            request_id=request_id, uid=uid, paid_after_minor=paid_after_minor
        )
    )


def card_count(conn: Connection) -> int:
    """Return how many cards were issued."""
    query = select(func.count()).select_from(cards).where(cards.c.state != CardState.UNCONFIRMED)
    return int(conn.execute(query).scalar_one())
