"""A whole fleet in virtual time: sets it up, plays the plan, waits for quiet, has it judged.

Owns the order of a world's life. What people do is `counter`'s, what befalls them is `events` and
the weather, what is true the oracle's. Called by `play`, one world at a time.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter as Count
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from firmware.core.errors import JOURNAL_DAMAGED, TASK_FAILED, VafaError
from tools.board import Bundle
from tools.demo import books
from tools.fleet import events
from tools.fleet.branch import Branch
from tools.fleet.cable import Cable
from tools.fleet.counter import Counter
from tools.fleet.fraud import Fraud, Judged, alarms, judge
from tools.fleet.oracle import Oracle
from tools.fleet.parts import Screen
from tools.fleet.plan import FRAUDS, TAPS, Kind, Scale, Step
from tools.fleet.site import Site
from tools.fleet.station import Station
from tools.fleet.supply import SupplyLost
from tools.fleet.unit import Unit
from tools.fleet.weather import Weather
from tools.models.card import Card

_START = 200_000_000
"""The first moment of every world, in seconds since 2020: in May 2026."""

_UID_NXP = 0x04
_FIRST_TOP_UP_MINOR = 3_000_000
_LAST_TAP_MINOR = 1_000
_STARTUP_S = 30.0
_QUIET_S = 60.0
_QUIET_ROUNDS = 240

Told = Callable[[float, str, int, int, str], None]
"""Told of each event: seconds, what, terminal (0: none), card (-1: none), how it ended."""


class LoopClock:
    """The world's true time, as the host's clock."""

    def now(self) -> int:
        return _START + int(asyncio.get_running_loop().time())


@dataclass
class Verdict:
    """What a world came to."""

    endings: Count[str] = field(default_factory=Count)
    unexplained: list[tuple[str, int]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    violation_count: int = 0
    frauds: Judged = field(default_factory=Judged)
    virtual_s: float = 0.0


class World:
    """One world of a scale in a directory."""

    def __init__(
        self, directory: Path, scale: Scale, weather: Weather, seed: int, told: Told
    ) -> None:
        self.clock = LoopClock()
        self.scale = scale
        self.weather = weather
        self.oracle = Oracle()
        self.site = Site(directory / "host", self.clock, weather, seed)
        self.branches = {
            name: Branch(name, directory / name, self.site, weather) for name in scale.branch_names
        }
        self.stations = {
            name: Station(name, self.site, self.oracle) for name in scale.branch_names
        }
        self.units: dict[int, Unit] = {}
        for number in range(1, scale.terminals + 1):
            unit = Unit(number, scale.branch_of(number), seed, self.clock.now, self._shown)
            dice = weather.dice(f"cable {number}")
            unit.cable = Cable(self.branches[unit.branch], weather, dice)
            self.units[number] = unit
        self.cards: list[Card] = []
        self.numbers: list[int] = []
        self.verdict = Verdict()
        self._rng = random.Random(f"world {seed}")
        self._told = told
        self._counters = {
            number: Counter(unit, self.oracle) for number, unit in self.units.items()
        }
        self.queues = {number: asyncio.Lock() for number in self.units}
        self.hands = [asyncio.Lock() for _ in range(scale.cards)]
        self._settled = 0
        self.frauds: list[Fraud] = []

    async def live(self, steps: list[Step], progress: Callable[[], None]) -> Verdict:
        """Play the steps and judge what they came to."""
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        self.weather.calm()
        await self._open()
        began_s = asyncio.get_running_loop().time()
        self.weather.blow()
        async with asyncio.TaskGroup() as group:
            for step in steps:
                loop = asyncio.get_running_loop()
                await asyncio.sleep(max(0.0, began_s + step.at_s - loop.time()))
                group.create_task(self._play(step))
                progress()
        self.weather.calm()
        await self._close()
        self._judge()
        return self.verdict

    # --- before and after ----------------------------------------------------------------

    async def _open(self) -> None:
        for branch in self.branches.values():
            branch.start()
        for unit in self.units.values():
            bundle = self.site.application.terminals.enrol(
                unit.number, unit.branch, unit.element.identity.point
            )
            unit.element.provision(
                Bundle(bundle.journal_root, bundle.debit_master, bundle.host_point)
            )
            unit.boot()
        for index in range(self.scale.cards):
            uid = bytes([_UID_NXP]) + index.to_bytes(3, "big") + self._rng.randbytes(3)
            draw = random.Random(f"card {uid.hex()}").randbytes
            card = Card.create(None, uid, random_bytes=draw)
            station = self.stations[self._rng.choice(self.scale.branch_names)]
            self.numbers.append(station.issue(card))
            station.top_up(card, _FIRST_TOP_UP_MINOR)
            self.cards.append(card)
        await asyncio.sleep(_STARTUP_S)
        # Terminals collect garbage after each tap, and here they share one heap with everything.
        gc.collect()
        gc.freeze()
        for unit in self.units.values():
            unit.attend(attended=False)

    async def _close(self) -> None:
        """Everything is mended, every card taps once more and is read, everything is settled."""
        for branch in self.branches.values():
            branch.uplink.is_cut = False
        for unit in self.units.values():
            unit.cable.plug(plugged=True)
        await self._quiet()
        present = [number for number, unit in self.units.items() if not unit.is_stolen]
        for index in range(len(self.cards)):
            terminal = self._rng.choice(present)
            now_s = asyncio.get_running_loop().time()
            await self._play(
                Step(0, now_s, Kind.SALE, terminal, card=index, amount_minor=_LAST_TAP_MINOR)
            )
        await self._quiet()
        for card in self.cards:
            self.stations[self.scale.branch_names[0]].read(card)
        self._settle()
        for unit in self.units.values():
            await unit.off()
        for branch in self.branches.values():
            await branch.stop()

    async def _quiet(self) -> None:
        """Wait until the host has every page that the terminals have."""
        for _ in range(_QUIET_ROUNDS):
            for unit in self.units.values():
                if not unit.running and not unit.is_stolen:
                    unit.boot()
                unit.attend(attended=True)
            await asyncio.sleep(_QUIET_S)
            behind = self.behind()
            if not behind:
                break
        else:
            self.oracle.violated(f"pages never reached the host: {behind}")
        for unit in self.units.values():
            unit.attend(attended=False)

    def behind(self) -> dict[int, tuple[int, int]]:
        """Terminals with pages that the host lacks: their last sequence, and the host's."""
        status = self.site.tried(lambda app: app.settlement.status())
        through = {item.terminal: item.through_sequence for item in status.terminals}
        return {
            number: (unit.durable.last_sequence, through.get(number, 0))
            for number, unit in self.units.items()
            if unit.durable.last_sequence > through.get(number, 0)
        }

    def _judge(self) -> None:
        found = books.read(self.site.application.engine)
        verdict = self.verdict
        verdict.frauds = judge(self.frauds, self.site.application.engine)
        if verdict.frauds.missed:
            self.oracle.violated(f"{verdict.frauds.missed} frauds left no evidence")
        verdict.unexplained = self._excused(self.oracle.unexplained(self.cards, found))
        for unit in self.units.values():
            for crash in unit.crashes:
                self.oracle.violated(crash)
            for code in sorted({TASK_FAILED, JOURNAL_DAMAGED} & set(unit.durable.events)):
                self.oracle.violated(f"terminal {unit.number} noted event {code}")
        if not self.frauds:
            for alarm in alarms(self.site.application.engine):
                self.oracle.violated(f"an alarm though everybody is honest: {alarm}")
        verdict.violations = self.oracle.violations
        verdict.violation_count = self.oracle.violation_count
        verdict.virtual_s = asyncio.get_running_loop().time()

    def _excused(self, findings: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Take off what the frauds account for, and no more."""
        allowed: Count[str] = Count()
        for fraud in self.frauds:
            uid = self.cards[self.numbers.index(fraud.card_number)].state.uid.hex()
            allowed[f"card {uid}"] += fraud.bound_minor + fraud.held_minor
            allowed["suspense"] += fraud.held_minor
            for branch in self.branches:
                allowed[f"redeemed at {branch}"] += fraud.bound_minor
                allowed[f"stated as redeemed at {branch}"] += fraud.bound_minor
        return [(what, amount) for what, amount in findings if amount > allowed[what]]

    # --- the steps -----------------------------------------------------------------------

    async def _play(self, step: Step) -> None:
        if step.terminal and self.units[step.terminal].is_stolen:
            return
        if step.kind in TAPS:
            ending = await self.serve(step)
            self.verdict.endings[f"{step.kind} {ending}"] += 1
            if ending.endswith("stuck"):
                self.oracle.violated(f"step {step.number}: terminal {step.terminal} is stuck")
        elif step.kind is Kind.SETTLE:
            ending = self._settle()
        else:
            self.weather.faults[str(step.kind)] += 1
            ending = await events.happen(self, step)
        if step.trouble is not None:
            self.weather.faults[type(step.trouble).__name__] += 1
        card = step.card if step.kind in TAPS or step.kind in FRAUDS else -1
        now_s = asyncio.get_running_loop().time()
        self._told(now_s, f"{step.kind} {step.amount_minor}", step.terminal, card, ending)

    async def serve(self, step: Step) -> str:
        """Hold a card to a terminal as soon as both are free; how that ended."""
        async with self.hands[step.card], self.queues[step.terminal]:
            return await self._counters[step.terminal].serve(step, self.cards[step.card])

    def _settle(self) -> str:
        """Close a window; hosts that die over it are asked again, for the very same window."""
        self._settled += 1
        request = b"settlement" + self._settled.to_bytes(6, "big")
        try:
            published = self.site.tried(lambda app: app.settlement.settle(request))
            again = self.site.tried(lambda app: app.settlement.settle(request))
        except VafaError as error:
            self.oracle.violated(f"settlement {self._settled}: {error}")
            return "failed"
        if published != again:
            self.oracle.violated(f"settlement {self._settled} was published twice, differently")
        self.oracle.stated(published.positions)
        net = sum(position.net_minor for position in published.positions)
        if net:
            self.oracle.violated(f"positions of settlement {self._settled} sum to {net}")
        return "done"

    # --- what the oracle is told ---------------------------------------------------------

    def _shown(self, unit: Unit, screen: Screen) -> None:
        self.oracle.shown(unit, screen)

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """A task died of something that nobody caught; of a cut supply is no finding."""
        del loop
        error = context.get("exception")
        if not isinstance(error, SupplyLost):
            self.oracle.violated(f"{context.get('message')}: {error!r}")
