"""The steps of a plan that are no taps: outages, restarts, wrong clocks, blocked cards, thieves.

Owns how each is done to the world. Never judges; a thief's deed is noted with what it may cost.
Called by the world, which counts and tells them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from firmware.core.errors import VafaError
from tools.fleet.fraud import Fraud, copy_of, forge
from tools.fleet.oracle import paid_on
from tools.fleet.plan import Kind, Step
from tools.fleet.site import HostKilledError

if TYPE_CHECKING:
    from tools.fleet.world import World

Event: TypeAlias = "Callable[[World, Step], Awaitable[str]]"


async def happen(world: World, step: Step) -> str:
    """Let a step happen to its end; how it ended."""
    return await _EVENTS[step.kind](world, step)


async def _outage(world: World, step: Step) -> str:
    """The branch's network is down."""
    uplink = world.branches[step.branch].uplink
    uplink.is_cut = True
    await asyncio.sleep(step.for_s)
    uplink.is_cut = False
    return "done"


async def _unplugged(world: World, step: Step) -> str:
    """Somebody pulls a terminal's cable."""
    cable = world.units[step.terminal].cable
    cable.plug(plugged=False)
    await asyncio.sleep(step.for_s)
    cable.plug(plugged=True)
    return "done"


async def _gateway_restart(world: World, step: Step) -> str:
    await world.branches[step.branch].restart()
    return "done"


async def _clock_jump(world: World, step: Step) -> str:
    """A terminal's clock is put ahead, behind, or stops."""
    rtc = world.units[step.terminal].rtc
    rtc.skew_s = (step.for_s, -step.for_s, None)[step.number % 3]
    return "done"


async def _replay(world: World, step: Step) -> str:
    """A gateway uploads everything it holds once more."""
    try:
        await world.branches[step.branch].replay()
    except VafaError as error:
        return f"error {error.code}"
    return "done"


async def _block(world: World, step: Step) -> str:
    number = world.numbers[step.card]
    world.site.tried(lambda app: app.hotlist.block(number, "lost"))
    return "done"


async def _restore_card(world: World, step: Step) -> str:
    """Keep an image of a card, pay with it, put the image back."""
    image = copy_of(world.cards[step.card])
    ending = await world.serve(replace(step, kind=Kind.SALE))
    world.verdict.endings[f"{step.kind} {ending}"] += 1
    gained_minor = paid_on(image) - paid_on(world.cards[step.card])
    world.cards[step.card] = image
    world.frauds.append(Fraud(step.kind, world.numbers[step.card], max(0, gained_minor)))
    return ending


async def _steal_terminal(world: World, step: Step) -> str:
    """Take a terminal whose pages are all at the host, and forge a sale with its secrets."""
    unit = world.units[step.terminal]
    async with world.hands[step.card], world.queues[step.terminal]:
        if step.terminal in world.behind():
            return "still busy"
        await unit.off()
        unit.is_stolen = True
        card = world.cards[step.card]
        amount_minor = min(step.amount_minor, paid_on(card))
        pages = forge(unit, card, amount_minor, world.clock.now())
    uploaded = False
    while not uploaded:
        with contextlib.suppress(HostKilledError):
            await world.site.upload(unit.branch, pages)
            uploaded = True
    world.frauds.append(Fraud(step.kind, world.numbers[step.card], 0, amount_minor))
    return "forged"


_EVENTS: dict[Kind, Event] = {
    Kind.OUTAGE: _outage,
    Kind.UNPLUGGED: _unplugged,
    Kind.GATEWAY_RESTART: _gateway_restart,
    Kind.CLOCK_JUMP: _clock_jump,
    Kind.REPLAY: _replay,
    Kind.BLOCK: _block,
    Kind.RESTORE_CARD: _restore_card,
    Kind.STEAL_TERMINAL: _steal_terminal,
}
