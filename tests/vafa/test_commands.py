"""The command line: every command is there, starts alone, and fails with one clear line."""

import importlib
import subprocess
import sys

import pytest

from firmware.core import errors
from tools.micropython import ROOT, MicroPythonError
from tools.vafa import commands, failure
from tools.vafa.commands import errors as errors_command
from tools.vafa.main import main

NAMES = [entry.name for entry in commands.COMMANDS]


def test_help_lists_every_command_with_its_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for entry in commands.COMMANDS:
        assert entry.name in shown
        assert entry.help in shown


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_a_module_and_help(name, capsys):
    module = importlib.import_module(f"tools.vafa.commands.{name}")
    assert hasattr(module, "command") != hasattr(module, "app")
    assert main([name, "--help"]) == 0
    assert f"vafa {name}" in capsys.readouterr().out


def test_a_command_imports_no_other():
    code = (
        "import sys; from tools.vafa.main import main; main(['errors']); "
        "print([name for name in sys.modules if name.startswith('tools.vafa.commands.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "['tools.vafa.commands.errors']"


def test_wrong_usage_is_exit_code_2(capsys):
    assert main(["no-such-command"]) == 2
    assert "no-such-command" in capsys.readouterr().err
    assert main(["errors", "--language", "xx"]) == 2
    assert "xx" in capsys.readouterr().err
    assert main([]) == 2
    assert "errors" in capsys.readouterr().out


def test_a_clock_that_is_none_is_wrong_usage(tmp_path, capsys):
    assert main(["host", "serve", str(tmp_path), "--clock", "sundial"]) == 2
    assert "sundial" in capsys.readouterr().err


@pytest.mark.parametrize(("language", "column"), [("fa", 2), ("en", 3)])
def test_errors_prints_the_whole_table(language, column, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    assert main(["errors", "--language", language]) == 0
    shown = capsys.readouterr().out
    for row in errors.TABLE:
        assert f" {row[0]} " in shown
        assert f" {row[1]} " in shown
        assert row[column] in shown


def failing(monkeypatch, error):
    def command():
        raise error

    monkeypatch.setattr(errors_command, "command", command)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (errors.VafaError(errors.CARD_LOST, "card 7"), 1, "100 CARD_LOST: card 7. The card"),
        (failure.CommandError("no card called ali; `vafa status` lists them"), 1, "called ali"),
        (MicroPythonError("no MicroPython"), 1, "no MicroPython"),
        (FileNotFoundError(2, "No such file or directory", "x.json"), 1, "x.json"),
        (OSError(98, "Address already in use"), 1, "another program uses this port"),
        (RuntimeError("odd"), 70, "internal error: RuntimeError: odd"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_failure_is_one_line_and_a_code(error, code, said, capsys, monkeypatch):
    failing(monkeypatch, error)
    assert main(["errors"]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") <= 1
    assert captured.out == ""


def test_debug_shows_where_it_failed(monkeypatch):
    failing(monkeypatch, RuntimeError("odd"))
    with pytest.raises(RuntimeError, match="odd"):
        main(["--debug", "errors"])


def test_the_launcher_works_through_a_link_from_a_folder_that_shadows_a_library(tmp_path):
    (tmp_path / "rich.py").write_text("raise SystemExit('shadowed')")
    link = tmp_path / "club"
    link.symlink_to(ROOT / "vafa")
    done = subprocess.run(
        [link, "errors"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "CARD_LOST" in done.stdout


def test_a_reader_that_stops_listening_is_no_traceback():
    done = subprocess.run(
        f"{ROOT}/vafa errors | head -n 1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
