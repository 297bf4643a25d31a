"""Acts a story out in a world of real processes, keeps the oracle informed, and judges at the end.

Owns the order of the day. What people do at a counter is `tools.world.counter`'s; what is said
about it goes to a `Teller`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware.core.errors import LINK_HOST_AWAY, TOP_UP_OFFLINE, VafaError
from host.branch.gateway import replay
from host.branch.store import PageStore
from host.branch.uplink import Uplink
from host.gen.vafa.v1 import settlement_pb2
from host.tls import TlsFiles
from tools.demo import books, story
from tools.demo.oracle import Oracle
from tools.demo.story import Story, Tear
from tools.demo.tell import Teller
from tools.models.card import Tear as CardTear
from tools.station_reader import ModelStationReader
from tools.world import Counter, Ending, World, flash
from tools.world.waiting import until

_COMMIT_EXCHANGE = 9
_TEARS = {
    Tear.BEFORE_COMMIT: CardTear(at=_COMMIT_EXCHANGE - 1, phase="after"),
    Tear.DURING_COMMIT_UNDONE: CardTear(_COMMIT_EXCHANGE, "during", "rolled_back"),
    Tear.DURING_COMMIT_DONE: CardTear(_COMMIT_EXCHANGE, "during", "done"),
    Tear.AFTER_COMMIT: CardTear(at=_COMMIT_EXCHANGE, phase="after"),
}
_LAST_TAP_MINOR = 1_000
_LAST_TOP_UP_MINOR = 100_000
_SYNC_S = 60.0
_POLL_S = 0.05
_OFFLINE = (LINK_HOST_AWAY, TOP_UP_OFFLINE)


@dataclass
class Tally:
    """Counts for the closing line."""

    taps: int = 0
    top_ups: int = 0
    torn: int = 0
    refused: int = 0
    findings: list[tuple[str, int]] = field(default_factory=list)


class Player:
    """One day in one world."""

    def __init__(self, world: World, day: Story, teller: Teller, plant: str | None) -> None:
        self._world = world
        self._day = day
        self._tell = teller
        self._plant = plant
        self._oracle = Oracle()
        self._numbers: dict[str, int] = {}
        self._blocked: set[str] = set()
        self.tally = Tally()
        self.statement: settlement_pb2.Statement | None = None

    async def play(self) -> None:
        """The whole day, from issuing the cards to the verdict."""
        await self._issue()
        await self._open_shops()
        cut = self._world.cables[story.CUT_BRANCH]
        self._tell.chapter(f"Day: branch {story.CUT_BRANCH} is cut off from the host")
        cut.cut()
        for step in self._day.day:
            await self._act(step)
            self._check_programs()
        self._tell.chapter(f"Evening: branch {story.CUT_BRANCH} is connected again")
        cut.mend()
        await self._synced()
        await self._last_taps()
        await self._synced()
        if self._plant is not None:
            engine = books.open_books(self._world.home)
            self._tell.line(f"planted: {books.PLANTS[self._plant](engine, self._world.tray)}")
            engine.dispose()
        await self._settle()
        self._judge()

    async def status(self) -> settlement_pb2.GetStatusResponse:
        return await self._world.operator.status()

    # --- the morning ----------------------------------------------------------------------

    async def _issue(self) -> None:
        self._tell.chapter(f"Morning: {self._day.cards} cards are issued at branch a's card desk")
        station = self._world.station("a")
        for index in range(self._day.cards):
            name = _name(index)
            self._world.tray.add(name)
            with ModelStationReader(self._world.tray.hold(name)) as reader:
                result = await station.personalise(reader, station.new_request_id())
            if not result.done:
                raise VafaError(result.reason, f"card {name} could not be issued")
            self._numbers[name] = result.card_number
        first, last = self._numbers[_name(0)], self._numbers[_name(self._day.cards - 1)]
        self._tell.line(f"cards {first:010d} to {last:010d}")

    async def _open_shops(self) -> None:
        self._tell.chapter("Top-ups by relay: the host credits, the terminal only carries")
        await asyncio.gather(*(self._counter(number).ready() for number in self._world.boards))
        for step in self._day.morning:
            await self._act(step)

    # --- steps ----------------------------------------------------------------------------

    async def _act(self, step: story.TopUp | story.Step) -> None:
        actions: dict[type, Callable[..., object]] = {
            story.TopUp: self._top_up,
            story.Sale: self._sale,
            story.PowerCut: self._power_cut,
            story.Block: self._block,
            story.Stranger: self._stranger,
            story.TwoCards: self._two_cards,
            story.Replay: self._replay,
        }
        done = actions[type(step)](step)
        if asyncio.iscoroutine(done):
            await done

    async def _top_up(self, step: story.TopUp) -> None:
        name = _name(step.card)
        with self._watch(name, step.terminal):
            ending = await self._online_top_up(step.terminal, name, step.amount_minor)
        self.tally.top_ups += ending.view == "topped_up"
        self._report(step.terminal, f"top-up {step.amount_minor:>9,}", name, ending)

    async def _online_top_up(self, terminal: int, name: str, amount_minor: int) -> Ending:
        """Top up; a terminal that is still connecting is asked again."""
        async with asyncio.timeout(_SYNC_S):
            while True:
                ending = await self._counter(terminal).top_up(str(amount_minor), name)
                if ending.reason not in _OFFLINE:
                    return ending
                await asyncio.sleep(_POLL_S)

    async def _sale(self, step: story.Sale) -> None:
        name = _name(step.card)
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
        name = _name(step.card)
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
        name = _name(step.card)
        self._blocked.add(name)
        version = await self._world.operator.block(self._numbers[name], "reported lost")
        self._tell.line(f"card {name} is reported lost: hotlist version {version}")
        board = self._world.boards[step.terminal]
        number = self._numbers[name]
        await until(lambda: flash.hotlist_names(board, number), _SYNC_S, "the hotlist")
        await self._sale(story.Sale(step.card, step.terminal, _LAST_TAP_MINOR))

    async def _stranger(self, step: story.Stranger) -> None:
        if "stranger" not in self._world.tray.names():
            self._world.tray.add("stranger")
        ending = await self._counter(step.terminal).sell("50000", "stranger")
        self.tally.taps += ending.visits
        self._report(step.terminal, f"sale   {50_000:>9,}", "stranger", ending)

    async def _two_cards(self, step: story.TwoCards) -> None:
        names = [_name(card) for card in step.cards]
        ending = await self._counter(step.terminal).sell("50000", *names)
        self.tally.taps += ending.visits
        self._report(step.terminal, f"sale   {50_000:>9,}", " and ".join(names), ending)

    async def _replay(self, step: story.Replay) -> None:
        """Send a gateway's stored pages once more, with the gateway's own certificate."""
        world = self._world
        await self._synced(step.branch)
        store = PageStore(world.gateway_directory(step.branch) / "pages.db")
        files = TlsFiles.load(world.home.tls, f"gateway-{step.branch}")
        uplink = Uplink(f"127.0.0.1:{world.host_port}", files)
        try:
            results = await replay(uplink, store)
        finally:
            await uplink.close()
            store.close()
        self._tell.line(f"gateway {step.branch} sends {len(results)} pages again")

    # --- the evening ----------------------------------------------------------------------

    async def _last_taps(self) -> None:
        """Each card once more, so that whatever is in doubt is answered by the card itself."""
        self._tell.chapter("Every card is tapped once more")
        terminals = sorted(self._world.boards)
        for index in range(self._day.cards):
            name, terminal = _name(index), terminals[index % len(terminals)]
            truth = self._world.tray.truth(name)
            if name in self._blocked or truth is None:
                continue
            if truth.paid_minor < _LAST_TAP_MINOR:
                await self._top_up(story.TopUp(index, terminal, _LAST_TOP_UP_MINOR))
            await self._sale(story.Sale(index, terminal, _LAST_TAP_MINOR))

    async def _synced(self, *branches: str) -> None:
        async with asyncio.timeout(_SYNC_S):
            await self._world.synced(branches or None)

    async def _settle(self) -> None:
        self._tell.chapter("Night: settlement")
        request_id = f"demo {self._day.seed:011d}".encode()[:16].ljust(16, b"\0")
        try:
            self.statement = await self._world.operator.settle(request_id)
        except VafaError as error:
            self._tell.line(f"the settlement is held: {error}")

    def _judge(self) -> None:
        engine = books.open_books(self._world.home)
        found = books.read(engine)
        engine.dispose()
        tray = self._world.tray
        true_cards = {
            tray.uid(name).hex(): truth.paid_minor
            for name in self._numbers
            if (truth := tray.truth(name)) is not None
        }
        self.tally.findings = self._oracle.unexplained(true_cards, found)

    # --- small things ---------------------------------------------------------------------

    def _counter(self, terminal: int) -> Counter:
        return Counter(self._world.boards[terminal], self._world.tray)

    def _watch(self, name: str, terminal: int) -> _Watch:
        return _Watch(self, name, self._world.config.terminals[terminal])

    def moved(self, name: str, branch: str, before: int) -> None:
        """The card has left a reader of this branch."""
        truth = self._world.tray.truth(name)
        if truth is not None:
            self._oracle.moved(branch, before, truth.paid_minor)

    def true_balance(self, name: str) -> int:
        truth = self._world.tray.truth(name)
        return truth.paid_minor if truth else 0

    def _report(self, terminal: int, what: str, name: str, ending: Ending) -> None:
        self.tally.refused += ending.view == "refused"
        self._tell.tap(terminal, what, name, ending)

    def _check_programs(self) -> None:
        failed = self._world.failed()
        if failed:
            raise RuntimeError(f"stopped unexpectedly: {', '.join(failed)}")


class _Watch:
    """Tells the oracle how a card's true balance changed meanwhile."""

    def __init__(self, player: Player, name: str, branch: str) -> None:
        self._player = player
        self._name = name
        self._branch = branch
        self._before = 0

    def __enter__(self) -> None:
        self._before = self._player.true_balance(self._name)

    def __exit__(self, *_: object) -> None:
        self._player.moved(self._name, self._branch, self._before)


def _name(index: int) -> str:
    return f"card{index + 1:02d}"
