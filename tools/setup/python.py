"""The virtual environment and the locked Python packages of a level.

A stamp in the environment holds a digest of what was installed, so that an up-to-date checkout
costs one comparison. A stamp is written last: an interrupted set-up starts over. Called by
tools.setup.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STUBS = ROOT / ".venvs" / "stubs"
# What each level installs; the lock of tests contains the lock of running.
LOCKS = {"run": ("base.txt",), "test": ("dev.txt", "stubs.txt")}


class SetupError(Exception):
    """The set-up can't be completed; the message says what to do."""


def _digest(level: str) -> str:
    """Of everything that decides what a level installs."""
    # Environments of the judges in the tests: one lock each, installed by tools.strangers.
    judges = REQUIREMENTS.glob("strangers-*.txt") if level == "test" else ()
    hasher = hashlib.sha256(f"{VENV} {sys.version}".encode())
    for lock in sorted([*(REQUIREMENTS / name for name in LOCKS[level]), *judges]):
        hasher.update(f"\n{lock.name}\n".encode())
        hasher.update(lock.read_bytes())
    return hasher.hexdigest()


def _stamp(level: str) -> Path:
    return VENV / f".vafa-{level}"


def current(level: str) -> bool:
    """Whether the level is installed as locked."""
    stamp = _stamp(level)
    if not PYTHON.exists() or not stamp.is_file():
        return False
    return stamp.read_text(encoding="ascii") == _digest(level)


def _call(command: list[str | Path], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        raise SetupError(f"{(done.stderr or done.stdout).strip()}\n{failure}")


def _make_environment() -> None:
    """A new environment, unless the present one works on this very Python."""
    if PYTHON.exists():
        probe: list[str | Path] = [PYTHON, "-c", "import pip, sys; print(sys.version)"]
        answer = subprocess.run(probe, capture_output=True, text=True, check=False)
        if answer.stdout.strip() == sys.version.strip():
            return
    say("making the virtual environment .venv")
    _call(
        [sys.executable, "-m", "venv", "--clear", VENV],
        "Python could not make a virtual environment. On Debian and Ubuntu: "
        "apt-get install python3-venv",
    )


def _pip(*arguments: str | Path) -> None:
    _call(
        [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", *arguments],
        "pip could not install the locked packages. Is the package index reachable from here? "
        "What is there stays; run the same command again when it is.",
    )


def install(level: str) -> None:
    """Brings the environment to the state that the locks of the level describe.

    Raises:
        SetupError: with pip's own words and what to do.
    """
    _make_environment()
    say("installing the locked Python packages (about a minute)")
    _pip("-r", REQUIREMENTS / LOCKS[level][0])
    if level == "test":
        # Apart from the environment: these stubs describe another standard library.
        shutil.rmtree(STUBS, ignore_errors=True)
        _pip("--target", STUBS, "-r", REQUIREMENTS / "stubs.txt")
        if (ROOT / "tools/strangers/install.py").is_file():
            say("installing the programs that judge our models, each in its own environment")
            _call(
                [PYTHON, "-m", "tools.strangers.install"],
                "The programs that judge our models could not be installed.",
            )
        _stamp("run").write_text(_digest("run"), encoding="ascii")
    _stamp(level).write_text(_digest(level), encoding="ascii")


def say(text: str) -> None:
    """A line about what takes time; standard output belongs to the command that follows."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)
