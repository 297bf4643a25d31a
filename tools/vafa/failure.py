"""How commands fail: one clear line on standard error and an exit code, no bare traceback.

A command raises CommandError, or lets its package's own error pass. Called by tools.vafa.main.
"""

import errno
import traceback

from firmware.core import errors
from tools.micropython import MicroPythonError

FAILED = 1
INTERRUPTED = 130
# sysexits.h, EX_SOFTWARE: a fault of the program itself.
INTERNAL = 70


class CommandError(Exception):
    """The command can't do what was asked; the message says why and what to do."""


def describe(error: Exception) -> tuple[str, int]:
    """The line that tells a person about an error, and the exit code."""
    if isinstance(error, errors.VafaError):
        return f"error {error}. {errors.text_of(error.code)}", FAILED
    if isinstance(error, (CommandError, MicroPythonError)):
        return f"error: {error}", FAILED
    if isinstance(error, OSError):
        subject = f" ({error.filename})" if error.filename else ""
        hint = ""
        if error.errno == errno.EADDRINUSE:
            hint = ": another program uses this port; stop it or choose another port"
        return f"error: {error.strerror or error}{subject}{hint}", FAILED
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{where.filename}:{where.lineno}; `vafa --debug …` shows the whole way"
    return f"internal error: {type(error).__name__}: {error} (at {place})", INTERNAL
