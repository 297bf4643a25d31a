"""The oracle: what really happened, read from the model cards, against what the books say.

It sees each card before and after each time it meets a reader and knows which branch that was.
It never uses the product's own code to judge; the books come in as plain numbers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Books:
    """What the host's books say after settlement, minor units."""

    cards: dict[str, int]
    """What each card holds, by UID in hexadecimal."""
    topped_up: dict[str, int]
    redeemed: dict[str, int]
    in_doubt_minor: int
    suspense_minor: int
    imbalance_minor: int
    """What the ledger's own proof finds: sums that aren't zero, balances unlike their legs."""


@dataclass(frozen=True)
class Position:
    """One party of the settlement, minor units; `net` above zero is received."""

    name: str
    topped_up: int
    redeemed: int
    net: int


@dataclass
class Oracle:
    """True movements per branch and true balances per card, minor units."""

    topped_up: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    redeemed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def moved(self, branch: str, before: int, after: int) -> None:
        """Note that a card's true balance changed at a branch."""
        if after >= before:
            self.topped_up[branch] += after - before
        else:
            self.redeemed[branch] += before - after

    def unexplained(self, true_cards: dict[str, int], books: Books) -> list[tuple[str, int]]:
        """Return each difference as (what, minor units above zero); an empty list is peace.

        Money in doubt and in suspense counts in full: after the last taps nothing is excused.
        """
        findings = [
            (f"card {uid}", abs(true_cards.get(uid, 0) - books.cards.get(uid, 0)))
            for uid in sorted(true_cards.keys() | books.cards.keys())
        ]
        for name, true, booked in (
            ("topped up", self.topped_up, books.topped_up),
            ("redeemed", self.redeemed, books.redeemed),
        ):
            findings += [
                (f"{name} at {branch}", abs(true.get(branch, 0) - booked.get(branch, 0)))
                for branch in sorted(true.keys() | booked.keys())
            ]
        findings += [
            ("in doubt", abs(books.in_doubt_minor)),
            ("suspense", abs(books.suspense_minor)),
            ("ledger proof", abs(books.imbalance_minor)),
        ]
        return [(what, amount) for what, amount in findings if amount]
