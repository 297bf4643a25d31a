"""The world: host, gateways behind cables, terminals on the table, cards in a tray, one directory.

Owns starting and stopping in the right order and the first-time set-up: keys, certificates,
enrolment and provisioning. Its state is in its directory: started again, it goes on. Called by
`tools.demo` and `tools.live`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from host import admin
from host.home import Home
from host.ports import FileClock, SystemClock, SystemRandomness
from host.station.client import Station
from host.tls import TlsFiles
from tools.board import Board, BoardConfig, Bundle
from tools.world import flash
from tools.world.cable import Cable
from tools.world.operator import Operator
from tools.world.process import Process, ProcessError
from tools.world.tray import Tray

_OPERATOR = ("operator", "world")
_READY = "listening on port "
_POLL_S = 0.05


class Clock(Protocol):
    """Tells the time; see host.ports."""

    def now(self) -> int: ...


@dataclass(frozen=True)
class WorldConfig:
    """What stands where. `terminals` maps terminal numbers to branches.

    `simulated_start` puts the world's clock into a file that starts there; None takes the
    machine's clock. `readers` says how a terminal's reader chip is wired: "spi" or "hsu".
    Every `refresh_ms` a gateway asks the host for news.
    """

    directory: Path
    terminals: Mapping[int, str]
    seed: int = 0
    simulated_start: int | None = None
    policy: Mapping[str, Any] = field(default_factory=dict)
    readers: Mapping[int, str] = field(default_factory=dict)
    refresh_ms: int = 500

    @property
    def branches(self) -> list[str]:
        return sorted(set(self.terminals.values()))


class World:
    """`async with World(config) as world:` is everything running."""

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.home = Home(config.directory / "host")
        self.tray = Tray(config.directory / "cards", random.Random(f"tray {config.seed}"))
        self.cables: dict[str, Cable] = {}
        self.boards: dict[int, Board] = {}
        self.gateway_ports: dict[str, int] = {}
        self.host_port = 0
        self.operator: Operator
        self._clock_file = config.directory / "clock"
        self._processes: list[Process] = []
        self._stations: dict[str, Station] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def clock(self) -> Clock:
        return (
            SystemClock() if self.config.simulated_start is None else FileClock(self._clock_file)
        )

    def set_clock(self, seconds: int) -> None:
        """Move a simulated world's time."""
        fresh = self._clock_file.with_suffix(".new")
        fresh.write_text(str(seconds), encoding="ascii")
        fresh.replace(self._clock_file)

    def station(self, branch: str) -> Station:
        """The card desk of a branch."""
        if branch not in self._stations:
            files = TlsFiles.load(self.home.tls, f"station-{branch}")
            target = f"127.0.0.1:{self.host_port}"
            self._stations[branch] = Station(target, files, branch, SystemRandomness().bytes)
        return self._stations[branch]

    def gateway_directory(self, branch: str) -> Path:
        return self.config.directory / f"gateway-{branch}"

    def terminal_directory(self, number: int) -> Path:
        return self.config.directory / f"terminal-{number}"

    def failed(self) -> list[str]:
        """Names of programs that should run and don't."""
        gone = [process.name for process in self._processes if not process.running]
        gone += [
            f"terminal {number}" for number, board in self.boards.items() if not board.running
        ]
        return gone

    async def synced(self, branches: Collection[str] | None = None) -> None:
        """Wait until the host has every page that the terminals have now; for ever if need be."""
        wanted = {
            number: flash.last_sequence(board)
            for number, board in self.boards.items()
            if branches is None or self.config.terminals[number] in branches
        }
        have: dict[int, int] = {}
        while any(have.get(number, 0) < last for number, last in wanted.items()):
            await asyncio.sleep(_POLL_S)
            status = await self.operator.status()
            have = {item.terminal_id: item.through_sequence for item in status.terminals}

    async def stop(self) -> None:
        """Stop everything; what was durable stays."""
        for station in self._stations.values():
            await station.close()
        if hasattr(self, "operator"):
            await self.operator.close()
        await asyncio.gather(*(board.close() for board in self.boards.values()))
        for process in reversed(self._processes):
            await process.stop()
        for cable in self.cables.values():
            await cable.stop()

    async def _start(self) -> None:
        self.config.directory.mkdir(parents=True, exist_ok=True)
        if self.config.simulated_start is not None and not self._clock_file.exists():
            self.set_clock(self.config.simulated_start)
        self.set_up()
        self.host_port = await self._start_program(
            "host", "host.serve", ["--directory", str(self.home.directory)]
        )
        files = TlsFiles.load(self.home.tls, "-".join(_OPERATOR))
        self.operator = Operator(f"127.0.0.1:{self.host_port}", files)
        for branch in self.config.branches:
            await self._start_gateway(branch)
        for number, branch in sorted(self.config.terminals.items()):
            await self._start_terminal(number, branch)

    def set_up(self) -> None:
        """Make what the host lacks: all of it at first, the rest after a start that was cut."""
        if not self.home.keys.exists():
            admin.init(self.home, SystemRandomness(), policy=self.config.policy)
        roles = [(role, name) for name in self.config.branches for role in ("gateway", "station")]
        for role, name in [*roles, _OPERATOR]:
            # A pair's certificate is written last.
            if not (self.home.tls / f"{role}-{name}.crt").exists():
                admin.issue_certificate(self.home, role, name)

    async def _start_program(self, name: str, module: str, arguments: list[str]) -> int:
        """Start a program that listens on a port of its choice; returns the port."""
        clock = "system" if self.config.simulated_start is None else f"file:{self._clock_file}"
        arguments = [*arguments, "--listen", "127.0.0.1:0", "--clock", clock]
        process = Process(name, module, arguments, self.config.directory / "log" / f"{name}.log")
        self._processes.append(process)
        line = await process.start(_READY)
        port = line.rpartition(_READY)[2].strip().rstrip(".")
        if not port.isdecimal():
            raise ProcessError(f"{name} said {line!r} instead of its port")
        return int(port)

    async def _start_gateway(self, branch: str) -> None:
        cable = Cable(("127.0.0.1", self.host_port))
        await cable.start()
        self.cables[branch] = cable
        self.gateway_ports[branch] = await self._start_program(
            f"gateway-{branch}",
            "host.branch",
            [
                *("--directory", str(self.gateway_directory(branch))),
                *("--host", f"127.0.0.1:{cable.port}"),
                *("--tls", str(self.home.tls), "--name", f"gateway-{branch}"),
                *("--refresh-ms", str(self.config.refresh_ms)),
            ],
        )

    async def _start_terminal(self, number: int, branch: str) -> None:
        directory = self.terminal_directory(number)
        directory.mkdir(parents=True, exist_ok=True)
        board = Board(
            BoardConfig(
                directory=directory,
                terminal_id=number,
                gateway=("127.0.0.1", self.gateway_ports[branch]),
                clock=self.clock.now,
                reader="hsu" if self.config.readers.get(number) == "hsu" else "spi",
                seed=self.config.seed,
            )
        )
        self.boards[number] = board
        if not board.devices.element.locked:
            bundle = admin.enrol(
                self.home,
                self.clock,
                SystemRandomness(),
                terminal_id=number,
                branch=branch,
                identity_point=board.identity_public_key(),
            )
            await board.provision(
                Bundle(bundle.journal_root, bundle.debit_master, bundle.host_point)
            )
        await board.power_on()
