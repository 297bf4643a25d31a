"""What goes wrong by itself, and how often: rates, and the dice that are rolled against them.

Owns the named profiles and the count of faults by kind. A rate is in parts per million of the
occasions that its comment names. Never does the damage: cable, uplink and host ask here. `calm`
ends all of it, for the quiescence before the judgement.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace

_MILLION = 1_000_000


@dataclass(frozen=True)
class Profile:
    """Rates in parts per million."""

    # Of the taps: by the plan.
    torn_card: int = 0
    power_cut: int = 0
    walks_away: int = 0
    # Of the hours of a branch or terminal: by the plan.
    outage: int = 0
    unplugged: int = 0
    gateway_restart: int = 0
    clock_jump: int = 0
    replay: int = 0
    # Of the frames on a terminal's cable.
    frame_lost: int = 0
    frame_doubled: int = 0
    frame_delayed: int = 0
    frame_damaged: int = 0
    # Of the calls from a gateway to the host.
    call_lost: int = 0
    answer_lost: int = 0
    call_doubled: int = 0
    batch_mangled: int = 0
    # Of the host's transactions.
    host_killed: int = 0
    # Host processes on the one database.
    hosts: int = 1
    # Of the sales, and of the worlds: frauds, by the plan.
    card_restored: int = 0
    terminal_stolen: int = 0


_STANDARD = Profile(
    torn_card=30_000,
    power_cut=10_000,
    walks_away=5_000,
    outage=4_000,
    unplugged=4_000,
    gateway_restart=4_000,
    clock_jump=2_000,
    replay=4_000,
    frame_lost=1_000,
    frame_doubled=1_000,
    frame_delayed=1_000,
    frame_damaged=1_000,
    call_lost=5_000,
    answer_lost=5_000,
    call_doubled=5_000,
    batch_mangled=5_000,
    host_killed=2_000,
    hosts=2,
)

PROFILES = {
    "none": Profile(),
    "frauds": replace(_STANDARD, card_restored=20_000, terminal_stolen=1_000_000),
    "standard": _STANDARD,
    "harsh": Profile(
        torn_card=150_000,
        power_cut=100_000,
        walks_away=50_000,
        outage=20_000,
        unplugged=20_000,
        gateway_restart=20_000,
        clock_jump=20_000,
        replay=20_000,
        frame_lost=10_000,
        frame_doubled=10_000,
        frame_delayed=10_000,
        frame_damaged=10_000,
        call_lost=30_000,
        answer_lost=30_000,
        call_doubled=30_000,
        batch_mangled=30_000,
        host_killed=20_000,
        hosts=2,
    ),
}


class Weather:
    """Rolls the dice of one world and counts what came."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.faults: Counter[str] = Counter()
        self._seed = seed
        self._is_calm = False

    def dice(self, where: str) -> random.Random:
        """A stream of its own for each place, so that places don't disturb each other."""
        return random.Random(f"weather {self._seed} {where}")

    def calm(self) -> None:
        """From now on nothing goes wrong."""
        self._is_calm = True

    def blow(self) -> None:
        """From now on things go wrong again."""
        self._is_calm = False

    def strikes(self, kind: str, dice: random.Random) -> bool:
        """Whether this fault comes on this occasion; counts it."""
        rate = getattr(self.profile, kind)
        if self._is_calm or not rate or dice.randrange(_MILLION) >= rate:
            return False
        self.faults[kind] += 1
        return True
