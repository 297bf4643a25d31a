"""Plays a world from its settings to its closing line, and shrinks the plan of one that fails.

Owns the directory that a world lives in and the command that replays it. Nothing in the closing
line depends on the machine but `seconds`. Called by `vafa world`, benchmarks and tests.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from tools.fleet import loop, plan
from tools.fleet.plan import DAY_S, Scale, Step
from tools.fleet.weather import PROFILES, Weather
from tools.fleet.world import Told, Verdict, World

_MEMORY = Path("/dev/shm")  # noqa: S108 - of a random name below; where absent, the default place
_SHOWN = 8


@dataclass(frozen=True)
class Settings:
    """What a world is played from. `without` are numbers of steps that are left out."""

    seed: int
    scale: Scale = field(default_factory=Scale)
    profile: str = "standard"
    without: frozenset[int] = frozenset()

    @property
    def command(self) -> str:
        """The command that plays exactly this."""
        scale = self.scale
        words = [
            f"./vafa world --seed {self.seed} --days {scale.days} --branches {scale.branches}",
            f"--terminals {scale.terminals} --cards {scale.cards} --taps {scale.taps}",
            f"--faults {self.profile}",
        ]
        if self.without:
            words.append(f"--without {ranges(self.without)}")
        return " ".join(words)

    def steps(self) -> list[Step]:
        """The plan, without what is left out."""
        drawn = plan.draw(self.scale, PROFILES[self.profile], self.seed)
        return [step for step in drawn if step.number not in self.without]


@dataclass
class Played:
    """A world that was played."""

    settings: Settings
    weather: Weather
    verdict: Verdict
    seconds: float

    @property
    def failed(self) -> bool:
        return bool(self.verdict.unexplained or self.verdict.violation_count)

    @property
    def findings(self) -> list[str]:
        """What is wrong, in words; the first of it."""
        money = [f"{what}: {amount} unexplained" for what, amount in self.verdict.unexplained]
        return [*money, *self.verdict.violations][:_SHOWN]

    def closing(self) -> dict[str, Any]:
        """The closing line."""
        verdict = self.verdict
        return {
            "seed": self.settings.seed,
            "taps": verdict.endings.total(),
            "endings": dict(sorted(verdict.endings.items())),
            "faults": dict(sorted(self.weather.faults.items())),
            "frauds": vars(verdict.frauds),
            "unexplained": sum(amount for _, amount in verdict.unexplained),
            "violations": verdict.violation_count,
            "findings": self.findings,
            "virtual_days": round(verdict.virtual_s / DAY_S, 2),
            "seconds": round(self.seconds, 2),
        }


def play(
    settings: Settings, progress: Callable[[], None] = lambda: None, told: Told | None = None
) -> Played:
    """Play one world. `progress` is called for each step, `told` of each event."""
    profile = PROFILES[settings.profile]
    weather = Weather(profile, settings.seed)
    place = _MEMORY if _MEMORY.is_dir() else None
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vafa-world-", dir=place) as directory, _quiet():

        async def main() -> Verdict:
            world = World(Path(directory), settings.scale, weather, settings.seed, told or _nobody)
            return await world.live(settings.steps(), progress)

        verdict = loop.run(main())
    return Played(settings, weather, verdict, time.monotonic() - started)


def shrink(settings: Settings, tries: int) -> Settings:
    """Leave out as many steps as can be while the world still fails, in so many tries."""
    kept = [step.number for step in settings.steps()]
    size = max(1, len(kept) // 2)
    while size and tries:
        at = 0
        while at < len(kept) and tries:
            shorter = replace(settings, without=settings.without | frozenset(kept[at : at + size]))
            tries -= 1
            if play(shorter).failed:
                settings = shorter
                del kept[at : at + size]
            else:
                at += size
        size //= 2
    return settings


def ranges(numbers: frozenset[int]) -> str:
    """Write numbers as "1-4,9"; `numbers_in` reads it."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)


def numbers_in(text: str) -> frozenset[int]:
    """Read what `ranges` writes; ValueError for anything else."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nobody reads the programs' logs here, and the heap is given back afterwards."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        structlog.configure(**before)
        gc.unfreeze()


def _nobody(at_s: float, what: str, terminal: int, card: int, ending: str) -> None:
    """Nobody wants to hear the story."""
