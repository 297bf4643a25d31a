"""One simulated terminal: the real program on parts that survive its cuts.

Owns power: a run of the program begins with `boot` and ends with a cut. What outlives a run is
here (flash, secure element, clock, cable), what doesn't is built anew each time. Called by the
world and by the people at its counter.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from firmware.terminal import app
from firmware.terminal.hal.api import Hal
from host.crypto import Aes
from tools.fleet.cable import Cable, Pipe
from tools.fleet.element import Element, ElementPort
from tools.fleet.parts import Durable, Flash, Front, Reader, Rtc, Screen
from tools.fleet.supply import ATTENDED_S, IDLE_S, Supply, SupplyLost, UnitTime
from tools.models.card import Card
from tools.models.nor import NorFlash


@dataclass
class Run:
    """One run of the program: its supply, the parts that end with it, its task."""

    supply: Supply
    time: UnitTime
    reader: Reader
    front: Front
    task: asyncio.Task[None]


class Unit:
    """A terminal at a branch. `shown(unit, screen)` is told of every screen as it appears."""

    def __init__(
        self,
        number: int,
        branch: str,
        seed: int,
        now: Callable[[], int],
        shown: Callable[[Unit, Screen], None],
    ) -> None:
        self.number = number
        self.branch = branch
        self.cells = NorFlash(seed=random.Random(f"flash {seed} {number}").getrandbits(64))
        self.element = Element(random.Random(f"element {seed} {number}"))
        self.rtc = Rtc(now)
        self.durable = Durable()
        self.cable: Cable
        self.crashes: list[str] = []
        self.is_stolen = False
        self._shown = shown
        self._run: Run | None = None

    @property
    def running(self) -> bool:
        return self._run is not None and self._run.supply.on

    @property
    def run(self) -> Run:
        """The present run; SupplyLost while the terminal is off."""
        if self._run is None or not self._run.supply.on:
            raise SupplyLost
        return self._run

    def boot(self) -> None:
        """Switch on; recovery runs as the program's first act."""
        supply = Supply()
        time = UnitTime(supply)
        reader = Reader(supply)
        front = Front(supply, lambda screen: self._shown(self, screen))
        self.cable.stir = time.stir
        hal = Hal(
            time=time,
            nor=Flash(self.cells, supply, self.durable),
            se=ElementPort(self.element, supply),
            reader=reader,
            rtc=self.rtc,
            panel=front,
            tone=front,
            keys=front,
            pipe=Pipe(self.cable, supply),
            aes=Aes,
        )
        task = asyncio.create_task(self._live(hal, supply))
        supply.ended = task.cancel
        self._run = Run(supply, time, reader, front, task)

    async def off(self) -> None:
        """Take the supply away, at whatever point the program is, and wait until it is over."""
        self.cells.forget_cut()
        if self._run is not None:
            self._run.supply.cut()
            await asyncio.gather(self._run.task, return_exceptions=True)
            self._run = None

    def attend(self, *, attended: bool) -> None:
        """Say whether anybody waits for this terminal."""
        if self.running:
            self.run.time.set_pace(ATTENDED_S if attended else IDLE_S)

    def press(self, keys: str) -> None:
        self.run.front.press(keys)
        self.run.time.stir()

    def insert(self, card: Card) -> None:
        self.run.reader.cards.append(card)
        self.run.time.stir()

    def remove(self, card: Card) -> None:
        """Take a card away; it loses its power, also when the terminal has lost its own."""
        card.field_off()
        if self._run is not None and card in self._run.reader.cards:
            self._run.reader.cards.remove(card)
            self._run.time.stir()

    async def _live(self, hal: Hal, supply: Supply) -> None:
        try:
            await app.serve(hal, self.number)
        except SupplyLost:
            pass
        except Exception as error:  # noqa: BLE001 - whatever ends the program is a finding
            self.crashes.append(f"terminal {self.number}: {error!r}")
        finally:
            supply.cut()
            self.cable.drop()
            self.cable.stir()
            self._say_power_is_gone()

    def _say_power_is_gone(self) -> None:
        if self._run is not None:
            self._run.front.screens.put_nowait(Screen("dark", ()))
