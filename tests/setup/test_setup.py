"""The set-up judges right what is missing, and says so when it can't install it."""

import subprocess
import sys

import pytest

from tools.setup import __main__ as program
from tools.setup import python, system
from tools.setup.system import SystemPackage

LIST = python.REQUIREMENTS / "system-packages.txt"
ABSENT = SystemPackage("no-such-thing", "test", "program", "no-such-thing", "nothing at all")
PRESENT = SystemPackage("dash", "run", "program", "sh", "runs scripts")


def test_the_list_of_the_project_can_be_read():
    packages = system.read(LIST)
    assert "python3-venv" in [package.name for package in packages]
    assert all(package.purpose for package in packages)


@pytest.mark.parametrize(
    "line",
    ["libnfc-bin", "libnfc-bin test program:nfc-list", "a often program:a why", "a run deb:a why"],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, line):
    path = tmp_path / "list.txt"
    path.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(system.ListError, match=r"list\.txt, line 3"):
        system.read(path)


@pytest.mark.parametrize(
    ("kind", "evidence", "there"),
    [
        ("program", "sh", True),
        ("program", "no-such-program", False),
        ("library", "c", True),
        ("library", "no-such-library", False),
        ("module", "ensurepip", True),
        ("module", "no_such_module", False),
    ],
)
def test_what_a_package_provides_counts(kind, evidence, there):
    assert SystemPackage("x", "run", kind, evidence, "why").present() is there


def test_running_needs_nothing_that_only_tests_need():
    assert system.missing([ABSENT, PRESENT], "run") == []
    assert system.missing([ABSENT, PRESENT], "test") == [ABSENT]


def test_advice_names_package_reason_and_command():
    text = system.advice([ABSENT])
    assert "no-such-thing: nothing at all" in text
    assert "sudo apt-get install no-such-thing" in text


class Runs:
    """Stands for subprocess.run: notes the commands, answers with exit codes in turn."""

    def __init__(self, *codes):
        self.codes = list(codes)
        self.commands = []

    def __call__(self, command, **_):
        self.commands.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, self.codes.pop(0), "", "E: not found")


def test_without_rights_nothing_is_installed(monkeypatch):
    runs = Runs()
    monkeypatch.setattr(system, "_rights", lambda: None)
    monkeypatch.setattr(system.subprocess, "run", runs)
    assert system.install([ABSENT]) is False
    assert runs.commands == []


def test_sudo_is_used_only_when_it_asks_for_no_password(monkeypatch):
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system.subprocess, "run", Runs(1))
    assert system._rights() is None
    monkeypatch.setattr(system.subprocess, "run", Runs(0))
    assert system._rights() == ["sudo", "-n"]
    monkeypatch.setattr(system.shutil, "which", lambda _: None)
    assert system._rights() is None


def test_package_lists_are_fetched_when_the_first_try_fails(monkeypatch):
    runs = Runs(100, 0, 0)
    monkeypatch.setattr(system, "_rights", list)
    monkeypatch.setattr(system.subprocess, "run", runs)
    assert system.install([ABSENT]) is True
    verbs = [next(w for w in words if w in {"install", "update"}) for words in runs.commands]
    assert verbs == ["install", "update", "install"]


def test_a_failed_installation_is_told(monkeypatch, capsys):
    monkeypatch.setattr(system, "_rights", list)
    monkeypatch.setattr(system.subprocess, "run", Runs(100, 0, 100))
    assert system.install([ABSENT]) is False
    assert "E: not found" in capsys.readouterr().err


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout in a scratch folder whose environment is a fake pip."""
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    for name in ("base.txt", "dev.txt", "stubs.txt"):
        (requirements / name).write_text(f"# {name}\n")
    (requirements / "system-packages.txt").write_text("dash run program:sh runs scripts\n")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").write_text('#!/bin/sh\necho "$@" >> "$0.log"\n')
    (venv / "bin/python").chmod(0o755)
    for module in (python, program):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(python, "REQUIREMENTS", requirements)
    monkeypatch.setattr(python, "VENV", venv)
    monkeypatch.setattr(python, "PYTHON", venv / "bin/python")
    monkeypatch.setattr(python, "STUBS", tmp_path / ".venvs/stubs")
    monkeypatch.setattr(python, "_make_environment", lambda: None)
    return tmp_path


@pytest.mark.parametrize(
    ("said", "made"), [("echo 3.10.0 old", True), ("exit 1", True), (None, True), ("same", False)]
)
def test_an_environment_of_another_python_is_made_anew(said, made, tmp_path, monkeypatch):
    calls = []
    fake = tmp_path / "python"
    if said:
        words = f"echo '{sys.version}'" if said == "same" else said
        fake.write_text(f"#!/bin/sh\n{words}\n")
        fake.chmod(0o755)
    monkeypatch.setattr(python, "PYTHON", fake)
    monkeypatch.setattr(python, "_call", lambda command, _: calls.append(command))
    python._make_environment()
    assert calls == ([[sys.executable, "-m", "venv", "--clear", python.VENV]] if made else [])


def pip_calls(checkout):
    log = checkout / ".venv/bin/python.log"
    return log.read_text().splitlines() if log.exists() else []


def test_a_second_set_up_does_nothing(checkout, capsys):
    assert program.main(["test"]) == 0
    calls = pip_calls(checkout)
    assert len(calls) == 2
    assert all("--require-hashes" in call for call in calls)
    assert program.main(["test"]) == 0
    assert program.main(["run"]) == 0
    assert pip_calls(checkout) == calls
    assert capsys.readouterr().out == ""


def test_a_changed_lock_is_installed(checkout):
    program.main(["run"])
    (checkout / "requirements/base.txt").write_text("# newer\n")
    assert not python.current("run")
    program.main(["run"])
    assert len(pip_calls(checkout)) == 2
    assert python.current("run")


def test_tests_need_more_than_running(checkout):
    program.main(["run"])
    assert python.current("run")
    assert not python.current("test")


def test_a_failed_pip_is_told_and_tried_again_next_time(checkout, capsys):
    python.PYTHON.write_text("#!/bin/sh\necho 'no matching distribution' >&2; exit 1\n")
    assert program.main(["run"]) == 1
    said = capsys.readouterr().err
    assert "no matching distribution" in said
    assert "Is the package index reachable" in said
    assert not python.current("run")


def test_only_what_running_needs_stops_the_set_up(checkout, capsys, monkeypatch):
    monkeypatch.setattr(system, "_rights", lambda: None)
    packages = checkout / "requirements/system-packages.txt"
    packages.write_text("nowhere test program:no-such-program judges\n")
    assert program.main(["test"]) == 0
    assert "nowhere: judges" in capsys.readouterr().err
    packages.write_text("nowhere run program:no-such-program runs\n")
    (checkout / ".venv/.vafa-run").unlink()
    assert program.main(["run"]) == 1
    assert "sudo apt-get install nowhere" in capsys.readouterr().err


def test_a_machine_without_a_new_enough_python_is_told(tmp_path):
    for name in ("dirname", "sh"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "tools/setup/ensure.sh", "run"],
        cwd=python.REQUIREMENTS.parent,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
