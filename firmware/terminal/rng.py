"""The terminal's only source of randomness: the secure element's generator, watched.

Owns the path from the generator to whoever needs a nonce, and the check that it isn't stuck. Never
falls back to another source: without the secure element there is no randomness and no tap. Used
by the tap (RndA), the link session (nonce) and the top-up (request id).
"""

from firmware.core.errors import RANDOM_STUCK, VafaError

BLOCK = 32


class Rng:
    """Random bytes; RANDOM_STUCK when two draws are equal or a draw is one byte repeated."""

    def __init__(self, se):
        self._se = se
        self._last = b""

    def bytes(self, count):
        """Return `count` fresh bytes, at most 32; each call draws a whole block."""
        block = self._se.random(BLOCK)
        if len(block) != BLOCK or block == self._last or len(set(block)) == 1:
            raise VafaError(RANDOM_STUCK)
        self._last = block
        return block[:count]
