"""The one exception by which a model says that the supply fails in this very operation.

Owns nothing else. Raised by the flash model when a planned cut is due, caught by whoever plays
the supply: the board kills the interpreter, a test simply starts again.
"""


class PowerCutError(Exception):
    """The supply failed; whatever ran on it stops here, without cleaning up."""
