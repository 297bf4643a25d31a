"""Waiting for what nobody announces: another process's state, bytes in a model's flash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_POLL_S = 0.02


async def until(is_so: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Return when `is_so()`; TimeoutError says `what` didn't come."""
    try:
        async with asyncio.timeout(timeout_s):
            while not is_so():  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise TimeoutError(f"{what} didn't come within {timeout_s:.0f} s") from None
