"""What people do at a counter: enter an amount, hold a card to the terminal, pull it away.

Owns the way through the terminal's screens, by their view names only. Never decides whether what
happened was right: it reports the ending that the terminal showed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.board import Board, Event
from tools.models.card import Picc, Tear
from tools.world.tray import Tray
from tools.world.waiting import until

_ANSWER_S = 20.0
_ENTRY_S = 10.0
_MAX_TRIES = 6
_FINAL = ("done", "refused", "earlier", "balance", "topped_up")
_HOLD_AGAIN = ("doubt", "again", "presumed")


@dataclass(frozen=True)
class Ending:
    """The last screen of an operation, and how often a card was held to the reader for it.

    `view` is "cut" when the terminal lost power, "left" when the customer walked away.
    """

    view: str
    lines: tuple[str, ...]
    visits: int

    @property
    def reason(self) -> int:
        """The number on a refusal's last line, 0 without one."""
        digits = "".join(mark for mark in self.lines[-1] if mark.isdigit()) if self.lines else ""
        return int(digits) if self.view == "refused" and digits else 0


class Counter:
    """One terminal's counter."""

    def __init__(self, board: Board, tray: Tray) -> None:
        self._board = board
        self._tray = tray

    async def ready(self) -> None:
        """Wait until the terminal can sell: it runs and has its configuration."""
        await until(self._is_ready, _ANSWER_S, "a terminal that can sell")

    def _is_ready(self) -> bool:
        screen = self._board.screen
        return screen is not None and screen.name == "welcome" and len(screen.lines) == 2

    async def sell(
        self, amount: str, *cards: str, tear: Tear | None = None, returns: bool = True
    ) -> Ending:
        """Ring up `amount`, hold the cards to the reader; after a tear come back or walk away."""
        return await self._operate(f"{amount}#", cards, tear, returns)

    async def top_up(self, amount: str, card: str, tear: Tear | None = None) -> Ending:
        """Take cash and have the host credit the card."""
        return await self._operate(f"T{amount}#", (card,), tear, True)

    async def balance(self, card: str) -> Ending:
        """Show what a card holds."""
        return await self._operate("B", (card,), None, True)

    async def _operate(
        self, keys: str, cards: tuple[str, ...], tear: Tear | None, returns: bool
    ) -> Ending:
        self._board.press(keys)
        screen = await self._screen(("present", "refused"), _ENTRY_S)
        if screen.name == "refused":
            return await self._leave(screen, 0)
        for visits in range(1, _MAX_TRIES + 1):
            screen = await self._visit([self._tray.hold(name, tear) for name in cards])
            if screen.kind == "power":
                return Ending("cut", screen.lines, visits)
            if screen.name == "confirm":
                # No sale was begun yet: the tear is still to come.
                self._board.press("#")
                await self._screen(("present",), _ENTRY_S)
                continue
            tear = None
            if screen.name in _FINAL:
                return await self._leave(screen, visits)
            if not returns:
                return await self._walk_away(screen, visits)
        return await self._walk_away(screen, _MAX_TRIES)

    async def _visit(self, piccs: list[Picc]) -> Event:
        for picc in piccs:
            self._board.insert(picc)
        try:
            return await self._screen((*_FINAL, *_HOLD_AGAIN, "confirm"), _ANSWER_S)
        finally:
            for picc in piccs:
                self._board.remove(picc)

    async def _walk_away(self, screen: Event, visits: int) -> Ending:
        """Nobody comes back: the cashier cancels, and the doubt stays for the card's next tap."""
        self._board.press("*")
        await self._screen(("welcome",), _ANSWER_S)
        return Ending("left" if screen.name == "doubt" else screen.name, screen.lines, visits)

    async def _leave(self, screen: Event, visits: int) -> Ending:
        """The ending stays on show; the next key press goes on."""
        return Ending(screen.name, screen.lines, visits)

    async def _screen(self, names: tuple[str, ...], timeout_s: float) -> Event:
        def wanted(event: Event) -> bool:
            lost_power = event.kind == "power" and event.name in ("cut", "exited")
            return lost_power or (event.kind == "screen" and event.name in names)

        return await self._board.wait_for(wanted, timeout_s)
