"""What a posting is, when it is sound, and how the accounts are named.

Pure values and checks: no database, no clock. Called by the ledger's service and by whoever makes
postings. Positive legs are debits, negative ones credits; money a customer holds is a liability,
so a card's account is negative when the card holds something.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from host.ledger import errors

RIAL = "IRR.1"
"""The unit of money: currency and currency-unit version (a redenomination makes another)."""

MAX_MINOR = 2**62
"""Bound of every amount and balance: the sum of two still fits 64 bits."""

FLOAT = "float"
"""The head office's account for what customers have paid in and not spent yet."""

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


def is_branch(name: str) -> bool:
    """Tell whether a branch may have this name: accounts and parties to a settlement bear it."""
    return _BRANCH.fullmatch(name) is not None and name != FLOAT


def card_paid(card_number: int) -> str:
    """What the customer's paid purse holds (liability)."""
    return f"card:{card_number:010}:paid"


def card_unknown(card_number: int) -> str:
    """What moved on the card with an outcome nobody knows yet (liability)."""
    return f"card:{card_number:010}:unknown"


def clearing(branch: str) -> str:
    """What a branch has earned from cards and not been paid in a settlement yet."""
    return f"branch:{branch}:clearing"


def cash_in(branch: str) -> str:
    """What a branch has taken in for top-ups and not handed over in a settlement yet."""
    return f"branch:{branch}:cash_in"


def suspense(branch: str) -> str:
    """What a branch claims to have earned without the card's proof."""
    return f"suspense:{branch}"


@dataclass(frozen=True, slots=True)
class Leg:
    """One account's share of a posting; positive is debit."""

    account: str
    amount_minor: int
    unit: str = RIAL


@dataclass(frozen=True, slots=True)
class Cause:
    """The record that made the host post: a terminal's page, or with terminal 0 a host event."""

    terminal: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Posting:
    """One business event: an immutable set of legs under an identity (kind, key).

    `terminal` is the one whose business it is; both it and `cause` are absent for postings of the
    settlement.
    """

    kind: str
    key: str
    legs: tuple[Leg, ...]
    terminal: int | None = None
    cause: Cause | None = None

    @property
    def identity(self) -> str:
        return f"{self.kind} {self.key}"


def check(posting: Posting) -> None:
    """Raise error 403 unless the legs are whole amounts that sum to zero per unit."""
    sums: dict[str, int] = defaultdict(int)
    for leg in posting.legs:
        if type(leg.amount_minor) is not int or not 0 < abs(leg.amount_minor) <= MAX_MINOR:
            raise errors.unbalanced(posting.identity)
        sums[leg.unit] += leg.amount_minor
    if not sums or any(sums.values()):
        raise errors.unbalanced(posting.identity)


def digest(kind: str, key: str, legs: Sequence[Leg]) -> bytes:
    """Return SHA-256 of a posting's content; names hold no line feed, so no two contents agree."""
    lines = ["vafa posting 1", kind, key]
    lines += [f"{leg.account} {leg.unit} {leg.amount_minor}" for leg in legs]
    return hashlib.sha256("\n".join(lines).encode()).digest()


def changes(postings: Sequence[Posting]) -> dict[tuple[str, str], int]:
    """Return by how much each (account, unit) moves when all of these are posted."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for posting in postings:
        for leg in posting.legs:
            sums[leg.account, leg.unit] += leg.amount_minor
    return dict(sums)
