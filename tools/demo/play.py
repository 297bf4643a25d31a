"""Acts a story out in a world of real processes, and judges at the end.

Owns the order of the day. What happens in a step is `steps`'; what is said about it goes to a
`Teller`.
"""

from __future__ import annotations

import asyncio

from firmware.core.errors import VafaError
from host.gen.vafa.v1 import settlement_pb2
from tools.demo import books, story
from tools.demo.oracle import Books, Position
from tools.demo.steps import LAST_TAP_MINOR, SYNC_S, Steps, card_name
from tools.demo.story import Story
from tools.demo.tell import Teller
from tools.station_reader import ModelStationReader
from tools.world import Counter, World

_LAST_TOP_UP_MINOR = 100_000


class Player:
    """One day in one world."""

    def __init__(self, world: World, day: Story, teller: Teller, plant: str | None) -> None:
        self._world = world
        self._day = day
        self._tell = teller
        self._plant = plant
        self._numbers: dict[str, int] = {}
        self._steps = Steps(world, teller, self._numbers)
        self._books: Books
        self.tally = self._steps.tally
        self.findings: list[tuple[str, int]] = []
        self.statement: settlement_pb2.Statement | None = None

    async def play(self) -> None:
        """The whole day, from issuing the cards to the verdict."""
        await self._issue()
        await self._open_shops()
        cut = self._world.cables[story.CUT_BRANCH]
        self._tell.chapter(f"Day: branch {story.CUT_BRANCH} is cut off from the host")
        cut.cut()
        for step in self._day.day:
            await self._steps.act(step)
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

    def positions(self) -> list[Position]:
        """The statement's positions; when it is held, the branches' as the books stand."""
        if self.statement is not None:
            return [
                Position(item.party, item.topped_up_minor, item.redeemed_minor, item.net_minor)
                for item in self.statement.positions
            ]
        topped_up, redeemed = self._books.topped_up, self._books.redeemed
        return [
            Position(name, cash, spent, spent - cash)
            for name in self._world.config.branches
            for cash, spent in [(topped_up.get(name, 0), redeemed.get(name, 0))]
        ]

    # --- the morning ----------------------------------------------------------------------

    async def _issue(self) -> None:
        self._tell.chapter(f"Morning: {self._day.cards} cards are issued at branch a's card desk")
        station = self._world.station("a")
        for index in range(self._day.cards):
            name = card_name(index)
            self._world.tray.add(name)
            with ModelStationReader(self._world.tray.hold(name)) as reader:
                result = await station.personalise(reader, station.new_request_id())
            if not result.done:
                raise VafaError(result.reason, f"card {name} could not be issued")
            self._numbers[name] = result.card_number
        first, last = self._numbers[card_name(0)], self._numbers[card_name(self._day.cards - 1)]
        self._tell.line(f"cards {first:010d} to {last:010d}")

    async def _open_shops(self) -> None:
        self._tell.chapter("Top-ups by relay: the host credits, the terminal only carries")
        counters = [Counter(board, self._world.tray) for board in self._world.boards.values()]
        await asyncio.gather(*(counter.ready() for counter in counters))
        for step in self._day.morning:
            await self._steps.act(step)

    # --- the evening ----------------------------------------------------------------------

    async def _last_taps(self) -> None:
        """Each card once more, so that whatever is in doubt is answered by the card itself."""
        self._tell.chapter("Every card is tapped once more")
        terminals = sorted(self._world.boards)
        for index in range(self._day.cards):
            name, terminal = card_name(index), terminals[index % len(terminals)]
            truth = self._world.tray.truth(name)
            if name in self._steps.blocked or truth is None:
                continue
            if truth.paid_minor < LAST_TAP_MINOR:
                await self._steps.act(story.TopUp(index, terminal, _LAST_TOP_UP_MINOR))
            await self._steps.act(story.Sale(index, terminal, LAST_TAP_MINOR))

    async def _synced(self) -> None:
        async with asyncio.timeout(SYNC_S):
            await self._world.synced()

    async def _settle(self) -> None:
        self._tell.chapter("Night: settlement")
        request_id = f"demo {self._day.seed:011d}".encode()[:16].ljust(16, b"\0")
        try:
            self.statement = await self._world.operator.settle(request_id)
        except VafaError as error:
            self._tell.line(f"the settlement is held: {error}")

    def _judge(self) -> None:
        engine = books.open_books(self._world.home)
        self._books = books.read(engine)
        engine.dispose()
        tray = self._world.tray
        true_cards = {
            tray.uid(name).hex(): truth.paid_minor
            for name in self._numbers
            if (truth := tray.truth(name)) is not None
        }
        self.findings = self._steps.oracle.unexplained(true_cards, self._books)

    def _check_programs(self) -> None:
        failed = self._world.failed()
        if failed:
            raise RuntimeError(f"stopped unexpectedly: {', '.join(failed)}")
