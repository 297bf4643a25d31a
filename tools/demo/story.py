"""The plan of a day: pure and seeded, so the same seed gives the same story.

Owns what happens in which order; never touches a process, a card or a clock. The player acts it
out and may find a sale refused: the plan doesn't know balances.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

TERMINALS = {101: "a", 102: "a", 201: "b"}
"""Terminal numbers and their branches."""

CUT_BRANCH = "b"
"""The branch that is cut off from the host for its whole day."""

MIN_CARDS = 4
MIN_TAPS = 12
_TOMAN = 10
_TOP_UPS = (50_000, 100_000, 150_000, 200_000)
_SHARE_TORN = 6
_SHARE_WALK_AWAY = 2


class Tear(Enum):
    """When a card is pulled out of the field, seen from the commit."""

    BEFORE_COMMIT = "before the commit"
    DURING_COMMIT_UNDONE = "during the commit, which the card undid"
    DURING_COMMIT_DONE = "during the commit, which the card finished"
    AFTER_COMMIT = "after the commit, its answer lost"


@dataclass(frozen=True)
class TopUp:
    """A customer pays cash and the host credits the card through this terminal."""

    card: int
    terminal: int
    amount_minor: int


@dataclass(frozen=True)
class Sale:
    """A customer pays with the card. After a tear the customer comes back or walks away."""

    card: int
    terminal: int
    amount_minor: int
    tear: Tear | None = None
    returns: bool = True


@dataclass(frozen=True)
class PowerCut:
    """The terminal loses power in the middle of a sale and is switched on again."""

    card: int
    terminal: int
    amount_minor: int
    exchange: int


@dataclass(frozen=True)
class Block:
    """A card is reported lost and put on the hotlist; then someone tries to use it."""

    card: int
    terminal: int


@dataclass(frozen=True)
class Stranger:
    """Someone holds up a card of another system."""

    terminal: int


@dataclass(frozen=True)
class TwoCards:
    """Someone holds up a wallet with two cards in it."""

    cards: tuple[int, int]
    terminal: int


@dataclass(frozen=True)
class Replay:
    """A gateway sends pages again that the host already has."""

    branch: str


Step = TopUp | Sale | PowerCut | Block | Stranger | TwoCards | Replay


@dataclass(frozen=True)
class Story:
    """A day: top-ups while everything is connected, then the day with a branch cut off."""

    seed: int
    cards: int
    morning: tuple[TopUp, ...]
    day: tuple[Step, ...]


def plan(seed: int, cards: int = 20, taps: int = 60) -> Story:
    """Plan a day with `taps` sales; ValueError below the smallest day that shows everything."""
    if cards < MIN_CARDS:
        raise ValueError(f"at least {MIN_CARDS} cards, so that every kind of fault has its card")
    if taps < MIN_TAPS:
        raise ValueError(f"at least {MIN_TAPS} taps, so that every kind of fault happens")
    rng = random.Random(seed)
    terminals = sorted(TERMINALS)
    morning = tuple(
        TopUp(card, terminals[card % len(terminals)], rng.choice(_TOP_UPS) * _TOMAN)
        for card in range(cards)
    )
    lost_card = rng.randrange(cards)
    day: list[Step] = _sales(rng, cards, taps, lost_card)
    honest = [card for card in range(cards) if card != lost_card]
    connected = [number for number in terminals if TERMINALS[number] != CUT_BRANCH]
    extras: list[Step] = [
        PowerCut(rng.choice(honest), rng.choice(terminals), _amount(rng), rng.randint(3, 9)),
        PowerCut(rng.choice(honest), 201, _amount(rng), 9),
        Block(lost_card, rng.choice(connected)),
        Stranger(rng.choice(terminals)),
        TwoCards((honest[0], honest[1]), rng.choice(terminals)),
        TopUp(rng.choice(honest), rng.choice(connected), rng.choice(_TOP_UPS) * _TOMAN),
        Replay("a"),
    ]
    for extra in extras:
        day.insert(rng.randint(len(day) // 3, len(day)), extra)
    return Story(seed, cards, morning, tuple(day))


def _amount(rng: random.Random) -> int:
    return rng.randint(1, 40) * 1_000 * _TOMAN


def _sales(rng: random.Random, cards: int, taps: int, lost_card: int) -> list[Step]:
    """Sales at random terminals; each kind of tear at least once, about a sixth of all torn."""
    torn_at = set(rng.sample(range(taps), max(len(Tear), taps // _SHARE_TORN)))
    tears = [*Tear] + [rng.choice([*Tear]) for _ in range(len(torn_at) - len(Tear))]
    rng.shuffle(tears)
    steps: list[Step] = []
    for number in range(taps):
        tear = tears.pop() if number in torn_at else None
        card = rng.randrange(cards)
        while tear is not None and card == lost_card:
            card = rng.randrange(cards)
        terminal = rng.choice(sorted(TERMINALS))
        returns = rng.randrange(_SHARE_WALK_AWAY) == 0
        steps.append(Sale(card, terminal, _amount(rng), tear, returns))
    return steps
