"""What the commands of a standing system share: its directory, its answers, its screen."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel

from firmware.core import errors
from tools.live import control

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_DIRECTORY = ROOT / "var" / "run"

_GOOD = ("done", "topped_up", "balance")
_WORDS = {
    "topped_up": "credited",
    "earlier": "the earlier sale had been done",
    "left": "in doubt until the card's next tap",
    "again": "nothing taken",
    "presumed": "presumed credited until the card is read",
}
_AMOUNT_MAX = 999_999_999

DirectoryOption = Annotated[
    Path, typer.Option("--directory", help="Where the system stands.", show_default="var/run")
]
CardOption = Annotated[str, typer.Option("--card", help="A card of the tray, by name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with one line of JSON.")]


def ask(directory: Path, request: control.Request) -> control.Request:
    """The standing system's answer to a request."""
    return asyncio.run(control.ask(directory, request))


def checked_amount(amount_minor: int) -> int:
    """An amount that a terminal's keypad can enter; 200 or 201 of the error table otherwise."""
    if amount_minor < 1:
        raise errors.VafaError(errors.AMOUNT_ZERO, f"{amount_minor} rial")
    if amount_minor > _AMOUNT_MAX:
        raise errors.VafaError(errors.AMOUNT_LIMIT, f"{amount_minor:,} rial")
    return amount_minor


def show_screen(answer: control.Request, as_json: bool) -> None:
    """Print the terminal's last screen; exit code 1 unless the operation was done.

    The screen is in the terminal's language; a refusal is told in English too, on standard error.
    """
    if as_json:
        print(json.dumps({key: value for key, value in answer.items() if key != "ok"}))
    else:
        colour = "green" if answer["view"] in _GOOD else "yellow"
        lines = [str(line) for line in answer["lines"]] or [str(answer["view"])]
        visits = int(answer["visits"])
        times = {0: "no tap", 1: "one tap"}.get(visits, f"{visits} taps")
        title = f"terminal, after {times}: {_WORDS.get(answer['view'], answer['view'])}"
        Console().print(Panel("\n".join(lines), title=title, border_style=colour, expand=False))
    if answer["view"] not in _GOOD:
        reason = int(answer["reason"])
        if reason:
            words = f"refused: {reason} {errors.name_of(reason)}. {errors.text_of(reason)}"
            print(f"vafa: {words}", file=sys.stderr)
        raise typer.Exit(1)
