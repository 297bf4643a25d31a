"""What the host takes from outside: the time and randomness.

Owns the only wall clock and the only source of random bytes of the host. Everything else is handed
one of these ports, so that a seed and a clock file replay a whole run.
"""

import secrets
import time
from pathlib import Path
from typing import Protocol

from firmware.core.errors import CLOCK_FILE, VafaError

EPOCH_UNIX_S = 1_577_836_800
"""2020-01-01T00:00:00Z in Unix seconds: where the project's seconds begin."""

_SECONDS = 2**32
"""Cards, records and messages have 32 bits for a time."""


class Clock(Protocol):
    """Tells the time in whole seconds since 2020-01-01T00:00:00Z."""

    def now(self) -> int: ...


class Randomness(Protocol):
    """Draws random bytes."""

    def bytes(self, size: int) -> bytes: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return int(time.time()) - EPOCH_UNIX_S


class FileClock:
    """A simulation's clock: the file holds the present second as a decimal number."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> int:
        """Return the file's number; error 406 when there is none."""
        try:
            seconds = int(self._path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as problem:
            raise VafaError(CLOCK_FILE, str(self._path)) from problem
        if not 0 <= seconds < _SECONDS:
            raise VafaError(CLOCK_FILE, f"{self._path}: {seconds}")
        return seconds


class SystemRandomness:
    """The operating system's source."""

    def bytes(self, size: int) -> bytes:
        return secrets.token_bytes(size)


def clock_from(text: str) -> Clock:
    """Return the clock that `--clock` names: "system" or "file:PATH"; ValueError otherwise."""
    if text == "system":
        return SystemClock()
    kind, _, path = text.partition(":")
    if kind == "file" and path:
        return FileClock(Path(path))
    raise ValueError(f'a clock is "system" or "file:PATH", not {text!r}')
