"""The reader chip of a board: counts what it sends to cards, and fails the supply at one of them.

Owns the count of card exchanges and the plan of a cut. Never changes what the chip does. Called by
the bus server through the chip's transports.
"""

from typing import Literal

from tools.models.pn532 import Chip, Field
from tools.models.pn532.frames import Information, Item
from tools.models.power import PowerCutError

When = Literal["before", "after"]
_EXCHANGE = bytes((0xD4, 0x40))


class CountingChip(Chip):
    """A chip that knows how often InDataExchange was asked of it."""

    def __init__(self, field: Field, *, sleeps_at_reset: bool) -> None:
        super().__init__(field, sleeps_at_reset=sleeps_at_reset)
        self.exchanges = 0
        self._cut: tuple[int, When] | None = None

    def cut_at(self, exchange: int, when: When) -> None:
        """Plan a cut at the `exchange`-th exchange from now: before or after the card has it."""
        if exchange < 1:
            raise ValueError("the next exchange is number 1")
        self._cut = self.exchanges + exchange, when

    def forget_cut(self) -> None:
        """Take back a planned cut that has not come."""
        self._cut = None

    def receive(self, item: Item) -> None:
        if not (isinstance(item, Information) and item.payload[:2] == _EXCHANGE):
            super().receive(item)
            return
        self.exchanges += 1
        self._fail_if_due("before")
        super().receive(item)
        self._fail_if_due("after")

    def _fail_if_due(self, when: When) -> None:
        if self._cut == (self.exchanges, when):
            self._cut = None
            raise PowerCutError(f"cut {when} card exchange {self.exchanges}")
