"""What people do in a world and what befalls them, drawn from the seed before anything runs.

Owns the list of steps. A step is played or left out without changing any other, so that a failing
story can be shrunk. Never knows how a step is played: the world does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from tools.fleet.weather import Profile
from tools.models.card import Tear
from tools.models.nor import Cut

DAY_S = 86_400
_HOUR_S = 3600
_MILLION = 1_000_000
_EXCHANGES = 9
_TOP_UP_SHARE, _BALANCE_SHARE = 0.12, 0.05
_SHORT_SHARE = 0.8
_STEP_MINOR = 1_000


class Kind(StrEnum):
    """What a step is."""

    SALE = "sale"
    TOP_UP = "top_up"
    BALANCE = "balance"
    OUTAGE = "outage"
    UNPLUGGED = "unplugged"
    GATEWAY_RESTART = "gateway_restart"
    CLOCK_JUMP = "clock_jump"
    REPLAY = "replay"
    BLOCK = "block"
    SETTLE = "settle"
    RESTORE_CARD = "restore_card"
    STEAL_TERMINAL = "steal_terminal"


FRAUDS = (Kind.RESTORE_CARD, Kind.STEAL_TERMINAL)
TAPS = (Kind.SALE, Kind.TOP_UP, Kind.BALANCE)


@dataclass(frozen=True)
class ExchangeCut:
    """The terminal's supply fails at this card exchange of a tap, before or after the card."""

    exchange: int
    reaches_card: bool


Trouble: TypeAlias = Tear | Cut | ExchangeCut


@dataclass(frozen=True)
class Step:
    """One thing that happens at `at_s`. Fields that its kind has no use for are empty.

    `for_s` is how long an outage lasts, or by how much a clock is put off; `returns` whether a
    customer whose tap was torn comes back.
    """

    number: int
    at_s: float
    kind: Kind
    terminal: int = 0
    branch: str = ""
    card: int = 0
    amount_minor: int = 0
    for_s: int = 0
    trouble: Trouble | None = None
    returns: bool = True


@dataclass(frozen=True)
class Scale:
    """The size of a world: terminals and cards in all, spread over the branches."""

    days: int = 1
    branches: int = 2
    terminals: int = 3
    cards: int = 10
    taps: int = 100

    def __post_init__(self) -> None:
        """Refuse a world that can't be."""
        if min(self.days, self.branches, self.cards, self.taps) < 1:
            raise ValueError("a world has a day, a branch, a card and a tap at least")
        if self.terminals < self.branches:
            raise ValueError("every branch has a terminal at least")

    def branch_of(self, terminal: int) -> str:
        """The branch where a terminal stands."""
        return f"b{(terminal - 1) % self.branches + 1}"

    @property
    def branch_names(self) -> list[str]:
        return [f"b{number}" for number in range(1, self.branches + 1)]


def draw(scale: Scale, profile: Profile, seed: int) -> list[Step]:
    """The steps of a world, in the order of their times."""
    rng = random.Random(f"plan {seed}")
    drafts = [
        *(_tap(scale, profile, rng) for _ in range(scale.taps)),
        *_misfortunes(scale, profile, rng),
        *(Step(0, day * DAY_S, Kind.SETTLE) for day in range(1, scale.days + 1)),
    ]
    if rng.randrange(_MILLION) < profile.terminal_stolen:
        at_s = rng.uniform(0, scale.days * DAY_S)
        thief = _tap(scale, profile, rng)
        drafts.append(replace(thief, at_s=at_s, kind=Kind.STEAL_TERMINAL, trouble=None))
    if scale.cards > 4:  # enough that a blocked one isn't missed
        drafts.append(
            Step(
                0, rng.uniform(0, scale.days * DAY_S), Kind.BLOCK, card=rng.randrange(scale.cards)
            )
        )
    drafts.sort(key=lambda step: step.at_s)
    return [replace(draft, number=number) for number, draft in enumerate(drafts, 1)]


def _tap(scale: Scale, profile: Profile, rng: random.Random) -> Step:
    lot = rng.random()
    kind = Kind.SALE
    if lot < _TOP_UP_SHARE:
        kind = Kind.TOP_UP
    elif lot < _TOP_UP_SHARE + _BALANCE_SHARE:
        kind = Kind.BALANCE
    if kind is Kind.SALE and rng.randrange(_MILLION) < profile.card_restored:
        kind = Kind.RESTORE_CARD
    amount = rng.randint(5, 400) * _STEP_MINOR
    return Step(
        number=0,
        at_s=rng.uniform(0, scale.days * DAY_S),
        kind=kind,
        terminal=rng.randint(1, scale.terminals),
        card=rng.randrange(scale.cards),
        amount_minor=amount * 5 if kind is Kind.TOP_UP else amount,
        trouble=_trouble(profile, rng),
        returns=rng.randrange(_MILLION) >= profile.walks_away,
    )


def _trouble(profile: Profile, rng: random.Random) -> Trouble | None:
    lot = rng.randrange(_MILLION)
    if lot < profile.torn_card:
        # Half of all tears where they hurt: at the commit.
        at = rng.choice((_EXCHANGES, rng.randint(1, _EXCHANGES + 1)))
        return Tear(
            at, rng.choice(("before", "during", "after")), rng.choice(("rolled_back", "done"))
        )
    if lot < profile.torn_card + profile.power_cut:
        if rng.random() < 0.5:
            return ExchangeCut(rng.randint(1, _EXCHANGES), rng.random() < 0.5)
        return Cut(rng.randint(1, 6), rng.choice(("none", "torn", "complete")))
    return None


def _misfortunes(scale: Scale, profile: Profile, rng: random.Random) -> list[Step]:
    steps = []
    for hour in range(scale.days * 24):
        for branch in scale.branch_names:
            for kind, rate in (
                (Kind.OUTAGE, profile.outage),
                (Kind.GATEWAY_RESTART, profile.gateway_restart),
                (Kind.REPLAY, profile.replay),
            ):
                if rng.randrange(_MILLION) < rate:
                    at_s = (hour + rng.random()) * _HOUR_S
                    steps.append(Step(0, at_s, kind, branch=branch, for_s=_long(rng)))
        for terminal in range(1, scale.terminals + 1):
            for kind, rate in (
                (Kind.UNPLUGGED, profile.unplugged),
                (Kind.CLOCK_JUMP, profile.clock_jump),
            ):
                if rng.randrange(_MILLION) < rate:
                    at_s = (hour + rng.random()) * _HOUR_S
                    steps.append(Step(0, at_s, kind, terminal, for_s=_long(rng)))
    return steps


def _long(rng: random.Random) -> int:
    """Mostly minutes, sometimes days, in seconds."""
    return rng.randint(60, 3600) if rng.random() < _SHORT_SHARE else rng.randint(3600, 4 * DAY_S)
