"""What can be seen and heard of a terminal, in the order it happened.

Owns the event and the queue that forgets the oldest when nobody reads. Written by the board, read
by demos, tests and benches.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["screen", "tone", "power", "log"]
_CAPACITY = 10_000


@dataclass(frozen=True)
class Event:
    """One event.

    `name` is a screen's view, a tone's name, or for power "on", "off", "cut" and "exited" (the
    program ended by itself). `lines` are the screen's lines, or the one line of a log. `at_s` is
    the event loop's time.
    """

    kind: Kind
    name: str
    lines: tuple[str, ...]
    at_s: float


class EventQueue(asyncio.Queue[Event]):
    """A queue that never blocks its writer and never grows without end."""

    def __init__(self) -> None:
        super().__init__(_CAPACITY)

    def add(self, kind: Kind, name: str = "", lines: tuple[str, ...] = ()) -> None:
        """Put an event, dropping the oldest if the queue is full."""
        if self.full():
            self.get_nowait()
        self.put_nowait(Event(kind, name, lines, asyncio.get_running_loop().time()))

    async def wait_for(self, predicate: Callable[[Event], bool], timeout_s: float) -> Event:
        """Take events until one fits.

        Raises:
            TimeoutError: none came in time; the message lists what came instead.
        """
        passed: list[Event] = []
        try:
            async with asyncio.timeout(timeout_s):
                while not predicate(event := await self.get()):
                    passed.append(event)
                return event
        except TimeoutError:
            seen = "\n".join(f"  {e.kind} {e.name} {' | '.join(e.lines)}" for e in passed[-20:])
            raise TimeoutError(f"not within {timeout_s} s; the last events were\n{seen}") from None
