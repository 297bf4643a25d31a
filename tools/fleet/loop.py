"""Virtual time for asyncio: when nothing is left to do, the clock jumps to the next timer.

Owns the time. Never waits, opens no file descriptor, knows no thread: whatever runs on it depends
on nothing but its inputs. Called by the world; `run` stands in for `asyncio.run`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StandstillError(RuntimeError):
    """Everything waits, and nothing is left that could end it."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose `time()` is seconds since the world began."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        # What asyncio.BaseEventLoop asks of a loop of its family.
        self._selector = _Jump(self)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        """Move the time; the selector does, in place of waiting."""
        self._now += seconds

    def _process_events(self, event_list: list[object]) -> None:
        """There are no events but timers."""

    def _write_to_self(self) -> None:
        """Nobody waits who would have to be woken."""


class _Jump:
    """Stands where a selector would wait."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise StandstillError("every task waits for something that can't come")
        if timeout > 0:
            self._loop.jump(timeout)
        return []


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in a world of its own time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
