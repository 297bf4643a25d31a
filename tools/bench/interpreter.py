"""How much slower the board's interpreter is than the one here, and what this one has used.

Owns the published kernels' timing, the reading of a process's CPU time (Linux) and the price of a
trip over the simulated bus. The ratio is an estimate: the kernels are bytecode only, while a sale
also runs C functions (AES, SHA-256, struct). Called by the tap suite.
"""

import os
from dataclasses import dataclass
from math import prod
from pathlib import Path

from tools import micropython
from tools.bench.bus_trips import TRIPS
from tools.bench.constants import KERNEL_MS
from tools.bench.errors import BenchError
from tools.board import Board, BoardConfig, Event

_KERNELS = Path(__file__).with_name("kernels.py")
_TRIPS = ("tools/bench/bus_trips.py",)
_TRIPS_TIMEOUT_S = 60
_USER_TIME = 11  # in /proc/PID/stat, counted after the name; proc(5) field 14
_NS_PER_MS = 1_000_000


@dataclass(frozen=True)
class Ratio:
    """Board time to time here, by kernel."""

    by_kernel: dict[str, float]

    @property
    def typical(self) -> float:
        """The geometric mean."""
        values = self.by_kernel.values()
        return float(prod(values) ** (1 / len(values)))

    @property
    def worst(self) -> float:
        return max(self.by_kernel.values())


def measure_ratio() -> Ratio:
    """Time the kernels in the interpreter here, once.

    Raises:
        BenchError: they did not run.
    """
    done = micropython.run(_KERNELS)
    if done.returncode != 0:
        raise BenchError(f"the kernels failed: {done.stdout}{done.stderr}")
    return ratio_of(done.stdout)


def ratio_of(printed: str) -> Ratio:
    """The ratio from what the kernels printed: a name and microseconds a line."""
    here_us = {name: int(text) for name, text in map(str.split, printed.splitlines())}
    return Ratio({name: it.typical * 1000 / here_us[name] for name, it in KERNEL_MS.items()})


def user_ms(process_id: int) -> float:
    """CPU time of a process outside the kernel, in steps of 10 ms: proc(5), /proc/PID/stat."""
    stat = Path(f"/proc/{process_id}/stat").read_text("ascii")
    fields = stat.rpartition(")")[2].split()
    return int(fields[_USER_TIME]) * 1000 / os.sysconf("SC_CLK_TCK")


def cpu_ms(process_id: int) -> float:
    """CPU time of a process, kernel included, exact: /proc/PID/schedstat."""
    stat = Path(f"/proc/{process_id}/schedstat").read_text("ascii")
    return int(stat.split()[0]) / _NS_PER_MS


async def trip_ms(directory: Path) -> float:
    """CPU time outside the kernel that one trip over the simulated bus costs the interpreter."""
    config = BoardConfig(directory, 1, ("127.0.0.1", 9), clock=lambda: 0, program=_TRIPS)
    async with Board(config) as board:
        await board.power_on()
        used = []
        for _ in range(2):
            await board.wait_for(_says_trips, _TRIPS_TIMEOUT_S)
            if board.process_id is None:
                raise BenchError("the trips over the bus ended early")
            used.append(user_ms(board.process_id))
        return (used[1] - used[0]) / TRIPS


def _says_trips(event: Event) -> bool:
    return event.kind == "log" and event.lines == (f"trips {TRIPS}",)
