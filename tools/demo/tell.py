"""Tells the story as it happens, for people. Owns wording and colours; knows no process."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from firmware.core import errors
from tools.world import Ending

_COLOURS = {
    "done": "green",
    "topped_up": "green",
    "balance": "green",
    "refused": "yellow",
    "earlier": "cyan",
    "left": "magenta",
    "cut": "red",
}
_WORDS = {
    "done": "done",
    "topped_up": "credited",
    "refused": "refused",
    "earlier": "the earlier sale had been done",
    "left": "in doubt, the customer walks away",
    "again": "nothing taken, the customer walks away",
    "cut": "the terminal went dark; switched on again",
}


class Teller:
    """Prints to a console; `quiet` keeps everything but what is printed at the very end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def chapter(self, title: str) -> None:
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def line(self, text: str) -> None:
        self._console.print(Text(f"  {text}"))

    def tap(self, terminal: int, what: str, card: str, ending: Ending) -> None:
        """One operation at a counter and how it ended."""
        word = _WORDS.get(ending.view, ending.view)
        if ending.reason:
            word += f" ({ending.reason} {errors.name_of(ending.reason)})"
        if ending.visits > 1:
            word += f", held {ending.visits} times"
        line = Text(f"  {terminal}  {card:<18} {what}: ")
        line.append(word, style=_COLOURS.get(ending.view, ""))
        self._console.print(line)

    def statement(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text))

    def verdict(self, findings: list[tuple[str, int]]) -> None:
        """Whether cards and books agree to the last rial."""
        if not findings:
            self._console.print(
                Text("Every card and every branch agrees with the books.", "green")
            )
            return
        self._console.print(Text("Cards and books disagree:", style="bold red"))
        for what, amount in findings:
            self._console.print(Text(f"  {what}: {amount:,} rial", style="red"))
