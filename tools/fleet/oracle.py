"""The oracle: what really happened, read from the model cards, against screens and books.

It sees each card before and after each time it meets a reader and knows where that was, sees every
screen in the moment it appears, and what the terminal's flash holds then. It never asks the
product's code to judge. Money that it can't account for is a finding in minor units; a promise
that was broken on the way is a violation in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from firmware.core import purse
from host.settlement.rules import Position
from tools.demo.oracle import Books
from tools.demo.oracle import Oracle as Totals
from tools.fleet.parts import Screen
from tools.fleet.unit import Unit
from tools.models.card import Card

AID = int.from_bytes(purse.AID, "little")
_FLOAT = "float"
"""The party of the settlement that is no branch."""

_KEPT = 50
"""Violations told in full; more are only counted."""


def paid_on(card: Card) -> int:
    """What a card holds, straight from its memory."""
    file = card.state.applications[AID].files[purse.FILE_PAID]
    value: int = file.value  # type: ignore[union-attr]
    return value


@dataclass
class Operation:
    """What is going on at a terminal: who, how much, and what the card held before it."""

    card: Card
    amount_minor: int
    paid_before_minor: int
    known_done: set[int]
    is_resumed: bool = False

    @property
    def changed_minor(self) -> int:
        return paid_on(self.card) - self.paid_before_minor


@dataclass
class Oracle:
    """Truth about one world."""

    totals: Totals = field(default_factory=Totals)
    violations: list[str] = field(default_factory=list)
    violation_count: int = 0
    _running: dict[int, Operation] = field(default_factory=dict)
    _redeemed: Counter[str] = field(default_factory=Counter)
    _topped_up: Counter[str] = field(default_factory=Counter)

    def begins(self, unit: Unit, card: Card, amount_minor: int) -> None:
        """An operation begins at a terminal; the amount is 0 for a balance inquiry."""
        self._running[unit.number] = Operation(
            card, amount_minor, paid_on(card), set(unit.durable.done)
        )

    def resumes(self, unit: Unit) -> None:
        """The terminal went dark in it, and the customer asks for the very same once more."""
        self._running[unit.number].is_resumed = True

    def has_paid_already(self, unit: Unit) -> bool:
        """Whether a resumed operation changed the card before: the customer can look it up."""
        running = self._running[unit.number]
        return running.is_resumed and running.changed_minor != 0

    def ends(self, unit: Unit) -> None:
        """Nobody waits for that operation any more."""
        del self._running[unit.number]

    def visited(self, branch: str, card: Card, before_minor: int) -> None:
        """A card has left a reader of this branch."""
        self.totals.moved(branch, before_minor, paid_on(card))

    def shown(self, unit: Unit, screen: Screen) -> None:
        """A screen appears: it must not promise what isn't so."""
        running = self._running.get(unit.number)
        if running is None:
            return
        changed = running.changed_minor
        if changed not in _promised(screen.view, running, changed):
            self.violated(
                f"terminal {unit.number} shows {screen.view!r} for {running.amount_minor}, "
                f"and the card changed by {changed}"
            )
        if screen.view == "done" and not _is_durable(unit, running):
            self.violated(f"terminal {unit.number} shows success before its outcome is durable")

    def stated(self, positions: Iterable[Position]) -> None:
        """A settlement was published: what it says moved at each branch adds up to the truth."""
        for position in positions:
            self._redeemed[position.party] += position.redeemed_minor
            self._topped_up[position.party] += position.topped_up_minor

    def violated(self, what: str) -> None:
        """A promise was broken."""
        self.violation_count += 1
        if len(self.violations) < _KEPT:
            self.violations.append(what)

    def unexplained(self, cards: list[Card], books: Books) -> list[tuple[str, int]]:
        """Each difference between cards and books as (what, minor units above zero)."""
        true = {card.state.uid.hex(): paid_on(card) for card in cards}
        findings = self.totals.unexplained(true, books)
        for what, stated, moved in (
            ("redeemed", self._redeemed, self.totals.redeemed),
            ("topped up", self._topped_up, self.totals.topped_up),
        ):
            branches = sorted((stated.keys() | moved.keys()) - {_FLOAT})
            findings += [
                (f"stated as {what} at {branch}", difference)
                for branch in branches
                if (difference := abs(stated[branch] - moved.get(branch, 0)))
            ]
        return findings


def _promised(view: str, running: Operation, changed_minor: int) -> tuple[int, ...]:
    """By what the card may have changed when a screen is shown."""
    paid = -running.amount_minor
    return {
        "done": (paid,),
        "topped_up": (running.amount_minor,),
        # A refusal says nothing about what was taken before the terminal went dark.
        "refused": (0, paid) if running.is_resumed else (0,),
        "balance": (0,),
        "earlier": (paid,) if running.is_resumed else (0,),
    }.get(view, (changed_minor,))


def _is_durable(unit: Unit, running: Operation) -> bool:
    fresh = unit.durable.done - running.known_done
    return any(unit.durable.intents.get(sequence) == running.amount_minor for sequence in fresh)
