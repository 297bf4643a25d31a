"""One terminal unit: its supply, its interpreter process, its field, its keys and its screen.

Owns the process and the order of switching on, off and failing. Parts are tools.board.devices'.
Called by demos, tests and benches, inside their event loop.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tools import micropython
from tools.board import provision
from tools.board.bus import BusProtocol, Handle
from tools.board.devices import Devices, ReaderKind
from tools.board.events import Event, EventQueue, Kind
from tools.board.reader import When
from tools.models.nor import Effect
from tools.models.pn532 import Picc

PROGRAM = ("-m", "firmware.terminal.main")
_STOP_TIMEOUT_S = 10
_LINE_MAX = 1 << 20


@dataclass(frozen=True)
class BoardConfig:
    """What makes one unit.

    Whoever builds a unit again on an old directory passes another seed, or its secure element
    would draw the same numbers once more.
    `clock` gives seconds since 2020-01-01T00:00:00Z to the battery-backed clock. `seed` drives the
    secure element's randomness and what torn flash operations leave behind. `program` is what the
    interpreter runs; it gets bus port, terminal id, gateway host and gateway port.
    """

    directory: Path
    terminal_id: int
    gateway: tuple[str, int]
    clock: Callable[[], int]
    reader: ReaderKind = "spi"
    seed: int = 0
    program: tuple[str, ...] = PROGRAM
    heap: str = micropython.HEAP


class Board:
    """A terminal on the table; `async with` switches it off in the end."""

    def __init__(self, config: BoardConfig) -> None:
        self.config = config
        self.events = EventQueue()
        self.screen: Event | None = None
        seed = f"{config.seed} {config.terminal_id}"
        self.devices = Devices(config.directory, config.reader, seed, config.clock, self._emit)
        # What answers on the wires; a bench puts itself in between to listen.
        self.handle: Handle = self.devices.handle
        self._process: asyncio.subprocess.Process | None = None
        self._server: asyncio.Server | None = None
        self._bus: BusProtocol | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._powered = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def running(self) -> bool:
        """Whether the program runs on a good supply."""
        return self._powered and self._process is not None and self._process.returncode is None

    @property
    def process_id(self) -> int | None:
        """The interpreter's process, for measuring what it uses; None while the board is off."""
        return self._process.pid if self.running and self._process is not None else None

    async def provision(self, bundle: provision.Bundle) -> bytes:
        """Make the identity, if there is none yet, install the bundle, and lock.

        Returns the identity's public key. The board must be off.
        """
        self._must_be_off()
        mine = replace(bundle, terminal_id=self.config.terminal_id)
        return provision.install_into(self.devices.element, mine)

    def identity_public_key(self) -> bytes:
        """The identity's public key, made inside the secure element if there is none yet."""
        self._must_be_off()
        return provision.identity_of(self.devices.element)

    async def power_on(self) -> None:
        """Start the interpreter; nothing happens if it runs."""
        if self.running:
            return
        await self._reap()
        micropython.interpreter()  # missing: an error before anything is opened
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        host, gateway_port = self.config.gateway
        arguments = (port, self.config.terminal_id, host, gateway_port)
        self._powered = True
        self._process = await asyncio.create_subprocess_exec(
            *micropython.command(
                *self.config.program, *map(str, arguments), heap=self.config.heap
            ),
            limit=_LINE_MAX,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=micropython.environment(),
            cwd=micropython.ROOT,
        )
        self._watcher = asyncio.create_task(self._watch(self._process))
        self._emit("power", "on", ())

    async def power_off(self) -> None:
        """Pull the plug: the program gets no chance to say goodbye."""
        if self._powered:
            self._lose_supply("off", "")
        await self._reap()

    async def close(self) -> None:
        """Switch off and let go of the files."""
        await self.power_off()
        self.devices.close()

    def insert(self, picc: Picc) -> None:
        """Hold a card to the reader."""
        self.devices.field.insert(picc)

    def remove(self, picc: Picc) -> None:
        """Take a card away."""
        self.devices.field.remove(picc)

    def press(self, keys: str) -> None:
        """Press keys one after the other; see firmware.terminal.hal.api.KEYS."""
        self.devices.keypad.press(keys)

    def cut_power_at(
        self,
        *,
        flash_operation: int | None = None,
        effect: Effect = "torn",
        exchange: int | None = None,
        when: When = "before",
    ) -> None:
        """Plan a cut, counted from now, the next one being 1.

        Either at an erase or program of the flash, with its effect, or at a card exchange, before
        or after the card has carried it out.
        """
        if (flash_operation is None) == (exchange is None):
            raise ValueError("name a flash operation or a card exchange")
        if flash_operation is not None:
            self.devices.flash.cut_at(flash_operation, effect)
        if exchange is not None:
            self.devices.chip.cut_at(exchange, when)

    def forget_cut(self) -> None:
        """Take back planned cuts that have not come."""
        self.devices.flash.forget_cut()
        self.devices.chip.forget_cut()

    async def wait_for(self, predicate: Callable[[Event], bool], timeout_s: float) -> Event:
        """Take events until one fits; TimeoutError lists what came instead."""
        return await self.events.wait_for(predicate, timeout_s)

    def _must_be_off(self) -> None:
        if self.running:
            raise RuntimeError("the secure element is provisioned while the board is off")

    def _connect(self) -> BusProtocol:
        if self._server is not None:
            # One terminal on these wires, nobody else; not before this one is accepted.
            asyncio.get_running_loop().call_soon(self._server.close)
        self._bus = BusProtocol(self.handle, lambda why: self._lose_supply("cut", why))
        return self._bus

    def _lose_supply(self, name: str, why: str) -> None:
        """Everything stops in this very moment; the process is collected later."""
        self._powered = False
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        if self._bus is not None:
            self._bus.abort()
            self._bus = None
        self.devices.power_off()
        self.screen = None
        self._emit("power", name, (why,) if why else ())

    async def _reap(self) -> None:
        """Wait for the end of a program that was stopped, and free its port."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._watcher is not None:
            await asyncio.wait_for(self._watcher, _STOP_TIMEOUT_S)
            self._watcher = None
        self._process = None

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Pass on what the program prints, then say when it ended by itself."""
        log = self.config.directory / "terminal.log"
        if process.stdout is not None:
            with log.open("a", encoding="utf-8") as file:
                async for raw in process.stdout:
                    line = raw.decode("utf-8", "replace").rstrip("\r\n")
                    file.write(line + "\n")
                    file.flush()
                    self._emit("log", "program", (line,))
        code = await process.wait()
        if self._powered:
            self._powered = False
            self.devices.power_off()
            self._emit("power", "exited", (f"exit code {code}",))

    def _emit(self, kind: Kind, name: str, lines: tuple[str, ...]) -> None:
        self.events.add(kind, name, lines)
        if kind == "screen":
            self.screen = Event(kind, name, lines, asyncio.get_running_loop().time())
