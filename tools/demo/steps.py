"""What may happen during a day, each step acted out at a counter or at the head office.

Owns the step's way through the world, what the oracle must know of it, and the counts. The order
of steps is `play`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from firmware.core.errors import LINK_HOST_AWAY, TOP_UP_OFFLINE
from host.branch.gateway import replay
from host.branch.store import PageStore
from host.branch.uplink import Uplink
from host.tls import TlsFiles
from tools.demo import story
from tools.demo.oracle import Oracle
from tools.demo.story import Tear
from tools.demo.tell import Teller
from tools.models.card import Tear as CardTear
from tools.world import Counter, Ending, World, flash
from tools.world.waiting import until

LAST_TAP_MINOR = 1_000
SYNC_S = 60.0
_COMMIT_EXCHANGE = 9
_TEARS = {
    Tear.BEFORE_COMMIT: CardTear(at=_COMMIT_EXCHANGE - 1, phase="after"),
    Tear.DURING_COMMIT_UNDONE: CardTear(_COMMIT_EXCHANGE, "during", "rolled_back"),
    Tear.DURING_COMMIT_DONE: CardTear(_COMMIT_EXCHANGE, "during", "done"),
    Tear.AFTER_COMMIT: CardTear(at=_COMMIT_EXCHANGE, phase="after"),
}
_POLL_S = 0.05
_OFFLINE = (LINK_HOST_AWAY, TOP_UP_OFFLINE)


@dataclass
class Tally:
    """Counts for the closing line."""

    taps: int = 0
    top_ups: int = 0
    torn: int = 0
    refused: int = 0


class Steps:
    """Acts steps out in one world. `numbers` maps names in the tray to card numbers."""

    def __init__(self, world: World, teller: Teller, numbers: dict[str, int]) -> None:
        self._world = world
        self._tell = teller
        self._numbers = numbers
        self.oracle = Oracle()
        self.tally = Tally()
        self.blocked: set[str] = set()

    async def act(self, step: story.Step) -> None:
        """Carry one step out; returns when it is over at the counter."""
        actions: dict[type, Callable[..., Awaitable[None]]] = {
            story.TopUp: self._top_up,
            story.Sale: self._sale,
            story.PowerCut: self._power_cut,
            story.Block: self._block,
            story.Stranger: self._stranger,
            story.TwoCards: self._two_cards,
            story.Replay: self._replay,
        }
        await actions[type(step)](step)

    async def _top_up(self, step: story.TopUp) -> None:
        name = card_name(step.card)
        with self._watch(name, step.terminal):
            ending = await self._online_top_up(step.terminal, name, step.amount_minor)
        self.tally.top_ups += ending.view == "topped_up"
        self._report(step.terminal, f"top-up {step.amount_minor:>9,}", name, ending)

    async def _online_top_up(self, terminal: int, name: str, amount_minor: int) -> Ending:
        """Top up; a terminal that is still connecting is asked again."""
        async with asyncio.timeout(SYNC_S):
            while True:
                ending = await self._counter(terminal).top_up(str(amount_minor), name)
                if ending.reason not in _OFFLINE:
                    return ending
                await asyncio.sleep(_POLL_S)

    async def _sale(self, step: story.Sale) -> None:
        name = card_name(step.card)
        tear = _TEARS[step.tear] if step.tear else None
        with self._watch(name, step.terminal):
            ending = await self._counter(step.terminal).sell(
                str(step.amount_minor), name, tear=tear, returns=step.returns
            )
        self.tally.taps += ending.visits
        what = f"sale   {step.amount_minor:>9,}"
        if step.tear is not None and ending.visits:
            self.tally.torn += 1
            what += f", torn {step.tear.value}"
        self._report(step.terminal, what, name, ending)

    async def _power_cut(self, step: story.PowerCut) -> None:
        name = card_name(step.card)
        board = self._world.boards[step.terminal]
        board.cut_power_at(exchange=step.exchange, when="after")
        with self._watch(name, step.terminal):
            ending = await self._counter(step.terminal).sell(str(step.amount_minor), name)
        self.tally.taps += ending.visits
        board.forget_cut()
        what = f"sale   {step.amount_minor:>9,}, power cut after exchange {step.exchange}"
        if ending.view == "cut":
            self.tally.torn += 1
            await board.power_on()
            await self._counter(step.terminal).ready()
        self._report(step.terminal, what, name, ending)

    async def _block(self, step: story.Block) -> None:
        name = card_name(step.card)
        self.blocked.add(name)
        version = await self._world.operator.block(self._numbers[name], "reported lost")
        self._tell.line(f"card {name} is reported lost: hotlist version {version}")
        number = self._numbers[name]
        for terminal, branch in self._world.config.terminals.items():
            if branch != story.CUT_BRANCH:
                board = self._world.boards[terminal]
                await until(partial(flash.hotlist_names, board, number), SYNC_S, "the hotlist")
        await self._sale(story.Sale(step.card, step.terminal, LAST_TAP_MINOR))

    async def _stranger(self, step: story.Stranger) -> None:
        if "stranger" not in self._world.tray.names():
            self._world.tray.add("stranger")
        ending = await self._counter(step.terminal).sell("50000", "stranger")
        self.tally.taps += ending.visits
        self._report(step.terminal, f"sale   {50_000:>9,}", "stranger", ending)

    async def _two_cards(self, step: story.TwoCards) -> None:
        names = [card_name(card) for card in step.cards]
        ending = await self._counter(step.terminal).sell("50000", *names)
        self.tally.taps += ending.visits
        self._report(step.terminal, f"sale   {50_000:>9,}", " and ".join(names), ending)

    async def _replay(self, step: story.Replay) -> None:
        """Send a gateway's stored pages once more, with the gateway's own certificate."""
        world = self._world
        async with asyncio.timeout(SYNC_S):
            await world.synced([step.branch])
        store = PageStore(world.gateway_directory(step.branch) / "pages.db")
        files = TlsFiles.load(world.home.tls, f"gateway-{step.branch}")
        uplink = Uplink(f"127.0.0.1:{world.host_port}", files)
        try:
            results = await replay(uplink, store)
        finally:
            await uplink.close()
            store.close()
        self._tell.line(f"gateway {step.branch} sends {len(results)} pages again")

    def _counter(self, terminal: int) -> Counter:
        return Counter(self._world.boards[terminal], self._world.tray)

    @contextmanager
    def _watch(self, name: str, terminal: int) -> Iterator[None]:
        """Tell the oracle how a card's true balance changes meanwhile."""
        branch = self._world.config.terminals[terminal]
        before = self._world.tray.truth(name)
        yield
        after = self._world.tray.truth(name)
        if before is not None and after is not None:
            self.oracle.moved(branch, before.paid_minor, after.paid_minor)

    def _report(self, terminal: int, what: str, name: str, ending: Ending) -> None:
        self.tally.refused += ending.view == "refused"
        self._tell.tap(terminal, what, name, ending)


def card_name(index: int) -> str:
    """The name of a card of the story in the tray."""
    return f"card{index + 1:02d}"
