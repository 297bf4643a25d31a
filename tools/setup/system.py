"""System packages: which of requirements/system-packages.txt are missing, and installing them.

Judges by what a package provides (a program, a library, a module), so that any distribution, or a
hand-made installation, counts. Installs by apt-get as root or with passwordless sudo, else it
only says what is missing and why. Called by tools.setup.
"""

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LEVELS = ("run", "test")


class ListError(Exception):
    """A line of the list can't be read."""


@dataclass(frozen=True)
class SystemPackage:
    """One line of the list: a Debian package, who needs it, what shows that it is there, why."""

    name: str
    level: str
    kind: str
    evidence: str
    purpose: str

    def present(self) -> bool:
        if self.kind == "program":
            return shutil.which(self.evidence) is not None
        if self.kind == "library":
            return ctypes.util.find_library(self.evidence) is not None
        return importlib.util.find_spec(self.evidence) is not None


def read(path: Path) -> list[SystemPackage]:
    """The list. Lines are `package level kind:evidence what for`; # starts a comment.

    Raises:
        ListError: a line has another form.
    """
    packages = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=3)
        kind, _, evidence = words[2].partition(":") if len(words) == 4 else ("", "", "")
        if kind not in {"program", "library", "module"} or words[1] not in LEVELS:
            raise ListError(f"{path.name}, line {number}: `package level kind:evidence what for`")
        packages.append(SystemPackage(words[0], words[1], kind, evidence, words[3]))
    return packages


def missing(packages: list[SystemPackage], level: str) -> list[SystemPackage]:
    """Those of a level, or below it, that are not there."""
    wanted = LEVELS[: LEVELS.index(level) + 1]
    return [package for package in packages if package.level in wanted and not package.present()]


def _rights() -> list[str] | None:
    """What to put before apt-get; None without apt-get or without the right to use it."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def install(packages: list[SystemPackage]) -> bool:
    """Installs by apt-get where that is allowed; says whether it was, and worked."""
    prefix = _rights()
    if prefix is None:
        return False
    names = [package.name for package in packages]
    print("set-up: installing system packages: " + " ".join(names), file=sys.stderr, flush=True)
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    wanted = [*apt, "install", "-y", "--no-install-recommends", *names]
    # A fresh machine has no package lists yet; one that has them need not fetch them again.
    for command in (wanted, [*apt, "update"], wanted):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and command is wanted:
            return True
    print(done.stderr.strip() or done.stdout.strip(), file=sys.stderr, flush=True)
    return False


def advice(packages: list[SystemPackage]) -> str:
    """What is missing, what for, and the command that installs it."""
    names = " ".join(package.name for package in packages)
    lines = [f"  {package.name}: {package.purpose}" for package in packages]
    head = "set-up: missing system packages:"
    return "\n".join([head, *lines, f"  To install them: sudo apt-get install {names}"])
