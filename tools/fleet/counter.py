"""People at one terminal's counter: press keys, hold a card, pull it away too early, come back.

Owns the way through the screens, by their names only. Never decides whether what happened was
right: the oracle watches. Called by the world, one step at a time.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tools.fleet.oracle import Oracle, paid_on
from tools.fleet.parts import Screen
from tools.fleet.plan import ExchangeCut, Kind, Step
from tools.fleet.supply import SupplyLost
from tools.fleet.unit import Unit
from tools.models.card import Card, Tear
from tools.models.nor import Cut

_ENTRY_S = 30.0
_ANSWER_S = 60.0
_DARK_S = 20.0
_VISITS = 6
_FINAL = ("done", "refused", "earlier", "balance", "topped_up")
_HOLD_AGAIN = ("doubt", "again", "presumed")
_KEYS = {Kind.SALE: "{}#", Kind.TOP_UP: "T{}#", Kind.BALANCE: "B"}


def _ending(screen: Screen) -> str:
    """The view's name; of a refusal with the number of its reason, which is its last line."""
    return f"refused {screen.lines[-1].split()[-1]}" if screen.view == "refused" else screen.view


class Stuck(Exception):  # noqa: N818 - an ending, not an error of this program
    """The terminal showed nothing that was waited for."""


class Counter:
    """One terminal's counter. One customer at a time."""

    def __init__(self, unit: Unit, oracle: Oracle) -> None:
        self._unit = unit
        self._oracle = oracle

    async def serve(self, step: Step, card: Card) -> str:
        """Play a tap; its last view (a refusal with its reason), or "dark", "left", "stuck"."""
        unit = self._unit
        if not unit.running:
            await self._switch_on()
        unit.attend(attended=True)
        amount = 0 if step.kind is Kind.BALANCE else step.amount_minor
        self._oracle.begins(unit, card, amount)
        try:
            ending = await self._attempt(step, card)
            if ending == "dark" and step.kind is Kind.SALE and step.returns:
                self._oracle.resumes(unit)
                ending = f"dark, {await self._attempt(replace(step, trouble=None), card)}"
        finally:
            self._oracle.ends(unit)
        unit.attend(attended=False)
        return ending

    async def _attempt(self, step: Step, card: Card) -> str:
        """One go at it, until the terminal shows how it ended or has gone dark and is back."""
        try:
            ending = await self._operate(step, card)
        except SupplyLost:
            ending = "dark"
        except Stuck:
            ending = "stuck"
        self._unit.cells.forget_cut()
        if ending == "dark":
            await self._switch_on()
        return ending

    async def _operate(self, step: Step, card: Card) -> str:
        unit = self._unit
        self._look_away()
        unit.press(_KEYS[step.kind].format(step.amount_minor))
        screen = await self._screen(("present", "refused"), _ENTRY_S)
        if screen.view != "present":
            return _ending(screen)
        tear = self._arm(step)
        for _ in range(_VISITS):
            try:
                screen = await self._visit(card, tear)
            except Stuck:
                break
            tear = None
            if screen.view == "confirm":
                if self._oracle.has_paid_already(unit):
                    unit.press("*")
                    return "declined"
                unit.press("#")
                await self._screen(("present",), _ENTRY_S)
            elif screen.view in (*_FINAL, "dark"):
                return _ending(screen)
            elif not step.returns:
                break
        unit.press("*")
        await self._screen(("welcome",), _ENTRY_S)
        return "left"

    def _arm(self, step: Step) -> Tear | None:
        """Prepare what befalls this tap; a tear is the card's."""
        trouble = step.trouble
        if isinstance(trouble, Cut):
            self._unit.cells.cut_at(trouble.operation, trouble.effect)
        elif isinstance(trouble, ExchangeCut):
            self._unit.run.reader.cut = trouble.exchange, trouble.reaches_card
        return trouble if isinstance(trouble, Tear) else None

    async def _visit(self, card: Card, tear: Tear | None) -> Screen:
        before_minor = paid_on(card)
        card.tear = tear
        self._unit.insert(card)
        try:
            return await self._screen((*_FINAL, *_HOLD_AGAIN, "confirm"), _ANSWER_S)
        finally:
            self._unit.remove(card)
            card.tear = None
            self._oracle.visited(self._unit.branch, card, before_minor)

    async def _screen(self, views: tuple[str, ...], timeout_s: float) -> Screen:
        """The next screen of these, or "dark"; Stuck when none comes."""
        screens = self._unit.run.front.screens
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    screen = await screens.get()
                    if screen.view in views or screen.view == "dark":
                        return screen
        except TimeoutError:
            raise Stuck from None

    def _look_away(self) -> None:
        """What was shown before this customer came is of no interest."""
        screens = self._unit.run.front.screens
        while not screens.empty():
            screens.get_nowait()

    async def _switch_on(self) -> None:
        await self._unit.off()
        await asyncio.sleep(_DARK_S)
        self._unit.boot()
