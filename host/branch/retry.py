"""Bounded, jittered waits between retries of calls that are safe to repeat.

Owns the arithmetic only. Called by the gateway's uplink tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubling waits from `first_ms` to `most_ms`, each cut by a random share of up to a half.

    `draw(n)` returns a number in 0..n-1.
    """

    draw: Callable[[int], int]
    first_ms: int = 200
    most_ms: int = 10_000
    _next_ms: int = 0

    def next_ms(self) -> int:
        """Return how long to wait before the next try."""
        wait_ms = min(max(self._next_ms, self.first_ms), self.most_ms)
        self._next_ms = wait_ms * 2
        return wait_ms - self.draw(wait_ms // 2 + 1)

    def reset(self) -> None:
        """Start small again, after a success."""
        self._next_ms = 0
