"""The real interpreter, as tools.micropython starts it, and the runner of shared test files."""

import sys

import pytest

from tests import mp_runner
from tools import micropython


@pytest.fixture
def fresh():
    """Forgets the interpreter that was found before, and the one that the test finds."""
    micropython.interpreter.cache_clear()
    yield
    micropython.interpreter.cache_clear()


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_it_is_micropython_with_the_stated_heap():
    code = "import sys, gc; print(sys.implementation[0], gc.mem_alloc() + gc.mem_free())"
    name, heap = micropython.run("-c", code).stdout.split()
    assert name == "micropython"
    assert 400_000 < int(heap) < 446_464
    small = micropython.run("-c", "bytearray(100_000)", heap="64K")
    assert small.returncode == 1
    assert "MemoryError" in small.stdout


def test_modules_come_from_the_repository_and_from_the_interpreter():
    done = micropython.run("-c", "import asyncio; from firmware.core import errors; print('ok')")
    assert done.stdout == "ok\n"


def test_exit_codes_pass_through():
    assert micropython.run("-c", "import sys; sys.exit(3)").returncode == 3


def test_a_missing_interpreter_is_named(fresh, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(micropython.MicroPythonError, match="make setup"):
        micropython.command("-c", "")


@pytest.mark.parametrize(
    "answer", ["echo micropython \"(1, 20, 0, '')\"", "echo no such thing >&2; exit 1"]
)
def test_another_interpreter_is_refused(fresh, tmp_path, monkeypatch, answer):
    script(tmp_path / "micropython", answer)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(micropython.MicroPythonError, match="is not MicroPython"):
        micropython.command("-c", "")


CASES = {
    "good": ("def test_a(): pass\ndef test_b(): pass", 0, "2 passed, 0 failed"),
    "bad": ("def test_a(): pass\ndef test_b(): assert False", 1, "1 passed, 1 failed"),
    "none": ("def helper(): pass", 1, "0 passed, 1 failed"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_runner_judges_the_same_in_both_interpreters(case, tmp_path, monkeypatch, capsys):
    text, code, closing = CASES[case]
    name = f"shared_{case}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert mp_runner.main([f"{name}.py"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == closing
    source = f"import sys; sys.path.append({str(tmp_path)!r}); from tests import mp_runner; "
    done = micropython.run("-c", f"{source} sys.exit(mp_runner.main(['{name}.py']))")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (code, closing)


def test_raises_wants_the_exception():
    assert str(mp_runner.raises(ValueError, int, "x")).startswith("invalid literal")
    with pytest.raises(AssertionError, match="ValueError"):
        mp_runner.raises(ValueError, int, "1")
