"""One demonstration from start to verdict: a fresh world, a planned day, a closing line."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from host.settlement.render import readable
from tools.demo import story
from tools.demo.play import Player
from tools.demo.tell import Teller
from tools.world import World, WorldConfig

_MORNING = 217_400_400
"""2026-11-21T05:00:00Z, in seconds since 2020."""


@dataclass(frozen=True)
class Settings:
    """What the demonstration is asked for. `keep` keeps its directory for a look afterwards."""

    seed: int = 1
    cards: int = 20
    taps: int = 60
    plant: str | None = None
    keep: Path | None = None


async def run(settings: Settings, console: Console) -> dict[str, object]:
    """Play the day; returns the closing line's content."""
    day = story.plan(settings.seed, settings.cards, settings.taps)
    with tempfile.TemporaryDirectory(prefix="vafa-demo-") as scratch:
        config = WorldConfig(
            directory=settings.keep or Path(scratch),
            terminals=story.TERMINALS,
            seed=settings.seed,
            simulated_start=_MORNING,
            policy={"language": "en"},
            readers={102: "hsu"},
        )
        teller = Teller(console)
        teller.chapter("Host, two gateways and three terminals are started")
        async with World(config) as world:
            player = Player(world, day, teller, settings.plant)
            await player.play()
            status = await player.status()
        if player.statement is not None:
            teller.statement(readable(player.statement.canonical_json))
        teller.verdict(player.findings)
    positions = player.positions()
    return {
        "taps": player.tally.taps,
        "top_ups": player.tally.top_ups,
        "torn": player.tally.torn,
        "in_doubt": status.in_doubt,
        "duplicates_ignored": status.duplicates_ignored,
        "refused": player.tally.refused,
        "branches": [asdict(position) for position in positions],
        "net_sum": sum(position.net for position in positions),
        "suspense": status.suspense,
        "unexplained": sum(amount for _, amount in player.findings),
        "seed": settings.seed,
    }


def closing_line(closing: dict[str, object]) -> str:
    """One line of JSON."""
    return json.dumps(closing)
