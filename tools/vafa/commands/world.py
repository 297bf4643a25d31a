"""`vafa world`: a whole fleet played in virtual time from one seed, and judged at the end."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tools.fleet.plan import DAY_S, Scale
from tools.fleet.play import Played, Settings, numbers_in, play, shrink
from tools.fleet.weather import PROFILES
from tools.fleet.world import Told
from tools.vafa.failure import CommandError

_FAILED = 1


def command(
    seed: Annotated[int, typer.Option(min=0, help="The same seed plays the same world.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=3650)] = 1,
    branches: Annotated[int, typer.Option(min=1, max=200)] = 2,
    terminals: Annotated[int, typer.Option(min=1, max=2000, help="In all branches.")] = 3,
    cards: Annotated[int, typer.Option(min=1, max=1_000_000)] = 10,
    taps: Annotated[int, typer.Option(min=1, max=100_000_000, help="In all days.")] = 100,
    faults: Annotated[str, typer.Option(help=f"One of {', '.join(PROFILES)}.")] = "standard",
    without: Annotated[str, typer.Option(help="Steps to leave out, such as 1-40,77.")] = "",
    tries: Annotated[
        int, typer.Option("--shrink", min=0, help="Worlds to try for a shorter story.")
    ] = 0,
    story: Annotated[
        str, typer.Option(help="Tell the life of one card or terminal: card:3, terminal:2.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print nothing but the closing line.")
    ] = False,
) -> None:
    """Play a fleet through days of sales, faults and outages; compare cards and books.

    Exit code 1 when anything is unexplained or a promise was broken; the replay command is shown.
    """
    if faults not in PROFILES:
        raise CommandError(f"no faults called {faults!r}; there are {', '.join(PROFILES)}")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        scale = Scale(days, branches, terminals, cards, taps)
        settings = Settings(seed, scale, faults, numbers_in(without))
    except ValueError as error:
        raise CommandError(str(error)) from None
    told = _teller(console, story) if story else None
    with Progress(console=console, disable=as_json) as bar:
        steps = bar.add_task(f"world {seed}", total=len(settings.steps()))
        played = play(settings, lambda: bar.advance(steps), told)
    _report(console, played, tries)
    print(json.dumps(played.closing()))
    if played.failed:
        raise typer.Exit(_FAILED)


def _report(console: Console, played: Played, tries: int) -> None:
    """Say what is wrong, and how to see it again."""
    if not played.failed:
        return
    for finding in played.findings:
        console.print(finding)
    console.print(f"replay: {played.settings.command}")
    if tries:
        console.print(f"shorter: {shrink(played.settings, tries).command}")


def _teller(console: Console, whose: str) -> Told:
    kind, _, number = whose.partition(":")
    if kind not in ("card", "terminal") or not number.isdigit():
        raise CommandError("a story is of card:NUMBER or terminal:NUMBER")
    wanted = int(number)

    def tell(at_s: float, what: str, terminal: int, card: int, ending: str) -> None:
        if wanted != (card if kind == "card" else terminal):
            return
        day, second = divmod(int(at_s), DAY_S)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        where = f"terminal {terminal}, card {card}" if card >= 0 else f"terminal {terminal}"
        console.print(f"day {day} {clock}  {where}: {what}: {ending}")

    return tell
