"""What every test shares: files in a folder called `mp` also run in the real MicroPython."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import micropython

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class MicroPythonFile(pytest.File):
    """A test file for both interpreters, seen as one test in the real one."""

    def collect(self) -> Iterator[pytest.Item]:
        yield MicroPythonItem.from_parent(self, name="micropython")


class MicroPythonItem(pytest.Item):
    """One process of the real interpreter, its heap capped, that runs all tests of the file."""

    def runtest(self) -> None:
        path = self.path.relative_to(micropython.ROOT).as_posix()
        done = micropython.run("tests/mp_runner.py", path)
        if done.returncode != 0:
            raise FailedThereError(done.stdout + done.stderr)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, FailedThereError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, f"{self.path.name} [micropython]"


class FailedThereError(Exception):
    """A test failed in the real interpreter; the text is what it printed."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent.name == "mp" and file_path.match("test_*.py"):
        return MicroPythonFile.from_parent(parent, path=file_path)
    return None
