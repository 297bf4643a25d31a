"""A thread for blocking work, so that an event loop never waits for a disk.

Owns the thread. What runs in one worker runs in order, one call after the other. Called by the
host's services and the gateway.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Runs calls one at a time, in order, outside the event loop."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call in the thread and return what it returns.

        A cancelled caller doesn't cancel the call: what was begun is finished or rolled back.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Finish what was begun and end the thread."""
        self._pool.shutdown(wait=True)
