"""The real MicroPython interpreter of the virtual environment, as a command to start.

Owns where it is, which version is accepted, its heap and its module path. Never runs anything by
itself but `run`. Called by tests, by `vafa vectors` and by whatever starts simulated terminals.

An uncaught exception ends the interpreter with code 1 and its traceback goes to standard output.
"""

import functools
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAP = "436K"
# What `sys.implementation.version` of the locked package says; .mpy files depend on it.
VERSION = (1, 29, 0, "preview")


class MicroPythonError(Exception):
    """The interpreter is missing or is not the locked one."""


@functools.cache
def interpreter() -> Path:
    """The program, after its version was checked once.

    Raises:
        MicroPythonError: it is missing, does not start, or has another version.
    """
    program = Path(sys.executable).parent / "micropython"
    if not program.is_file():
        raise MicroPythonError(f"no MicroPython interpreter at {program}: run `make setup`")
    probe = "import sys; print(sys.implementation[0], tuple(sys.implementation[1]))"
    answer = subprocess.run(
        [program, "-c", probe],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=environment(),
    )
    if answer.returncode != 0 or answer.stdout.strip() != f"micropython {VERSION}":
        said = (answer.stdout + answer.stderr).strip() or f"exit code {answer.returncode}"
        raise MicroPythonError(f"{program} is not MicroPython {VERSION}: it said {said!r}")
    return program


def command(*args: str | Path, heap: str = HEAP) -> list[str]:
    """The command line that runs a script, or `-m module`, or `-c code`, under a heap limit."""
    return [str(interpreter()), "-X", f"heapsize={heap}", *map(str, args)]


def environment() -> dict[str, str]:
    """The environment to start it with: modules come from the repository and the interpreter."""
    return {**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"}


def run(
    *args: str | Path, heap: str = HEAP, timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Runs to the end and captures both streams; the exit code is the caller's to judge."""
    return subprocess.run(
        command(*args, heap=heap),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=environment(),
        cwd=ROOT,
    )
