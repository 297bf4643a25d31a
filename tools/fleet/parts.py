"""The parts of a terminal that aren't modelled at the wire here: reader, flash, front, clock.

Owns what each does to the world and what reaches the terminal through it. Never judges; the flash
keeps the notes of what became durable for those who do. Called by a unit, which builds the HAL.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware.core import record
from firmware.terminal import flashmap
from firmware.terminal.drivers.pn532 import CardLost, Target
from tools.fleet.supply import Supply, SupplyLost
from tools.models.card import Card
from tools.models.nor import NorFlash
from tools.models.power import PowerCutError

_EXCHANGE_S = 0.02
_ISO_DEP = 0x20
_ATQA = b"\x44\x03"


@dataclass
class Durable:
    """What a terminal's journal has come to hold: sales begun and done, events by code."""

    intents: dict[int, int] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    last_sequence: int = 0
    events: Counter[int] = field(default_factory=Counter)

    def see(self, page: bytes) -> None:
        """Note a page that the flash now holds."""
        header = record.parse_header(page)
        if header is None:
            return
        self.last_sequence = max(self.last_sequence, header.sequence)
        if header.kind == record.INTENT:
            self.intents[header.sequence] = record.parse_content(page, header.kind).amount
        elif header.kind == record.OUTCOME:
            outcome = record.parse_content(page, header.kind)
            if outcome.result == record.DONE:
                self.done.add(outcome.ref)
        elif header.kind == record.EVENT:
            self.events[record.parse_content(page, header.kind).code] += 1


class Flash:
    """hal.nor over the flash model, for one run of the program."""

    def __init__(self, cells: NorFlash, supply: Supply, durable: Durable) -> None:
        self._cells = cells
        self._supply = supply
        self._durable = durable
        self.size = cells.size

    def read_into(self, address: int, buffer: bytearray | memoryview) -> None:
        self._supply.check()
        self._cells.read_into(address, buffer)

    def erase(self, address: int) -> None:
        self._supply.check()
        try:
            self._cells.erase(address)
        except PowerCutError:
            self._supply.cut()
            raise SupplyLost from None

    def program(self, address: int, data: bytes) -> None:
        self._supply.check()
        try:
            self._cells.program(address, bytes(data))
        except PowerCutError:
            self._supply.cut()
            raise SupplyLost from None
        finally:
            in_journal = flashmap.JOURNAL.address <= address < flashmap.JOURNAL.end
            if in_journal and self._cells.read(address, len(data)) == data:
                self._durable.see(data)


class Reader:
    """hal.reader with cards that answer APDU by APDU; each look powers them anew."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply
        self.cards: list[Card] = []
        # (exchanges from now, whether the card gets that one before the supply fails)
        self.cut: tuple[int, bool] | None = None

    async def start(self) -> None:
        await self.release()

    async def find(self, max_cards: int = 2) -> list[Target]:
        """Power every card in the field and list them."""
        self._supply.check()
        for card in self.cards:
            card.field_off()
            card.field_on()
        found = self.cards[:max_cards]
        return [Target(tg, card.state.uid, _ATQA, _ISO_DEP, b"") for tg, card in enumerate(found)]

    async def exchange(self, tg: int, apdu: bytes) -> bytes:
        """Carry one APDU; CardLost when the card has left or falls silent."""
        self._supply.check()
        await asyncio.sleep(_EXCHANGE_S)
        due = self._count()
        if due == "before":
            self._fail()
        answer = self.cards[tg].exchange(bytes(apdu)) if tg < len(self.cards) else None
        if due == "after":
            self._fail()
        self._supply.check()
        if answer is None:
            raise CardLost("silent")
        return answer

    async def release(self) -> None:
        self._supply.check()
        for card in self.cards:
            card.field_off()

    async def field(self, on: bool) -> None:  # noqa: ARG002 - the HAL's shape
        await self.release()

    def _count(self) -> str:
        if self.cut is None:
            return ""
        left, reaches_card = self.cut
        self.cut = (left - 1, reaches_card) if left > 1 else None
        return "" if left > 1 else "after" if reaches_card else "before"

    def _fail(self) -> None:
        self._supply.cut()
        raise SupplyLost


class Rtc:
    """hal.rtc: the world's time, as wrong as somebody made it. `skew_s` None: it has stopped."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.skew_s: int | None = 0

    def read(self) -> int | None:
        return None if self.skew_s is None else self._now() + self.skew_s

    def set(self, seconds: int) -> None:
        self.skew_s = seconds - self._now()


@dataclass(frozen=True)
class Screen:
    """What stands on the display."""

    view: str
    lines: tuple[str, ...]


class Front:
    """Panel, tone and keys of one run. `screens` holds what was shown and not yet looked at."""

    def __init__(self, supply: Supply, shown: Callable[[Screen], None]) -> None:
        self._supply = supply
        self._shown = shown
        self._pressed: deque[str] = deque()
        self.screens: asyncio.Queue[Screen] = asyncio.Queue()

    def show(self, view: str, lines: list[str]) -> None:
        self._supply.check()
        screen = Screen(view, tuple(lines))
        self._shown(screen)
        self.screens.put_nowait(screen)

    def play(self, name: str) -> None:  # noqa: ARG002 - the HAL's shape; a screen says as much
        self._supply.check()

    def press(self, keys: str) -> None:
        """A person presses these keys."""
        self._pressed.extend(keys)

    def poll(self) -> list[str]:
        self._supply.check()
        pressed = list(self._pressed)
        self._pressed.clear()
        return pressed
