"""`vafa demo`: a day at two branches, told as it happens and judged at the end."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tools.demo import story
from tools.demo.run import Settings, closing_line, run
from tools.vafa.failure import CommandError

_DISAGREE = 1


class Plant(StrEnum):
    """Faults that can be planted into the books or a card before the settlement."""

    drop_record = "drop-record"
    flip_leg = "flip-leg"
    alter_card = "alter-card"


def command(
    seed: Annotated[int, typer.Option(min=0, help="The same seed plays the same day.")] = 1,
    cards: Annotated[int, typer.Option(min=story.MIN_CARDS, max=500)] = 20,
    taps: Annotated[
        int, typer.Option(min=story.MIN_TAPS, max=10_000, help="Sales during the day.")
    ] = 60,
    plant: Annotated[
        Plant | None, typer.Option(help="Plant a fault; the verdict must find it.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tell the story on stderr, end with one line of JSON.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="An empty or new directory to keep the world in.")
    ] = None,
) -> None:
    """Start everything, live through a day with cuts and torn cards, settle, compare.

    Exit code 1 when cards and books disagree, or when a planted fault was not found.
    """
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise CommandError(f"{keep} isn't empty; name a new directory")
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    settings = Settings(seed, cards, taps, plant.value if plant else None, keep)
    closing = asyncio.run(run(settings, console))
    if as_json:
        print(closing_line(closing))
    else:
        console.print(f"unexplained: {closing['unexplained']}  net_sum: {closing['net_sum']}")
    if bool(closing["unexplained"]) != (plant is not None):
        raise typer.Exit(_DISAGREE)
