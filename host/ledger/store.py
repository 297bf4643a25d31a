"""The ledger's SQL: insert postings and legs, move balances, read them back.

Never decides anything: what may be posted is in rules, what is done when in service.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update

from host.db.sql import chunks, insert_many, run_many
from host.db.tables.ledger import balances, legs, postings
from host.ledger.rules import MAX_MINOR, Leg, Posting


def stored_digests(
    conn: Connection, identities: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bytes]:
    """Return the digest of each posting of these (kind, key) that exists."""
    found: dict[tuple[str, str], bytes] = {}
    columns = (postings.c.kind, postings.c.key, postings.c.digest)
    for piece in chunks(identities):
        where = tuple_(postings.c.kind, postings.c.key).in_(piece)
        for kind, key, digest in conn.execute(select(*columns).where(where)):
            found[kind, key] = digest
    return found


def insert_postings(
    conn: Connection, new: Sequence[tuple[Posting, bytes]], posted_at: int
) -> None:
    """Insert postings with their digests, and their legs."""
    if not new:
        return
    rows = [
        {
            "kind": posting.kind,
            "key": posting.key,
            "digest": digest,
            "terminal": posting.terminal,
            "cause_terminal": posting.cause.terminal if posting.cause else None,
            "cause_sequence": posting.cause.sequence if posting.cause else None,
            "posted_at": posted_at,
        }
        for posting, digest in new
    ]
    # Asked for by identity: rows that come back in the order given would be inserted one by one.
    statement = insert(postings).returning(postings.c.id, postings.c.kind, postings.c.key)
    ids = {(row.kind, row.key): row.id for row in conn.execute(statement, rows)}
    leg_rows = [
        (ids[posting.kind, posting.key], number, leg.account, leg.unit, leg.amount_minor)
        for posting, _ in new
        for number, leg in enumerate(posting.legs)
    ]
    insert_many(conn, legs, leg_rows)


def open_accounts(conn: Connection, accounts: Sequence[tuple[str, str]]) -> None:
    """Give each (account, unit) that has no balance yet a balance of zero."""
    known: set[tuple[str, str]] = set()
    for piece in chunks(accounts):
        where = tuple_(balances.c.account, balances.c.unit).in_(piece)
        found = conn.execute(select(balances.c.account, balances.c.unit).where(where))
        known.update((row.account, row.unit) for row in found)
    rows = [
        {"account": account, "unit": unit, "amount_minor": 0}
        for account, unit in accounts
        if (account, unit) not in known
    ]
    run_many(conn, insert(balances), rows)


def move_balances(conn: Connection, changes: Mapping[tuple[str, str], int]) -> bool:
    """Add each change to its balance; False when one would leave the bounds or has no row."""
    rows = [
        {"b_account": account, "b_unit": unit, "b_delta": delta}
        for (account, unit), delta in changes.items()
    ]
    moved = balances.c.amount_minor + bindparam("b_delta")
    statement = (
        update(balances)
        .where(
            balances.c.account == bindparam("b_account"),
            balances.c.unit == bindparam("b_unit"),
            moved.between(-MAX_MINOR, MAX_MINOR),
        )
        .values(amount_minor=moved)
    )
    return run_many(conn, statement, rows) == len(rows)


def balances_like(conn: Connection, prefix: str) -> dict[tuple[str, str], int]:
    """Return the balances of all accounts whose name starts with `prefix`."""
    statement = select(balances).where(balances.c.account.startswith(prefix, autoescape=True))
    return {(row.account, row.unit): row.amount_minor for row in conn.execute(statement)}


def balances_of(conn: Connection, accounts: Sequence[str], unit: str) -> dict[str, int]:
    """Return the balances of these accounts in one unit; 0 for one that never moved."""
    found = dict.fromkeys(accounts, 0)
    for piece in chunks(accounts):
        statement = select(balances.c.account, balances.c.amount_minor).where(
            balances.c.account.in_(piece), balances.c.unit == unit
        )
        found.update((row.account, row.amount_minor) for row in conn.execute(statement))
    return found


def all_postings(conn: Connection) -> Iterator[tuple[str, str, bytes, list[Leg]]]:
    """Yield (kind, key, digest, legs) of every posting in the order of posting."""
    statement = (
        select(postings.c.id, postings.c.kind, postings.c.key, postings.c.digest, legs)
        .select_from(postings.outerjoin(legs, legs.c.posting == postings.c.id))
        .order_by(postings.c.id, legs.c.number)
        .execution_options(yield_per=5_000)
    )
    current: int | None = None
    gathered: list[Leg] = []
    head: tuple[str, str, bytes] = ("", "", b"")
    for row in conn.execute(statement):
        if row.id != current:
            if current is not None:
                yield (*head, gathered)
            current, gathered, head = row.id, [], (row.kind, row.key, row.digest)
        if row.account is not None:
            gathered.append(Leg(row.account, row.amount_minor, row.unit))
    if current is not None:
        yield (*head, gathered)


def count_postings(conn: Connection) -> int:
    """Return how many postings there are."""
    return conn.execute(select(func.count()).select_from(postings)).scalar_one()
