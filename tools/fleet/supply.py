"""One terminal's supply, and the time that its program sees while it has it.

Owns the moment after which nothing of a run has any effect: each part asks `check` first. Also
owns how often an idle program is run: its waits end late, never early, unless something reaches
the terminal. Called by the parts of a unit.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable

ATTENDED_S = 0.5
IDLE_S = 1800.0
"""By how much a wait may be late: while somebody stands there, and while nobody does."""


class SupplyLost(BaseException):
    """The supply is gone; the program that runs into this ends where it stands."""


class Supply:
    """On from power-up to the cut; a new one each time. `ended` is called at the cut."""

    def __init__(self) -> None:
        self.on = True
        self.ended: Callable[[], object] = _nobody

    def check(self) -> None:
        """Raise SupplyLost once it is off."""
        if not self.on:
            raise SupplyLost

    def cut(self) -> None:
        """Everything of this run is over."""
        if self.on:
            self.on = False
            self.ended()


class UnitTime:
    """See firmware.terminal.hal.ticks. Waits are stretched to `pace_s` and cut short by `stir`."""

    def __init__(self, supply: Supply, pace_s: float = ATTENDED_S) -> None:
        self._supply = supply
        self._loop = asyncio.get_running_loop()
        self._pace_s = pace_s
        # Each sleeper with the earliest time at which it may wake, and its timer.
        self._sleepers: dict[asyncio.Future[None], tuple[float, asyncio.TimerHandle]] = {}

    def ticks_ms(self) -> int:
        return int(self._loop.time() * 1000)

    def ticks_diff(self, later: int, earlier: int) -> int:
        return later - earlier

    def pause_ms(self, ms: int) -> None:
        """A driver's short wait: no time passes for the others."""

    async def sleep_ms(self, ms: int) -> None:
        """Wait at least `ms`; not much longer once something has reached the terminal."""
        self._supply.check()
        if ms <= 0:
            await asyncio.sleep(0)
        else:
            await self._sleep(ms / 1000)
        self._supply.check()

    def set_pace(self, pace_s: float) -> None:
        """Say how late waits may end from now on."""
        self._pace_s = pace_s
        self.stir()

    def stir(self) -> None:
        """Something reached the terminal: whoever waits may go on as soon as its time is up."""
        for sleeper, (earliest, timer) in list(self._sleepers.items()):
            timer.cancel()
            self._wake_at(sleeper, earliest, max(earliest, self._loop.time()))

    async def _sleep(self, seconds: float) -> None:
        sleeper = self._loop.create_future()
        earliest = self._loop.time() + seconds
        self._wake_at(sleeper, earliest, max(earliest, self._loop.time() + self._pace_s))
        try:
            await sleeper
        finally:
            self._sleepers.pop(sleeper)[1].cancel()

    def _wake_at(self, sleeper: asyncio.Future[None], earliest: float, when: float) -> None:
        timer = self._loop.call_at(when, functools.partial(_wake, sleeper))
        self._sleepers[sleeper] = earliest, timer


def _nobody() -> None:
    """Nobody minds the cut."""


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
