"""`python -m tools.strangers.install`: one environment for each requirements/strangers-NAME.txt.

Owns .venvs/NAME and a stamp in it, so that nothing happens when nothing changed. Never touches
the environment it runs in. Called by the set-up of the tests.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venvs"
_PREFIX = "strangers-"
_STAMP = ".vafa-lock"


class InstallError(Exception):
    """A stranger could not be installed; the message holds the tool's own words."""


def strangers() -> Iterator[tuple[str, Path]]:
    """Name and lock of every stranger."""
    for lock in sorted((ROOT / "requirements").glob(f"{_PREFIX}*.txt")):
        yield lock.stem.removeprefix(_PREFIX), lock


def interpreter(name: str) -> Path:
    """The Python of a stranger's environment, installed or not."""
    return ENVIRONMENTS / name / "bin" / "python"


def installed(name: str) -> bool:
    """Whether a stranger is there as its lock says."""
    stamp = ENVIRONMENTS / name / _STAMP
    lock = ROOT / "requirements" / f"{_PREFIX}{name}.txt"
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _digest(lock)


def install(name: str, lock: Path) -> None:
    """Make one environment anew from its lock.

    Raises:
        InstallError: the environment could not be made or the packages not be installed.
    """
    home = ENVIRONMENTS / name
    _call([sys.executable, "-m", "venv", "--clear", str(home)], name)
    pip = [str(interpreter(name)), "-m", "pip", "install", "--quiet", "--require-hashes"]
    _call([*pip, "--requirement", str(lock)], name)
    # Last, so that an interrupted installation starts over.
    (home / _STAMP).write_text(_digest(lock), encoding="ascii")


def _digest(lock: Path) -> str:
    # Environments can't be moved and belong to one Python, so both count.
    return hashlib.sha256(f"{ENVIRONMENTS}{sys.version}".encode() + lock.read_bytes()).hexdigest()


def _call(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr or done.stdout).strip()
        raise InstallError(f"{name} could not be installed:\n{words}")


def main() -> int:
    """Install what is missing or outdated; 1 with the reason if that fails."""
    for name, lock in strangers():
        if installed(name):
            continue
        print(f"installing {name} in .venvs/{name}", flush=True)
        try:
            install(name, lock)
        except InstallError as error:
            print(f"strangers: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
