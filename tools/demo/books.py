"""Reads the host's books for the oracle, and damages them for a planted fault.

Goes to the database itself, past every check of the host, and adds legs up with plain SQL: a
second opinion that shares nothing with the ledger's own figures but the rows.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, func, select, update

from host.db.engine import open_engine, reading, writing
from host.db.tables.cards import cards
from host.db.tables.intake import pages, taps
from host.db.tables.ledger import balances, legs, postings
from host.home import Home, load_config
from host.ledger import service as ledger
from tools.demo.oracle import Books
from tools.world import Tray

_SALE = "sale.done"
_OUTCOMES = ("sale.", "top_up.")


def open_books(home: Home) -> Engine:
    """The host's database; the host may run meanwhile."""
    return open_engine(load_config(home).database)


def read(engine: Engine) -> Books:
    """Everything the oracle compares, in one snapshot."""
    with reading(engine) as conn:
        held = _sums_of_cards(conn)
        numbers = {row.card_number: row.uid.hex() for row in conn.execute(select(cards))}
        totals = {"unknown": 0, "paid": 0}
        for (_, purse), amount in held.items():
            totals[purse] += amount
        return Books(
            cards={uid: held.get((number, "paid"), 0) for number, uid in numbers.items()},
            topped_up=_moved(conn, "cash_in", 1),
            redeemed=_moved(conn, "clearing", -1),
            in_doubt_minor=totals["unknown"],
            suspense_minor=-_sum_like(conn, "suspense:%"),
            imbalance_minor=sum(
                abs(item.found - item.expected) or 1 for item in ledger.prove(conn)
            ),
        )


def _sums_of_cards(conn: Connection) -> dict[tuple[int, str], int]:
    """What each card's accounts hold as a liability: (number, "paid" or "unknown") -> minor."""
    rows = conn.execute(
        select(legs.c.account, func.sum(legs.c.amount_minor))
        .where(legs.c.account.like("card:%"))
        .group_by(legs.c.account)
    )
    held = {}
    for account, amount in rows:
        _, number, purse = account.split(":")
        held[int(number), purse] = -int(amount)
    return held


def _moved(conn: Connection, account: str, sign: int) -> dict[str, int]:
    """What taps and top-ups moved on each branch's account; settlement's own postings left out."""
    rows = conn.execute(
        select(legs.c.account, func.sum(legs.c.amount_minor))
        .join(postings, postings.c.id == legs.c.posting)
        .where(legs.c.account.like(f"branch:%:{account}"))
        .where(postings.c.kind.like(f"{_OUTCOMES[0]}%") | postings.c.kind.like(f"{_OUTCOMES[1]}%"))
        .group_by(legs.c.account)
    )
    return {name.split(":")[1]: sign * int(amount) for name, amount in rows if amount}


def _sum_like(conn: Connection, pattern: str) -> int:
    found = conn.execute(
        select(func.coalesce(func.sum(legs.c.amount_minor), 0)).where(legs.c.account.like(pattern))
    )
    return int(found.scalar_one())


def drop_record(engine: Engine, tray: Tray) -> str:
    """Make the host forget one proven sale: its page, its tap, and what was posted for it."""
    del tray
    with writing(engine) as conn:
        found = conn.execute(
            select(postings.c.id, postings.c.key).where(postings.c.kind == _SALE)
        ).first()
        if found is None:
            raise LookupError("no proven sale to drop")
        terminal, sequence = (int(part) for part in found.key.split("/"))
        for leg in conn.execute(select(legs).where(legs.c.posting == found.id)).all():
            _change_balance(conn, leg.account, -leg.amount_minor)
        conn.execute(delete(legs).where(legs.c.posting == found.id))
        conn.execute(delete(postings).where(postings.c.id == found.id))
        for table in (taps, pages):
            conn.execute(
                delete(table).where(table.c.terminal == terminal, table.c.sequence == sequence)
            )
    return f"the host lost the sale of terminal {terminal}, record {sequence}"


def flip_leg(engine: Engine, tray: Tray) -> str:
    """Turn the sign of one leg round, its account's balance with it."""
    del tray
    with writing(engine) as conn:
        leg = conn.execute(
            select(legs)
            .join(postings, postings.c.id == legs.c.posting)
            .where(postings.c.kind == _SALE, legs.c.account.like("card:%"))
        ).first()
        if leg is None:
            raise LookupError("no leg of a sale to flip")
        conn.execute(
            update(legs)
            .where(legs.c.posting == leg.posting, legs.c.number == leg.number)
            .values(amount_minor=-leg.amount_minor)
        )
        _change_balance(conn, leg.account, -2 * leg.amount_minor)
    return f"a leg of {abs(leg.amount_minor):,} rial on {leg.account} has the wrong sign"


def alter_card(engine: Engine, tray: Tray) -> str:
    """Give one card value that nobody paid for."""
    del engine
    name = tray.names()[0]
    tray.alter(name, 100_000)
    return f"card {name} holds 100,000 rial that nobody paid for"


def _change_balance(conn: Connection, account: str, difference_minor: int) -> None:
    conn.execute(
        update(balances)
        .where(balances.c.account == account)
        .values(amount_minor=balances.c.amount_minor + difference_minor)
    )


PLANTS: dict[str, Callable[[Engine, Tray], str]] = {
    "drop-record": drop_record,
    "flip-leg": flip_leg,
    "alter-card": alter_card,
}
"""Faults that can be planted: each does its damage and says what it did."""
