"""A provisioned board on the table, with the tests' keys, configuration and cards."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from firmware.core import record
from firmware.terminal import flashmap
from firmware.terminal.journal.journal import Journal
from firmware.terminal.link import messages
from firmware.terminal.objects import ObjectStore
from tests.terminal.fakes import DEBIT_MASTER, JOURNAL_ROOT, FakeSe, Stamp, point_of
from tests.terminal.rig import HOST_KEY, NOW, TERMINAL, config_body, install, signed
from tools.board import Board, BoardConfig, Bundle, Event
from tools.models.card import Card, Picc

WAIT_S = 20


class Stand:
    """One board and the hand that holds cards to it."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.heap: list[int] = []
        self._held: Picc | None = None

    def hold(self, card: Card) -> None:
        self.take()
        self._held = Picc(card)
        self.board.insert(self._held)

    def take(self) -> None:
        """Take the card away; a key pressed next ends the display of what was."""
        if self._held is not None:
            self.board.remove(self._held)
            self._held = None

    async def until(self, *names: str) -> str:
        """Wait for one of these screens or power events; its name."""
        return await self._wait(lambda event: event.kind != "tone" and event.name in names)

    async def heard(self, name: str) -> None:
        """Wait for a tone."""
        await self._wait(lambda event: event.kind == "tone" and event.name == name)

    async def _wait(self, wanted: Callable[[Event], bool]) -> str:

        def fits(event):
            if event.kind == "log" and event.lines[0].startswith("vafa: heap_free"):
                self.heap.append(int(event.lines[0].split()[-1]))
            assert "Traceback" not in "".join(event.lines), event.lines
            return wanted(event)

        return (await self.board.wait_for(fits, WAIT_S)).name

    async def start(self) -> None:
        await self.board.power_on()
        await self.until("welcome")

    async def sell(self, card: Card, amount: int, *ends: str) -> str:
        """Key in an amount, hold the card, wait for an end; the card stays held."""
        self.board.press(f"{amount}#")
        assert await self.until("present", "refused") == "present"
        self.hold(card)
        return await self.until(*(ends or ("done", "refused", "earlier", "confirm")))

    def pages(self) -> list[tuple[record.Header, object]]:
        """The journal as it lies in flash, read by the same rules after the fact."""
        element = FakeSe(HOST_KEY)
        journal = Journal(self.board.devices.flash, flashmap.JOURNAL, element, TERMINAL, Stamp())
        found: list[tuple[record.Header, object]] = []
        ring = journal._ring
        ring._nor = _ReadOnly(self.board.devices.flash)
        ring.recover(
            lambda header, page: found.append((header, record.parse_content(page, header.kind)))
        )
        return found

    def contents(self, kind: int) -> list:
        return [content for header, content in self.pages() if header.kind == kind]


class _ReadOnly:
    """A look at the flash that leaves it, and its count of operations, alone."""

    def __init__(self, nor) -> None:
        self.read_into = nor.read_into

    def program(self, address, data):
        pass


def on_board(
    directory: Path, play: Callable[[Stand], Awaitable[None]], reader="spi", **config
) -> None:
    """Run `play(stand)` on a board that is provisioned, configured and started."""

    async def run():
        settings = BoardConfig(
            directory, TERMINAL, ("127.0.0.1", 9), clock=lambda: NOW, reader=reader, seed=3
        )
        async with Board(settings) as board:
            await board.provision(Bundle(JOURNAL_ROOT, DEBIT_MASTER, point_of(HOST_KEY)))
            slots = flashmap.CONFIG_A, flashmap.CONFIG_B
            store = ObjectStore(
                board.devices.flash,
                slots,
                FakeSe(HOST_KEY),
                messages.OBJECT_KIND_CONFIG,
                TERMINAL,
            )
            install(store, signed(messages.OBJECT_KIND_CONFIG, 1, TERMINAL, config_body(**config)))
            stand = Stand(board)
            await stand.start()
            await play(stand)

    asyncio.run(run())
