"""A terminal on the bench: the real program in MicroPython on a simulated board, and one card.

Owns setting up a unit that sells without a network, and the cashier's and customer's hands. Counts
and times nothing. Called by the tap suite.
"""

from pathlib import Path
from typing import Self

from firmware.terminal import flashmap
from firmware.terminal.drivers import atecc
from firmware.terminal.drivers.atecc import Atecc
from firmware.terminal.link import messages
from firmware.terminal.objects import ObjectStore
from host.cards.policy import Policy
from tools.bench import interpreter
from tools.bench.club import BRANCH, NOW, Club
from tools.bench.errors import BenchError
from tools.bench.trace import ListeningCard, Recorder, Trace
from tools.board import Board, BoardConfig, Bundle, Event
from tools.board.i2c import I2cBus
from tools.models.card import Card, Picc

TERMINAL = 101
_NOBODY = ("127.0.0.1", 9)
_TIMEOUT_S = 30
_LOG_LINES = 12
_HEAP_LINE = "vafa: heap_free "
_PAID_MINOR = 40_000_000
_FIRST_AMOUNT_MINOR = 1_000
# The lease is not what is measured: it covers every sale of the longest run.
_POLICY = Policy(lease_records=3_000)


class Unit:
    """One board with its terminal program; `async with` runs it."""

    def __init__(self, directory: Path, seed: int = 1) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._club = Club(directory, seed, _POLICY)
        self.board = Board(
            BoardConfig(directory / "board", TERMINAL, _NOBODY, clock=lambda: NOW, seed=seed)
        )
        self._recorder = Recorder(self.board.handle, self.cpu_ms)
        self.board.handle = self._recorder.handle
        uid = b"\x04" + self._club.randomness.bytes(6)
        card = Card.create(None, uid, random_bytes=self._club.randomness.bytes)
        self._card = ListeningCard(Picc(card), self._recorder)
        self._club.issue(card, _PAID_MINOR)
        self._sales = 0
        self.heap_free = 0

    async def __aenter__(self) -> Self:
        identity = self.board.identity_public_key()
        bundle = self._club.enrol(TERMINAL, identity)
        await self.board.provision(
            Bundle(bundle.journal_root, bundle.debit_master, bundle.host_point)
        )
        self._configure()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.board.close()

    async def start(self) -> None:
        """Switch on; waits until the program has started up and said how much memory is free."""
        await self.board.power_on()
        await self._heap()

    async def sell(self) -> Trace:
        """One sale: amount, card, success tone, card away. Its trace.

        Raises:
            BenchError: the terminal showed anything but success.
        """
        self._sales += 1
        # Another amount each time: the same one twice would be asked about.
        self.board.press(f"{_FIRST_AMOUNT_MINOR + self._sales}#")
        await self._expect("screen", "present")
        self.board.insert(self._card)
        await self._expect("tone", "success")
        self.board.remove(self._card)
        await self._heap()
        trace = self._recorder.finished
        if trace is None:
            raise BenchError("the sale left no trace")
        return trace

    def cpu_ms(self) -> float:
        """CPU time of the interpreter since it was started, kernel included."""
        return interpreter.cpu_ms(self._process_id)

    def user_ms(self) -> float:
        """The same without the kernel, in coarse steps."""
        return interpreter.user_ms(self._process_id)

    @property
    def _process_id(self) -> int:
        process_id = self.board.process_id
        if process_id is None:
            raise BenchError("the terminal's program does not run")
        return process_id

    def _configure(self) -> None:
        """Put the host's signed configuration into the flash, as the link would."""
        element = self.board.devices.element
        driver = Atecc(I2cBus({atecc.ADDRESS: element}, element), lambda _: None)
        store = ObjectStore(
            self.board.devices.flash,
            (flashmap.CONFIG_A, flashmap.CONFIG_B),
            driver,
            messages.OBJECT_KIND_CONFIG,
            TERMINAL,
        )
        content = self._club.terminals.config(TERMINAL, BRANCH).content
        store.begin(len(content))
        store.put(content)
        store.finish()

    async def _heap(self) -> None:
        event = await self._expect("log", "program", _HEAP_LINE)
        self.heap_free = int(event.lines[0].removeprefix(_HEAP_LINE))

    async def _expect(self, kind: str, name: str, line: str = "") -> Event:
        def ends(event: Event) -> bool:
            if event.kind == "power" and event.name == "exited":
                return True
            if event.kind == "screen" and event.name in {"refused", "again", "confirm"}:
                return True
            return (event.kind, event.name) == (kind, name) and line in "".join(event.lines)

        try:
            event = await self.board.wait_for(ends, _TIMEOUT_S)
        except TimeoutError as problem:
            raise BenchError(f"the terminal hangs: {problem}") from None
        if (event.kind, event.name) != (kind, name):
            said = "\n".join((*event.lines, *self._last_words()))
            raise BenchError(f"instead of a sale, {event.name}:\n{said}")
        return event

    def _last_words(self) -> list[str]:
        log = self.board.config.directory / "terminal.log"
        return log.read_text("utf-8").splitlines()[-_LOG_LINES:] if log.exists() else []
