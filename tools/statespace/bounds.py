"""What is explored: each bound is a budget of events for the same model, searched to its end.

No single budget could hold everything at once; each of these holds what meets in one kind of
story. Called by the command, the tests and the documentation's figures.
"""

from typing import NamedTuple

from tools.statespace.world import Budget


class Bound(NamedTuple):
    """A named budget, and what meets in it."""

    name: str
    about: str
    budget: Budget


QUICK = (
    Bound(
        "counter",
        "two sales, a torn card, a power cut, one abandoned doubt",
        Budget(sales=2, tears=1, cuts=1, abandons=1),
    ),
    Bound(
        "refund",
        "two sales, a torn card, one abandoned doubt, one return",
        Budget(sales=2, tears=1, abandons=1, returns=1),
    ),
    Bound(
        "top-up",
        "a sale, a top-up, two lost answers",
        Budget(sales=1, tears=2, top_ups=1),
    ),
    Bound(
        "statement",
        "two sales from purse or bonus, a new statement",
        Budget(sales=2, bonus_sales=2, statements=1),
    ),
    Bound(
        "replacement",
        "a sale, a top-up, a blocked card replaced",
        Budget(sales=1, top_ups=1, blocks=1, replacements=1),
    ),
    Bound(
        "old flash",
        "two sales, a terminal's old flash put back",
        Budget(sales=2, restores=1),
    ),
    Bound(
        "thief",
        "a torn sale, and a stolen terminal whose thief acts once",
        Budget(sales=1, tears=1, thefts=1, forgeries=1),
    ),
    Bound(
        "settlement",
        "two sales, a torn card, two windows",
        Budget(sales=2, tears=1, windows=2),
    ),
)

FULL = (
    *QUICK,
    Bound(
        "long counter",
        "three sales, a torn card, a power cut, one abandoned doubt",
        Budget(sales=3, tears=1, cuts=1, abandons=1),
    ),
    Bound(
        "two doubts",
        "two sales, both torn, a power cut, both abandoned",
        Budget(sales=2, tears=2, cuts=1, abandons=2),
    ),
    Bound(
        "long refund",
        "two sales, two torn cards, one abandoned doubt, one return",
        Budget(sales=2, tears=2, abandons=1, returns=1),
    ),
    Bound(
        "sale and top-up",
        "two sales, a top-up, two torn cards or lost answers",
        Budget(sales=2, tears=2, top_ups=1),
    ),
    Bound(
        "two top-ups",
        "a sale, two top-ups, two lost answers",
        Budget(sales=1, tears=2, top_ups=2),
    ),
    Bound(
        "long statement",
        "two sales from purse or bonus, two new statements, a torn card",
        Budget(sales=2, bonus_sales=2, tears=1, statements=2),
    ),
    Bound(
        "long replacement",
        "a sale, a top-up, a torn card or lost answer, a blocked card replaced",
        Budget(sales=1, tears=1, top_ups=1, blocks=1, replacements=1),
    ),
    Bound(
        "long old flash",
        "two sales, a torn card, a power cut, a terminal's old flash put back",
        Budget(sales=2, tears=1, cuts=1, restores=1),
    ),
    Bound(
        "long thief",
        "a torn sale, and a stolen terminal whose thief acts twice",
        Budget(sales=1, tears=1, thefts=1, forgeries=2),
    ),
    Bound(
        "long settlement",
        "two sales, a top-up, a torn card or lost answer, two windows",
        Budget(sales=2, tears=1, top_ups=1, windows=2),
    ),
)
