"""Every file of the project against every rule, and a few rules about the whole."""

import re
import subprocess
from pathlib import Path

import pytest

from firmware.core import errors
from tests.tidy.rules import LONG_FILES, RULES
from tests.tidy.source import ROOT, sources

TEXT = {".md", ".proto", ".py", ".sh", ".toml", ".ini", ".in", ".yaml", ".html", ".css", ".js"}
# Spelled with a gap, so that this file does not find itself.
MARKS = ("TO~DO", "FIX~ME", "XX~X", "HA~CK", "for n~ow")
UNFINISHED = re.compile(rf"\b({'|'.join(MARKS)})\b".replace("~", ""))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule):
    found = [
        f"{source.path}:{line}: {what}" for source in sources() for line, what in rule(source)
    ]
    assert not found, f"{rule.__doc__}\n" + "\n".join(found)


def test_exceptions_name_files_that_exist():
    assert [path for path in LONG_FILES if not (ROOT / path).is_file()] == []


def tracked() -> list[Path]:
    """All files that belong to the project: committed, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_nothing_is_marked_as_unfinished():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        if path.suffix in TEXT and "host/gen" not in path.as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not found, "\n".join(found)


def locks() -> list[Path]:
    return sorted(ROOT.glob("requirements/*.txt"))


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+(?:\[[\w,-]+\])?)==(\S+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", locks(), ids=lambda path: path.name)
def test_locks_name_no_address(lock):
    assert "://" not in lock.read_text(encoding="utf-8")


@pytest.mark.parametrize("wishes", sorted(ROOT.glob("requirements/*.in")), ids=lambda p: p.name)
def test_every_wish_is_locked_with_hashes(wishes):
    lock = wishes.with_suffix(".txt").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z][\w.-]*)", wishes.read_text(encoding="utf-8"), re.MULTILINE)
    locked = {name.lower() for name in pins(wishes.with_suffix(".txt"))}
    assert {name.lower() for name in names} <= locked
    entries = re.split(r"^(?=[a-z])", lock, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_tests_run_on_the_packages_that_programs_run_on():
    base = pins(ROOT / "requirements/base.txt")
    dev = pins(ROOT / "requirements/dev.txt")
    assert {name: dev.get(name) for name in base} == base


def test_error_numbers_and_names_are_used_once():
    numbers = [row[0] for row in errors.TABLE]
    names = [row[1] for row in errors.TABLE]
    assert len(set(numbers)) == len(numbers)
    assert len(set(names)) == len(names)
    assert [row[1] for row in errors.TABLE if getattr(errors, row[1], None) != row[0]] == []
    assert [row[1] for row in errors.TABLE if not (row[2].strip() and row[3].strip())] == []
