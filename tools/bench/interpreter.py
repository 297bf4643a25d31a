"""How much slower the board's interpreter is than the one here, and what this one has used.

Owns the published kernels' timing and the reading of a process's CPU time (Linux). The ratio is an
estimate: the kernels are bytecode only, while a sale also runs C functions (AES, SHA-256, struct).
Called by the tap suite.
"""

import os
from dataclasses import dataclass
from math import prod
from pathlib import Path

from tools import micropython
from tools.bench.constants import KERNEL_MS
from tools.bench.errors import BenchError

_KERNELS = Path(__file__).with_name("kernels.py")
_USER_TIME = 11  # in /proc/PID/stat, counted after the name; proc(5) field 14


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
    """CPU time that a process has spent outside the kernel; the system's calls are not in it."""
    stat = Path(f"/proc/{process_id}/stat").read_text("ascii")
    fields = stat.rpartition(")")[2].split()
    return int(fields[_USER_TIME]) * 1000 / os.sysconf("SC_CLK_TCK")
