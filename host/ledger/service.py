"""Posting, balances, and the proof that the books are whole.

Works inside the caller's transaction, so that a posting and what made it stand or fall together.
Called by intake and settlement to post; by services and reports to read.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from firmware.core.errors import VafaError
from host.ledger import errors, store
from host.ledger.rules import RIAL, Leg, Posting, card_paid, card_unknown, changes, check, digest

_log = structlog.get_logger(__name__)


def post(conn: Connection, postings: Sequence[Posting], posted_at: int) -> int:
    """Post all of these or raise; return how many were new.

    A posting whose identity stands with the same content is passed over: posting twice is posting
    once.

    Raises:
        VafaError: 403, 404 or 405 (see host.ledger.errors); nothing may be committed then.
    """
    by_identity: dict[tuple[str, str], tuple[Posting, bytes]] = {}
    for posting in postings:
        check(posting)
        entry = (posting, digest(posting.kind, posting.key, posting.legs))
        first = by_identity.setdefault((posting.kind, posting.key), entry)
        if first[1] != entry[1]:
            raise _conflict(posting)
    stored = store.stored_digests(conn, list(by_identity))
    new = []
    for identity, (posting, content) in by_identity.items():
        if identity not in stored:
            new.append((posting, content))
        elif stored[identity] != content:
            raise _conflict(posting)
    moves = changes([posting for posting, _ in new])
    store.insert_postings(conn, new, posted_at)
    store.open_accounts(conn, list(moves))
    if not store.move_balances(conn, moves):
        raise errors.out_of_bounds([account for account, _ in moves])
    return len(new)


def _conflict(posting: Posting) -> VafaError:
    _log.error("posting conflict", kind=posting.kind, key=posting.key)
    return errors.conflict(posting.identity)


def balance(conn: Connection, account: str, unit: str = RIAL) -> int:
    """Return the balance of one account; positive is debit, 0 for an account that never moved."""
    return store.balances_of(conn, [account], unit)[account]


def card_balance(conn: Connection, card_number: int) -> tuple[int, int]:
    """Return what a card holds by the ledger, (paid_minor, unknown_minor), both as liabilities."""
    return card_balances(conn, [card_number])[card_number]


def card_balances(conn: Connection, card_numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return (paid_minor, unknown_minor) of each of these cards, as liabilities."""
    names = [name(number) for number in card_numbers for name in (card_paid, card_unknown)]
    found = store.balances_of(conn, names, RIAL)
    return {
        number: (-found[card_paid(number)], -found[card_unknown(number)])
        for number in card_numbers
    }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all accounts of a kind, each with the sign that makes it positive in health."""

    paid_minor: int
    unknown_minor: int
    suspense_minor: int


def totals(conn: Connection) -> Totals:
    """Return what all customers hold, what is in doubt and what is in suspense."""
    cards = store.balances_like(conn, "card:")
    ending = {":paid": 0, ":unknown": 0}
    for (account, unit), amount in cards.items():
        if unit == RIAL:
            ending[account[account.rindex(":") :]] -= amount
    in_suspense = store.balances_like(conn, "suspense:")
    return Totals(ending[":paid"], ending[":unknown"], -sum(in_suspense.values()))


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the books are not what they should be."""

    what: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.what} is {self.found}, not {self.expected}"


def prove(conn: Connection) -> list[Difference]:
    """Recompute everything from the legs; return what differs, nothing when the books are whole.

    Checks of each posting that its content is what was posted and sums to zero; of each balance
    that it is the sum of its legs; of each unit that all balances sum to zero.
    """
    differences: list[Difference] = []
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for kind, key, content, legs in store.all_postings(conn):
        for leg in legs:
            sums[leg.account, leg.unit] += leg.amount_minor
        differences += _posting_differences(kind, key, content, legs)
    kept = store.balances_like(conn, "")
    for account, unit in sorted(sums.keys() | kept.keys()):
        expected, found = sums.get((account, unit), 0), kept.get((account, unit), 0)
        if expected != found:
            differences.append(Difference(f"balance of {account} in {unit}", expected, found))
    for unit in sorted({unit for _, unit in kept}):
        total = sum(amount for (_, other), amount in kept.items() if other == unit)
        if total:
            differences.append(Difference(f"sum of all balances in {unit}", 0, total))
    return differences


def _posting_differences(kind: str, key: str, content: bytes, legs: list[Leg]) -> list[Difference]:
    found = []
    try:
        check(Posting(kind, key, tuple(legs)))
    except VafaError:
        total = sum(leg.amount_minor for leg in legs)
        found.append(Difference(f"sum of posting {kind} {key}", 0, total))
    if digest(kind, key, legs) != content:
        found.append(Difference(f"content of posting {kind} {key} changed", 0, 1))
    return found
