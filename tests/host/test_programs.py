"""The programs as a person starts them: set-up, serving, and one clear line for what is wrong."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from host.ports import FileClock
from host.program import configure_logs
from tools.vafa.main import main

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


def _start(module: str, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _run(module: str, *arguments: object) -> tuple[int, str]:
    process = _start(module, *arguments)
    _, complaint = process.communicate(timeout=PATIENCE_S)
    return process.returncode, complaint


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    directory = tmp_path_factory.mktemp("programs") / "host"
    assert main(["host", "init", str(directory)]) == 0
    assert main(["host", "certificate", str(directory), "gateway", "a"]) == 0
    return directory


def test_host_and_gateway_start_say_so_and_stop_in_good_order(home, tmp_path):
    host = _start("host.serve", "--directory", home, "--listen", "localhost:0")
    try:
        ready = host.stdout.readline()
        assert ready.startswith("host: listening on port ")
        port = ready.split()[-1]
        gateway = _start(
            "host.branch",
            *("--directory", tmp_path, "--host", f"localhost:{port}"),
            *("--tls", home / "tls", "--name", "gateway-a", "--listen", "localhost:0"),
        )
        assert gateway.stdout.readline().startswith("gateway: listening on port ")
        gateway.send_signal(signal.SIGTERM)
        assert gateway.wait(PATIENCE_S) == 0
    finally:
        host.send_signal(signal.SIGINT)
        assert host.wait(PATIENCE_S) == 0


def test_a_second_host_in_the_same_folder_is_refused(home, capsys):
    keys = (home / "keys.json").read_bytes()
    assert main(["host", "init", str(home)]) == 1
    assert "441 HOST_EXISTS" in capsys.readouterr().err
    assert (home / "keys.json").read_bytes() == keys


def test_a_taken_port_is_one_line(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, complaint = _run("host.serve", "--directory", home, "--listen", f"127.0.0.1:{port}")
    assert code == 1
    assert complaint.startswith("error 440 PORT_IN_USE")
    assert complaint.count("\n") == 1


def test_a_folder_without_a_host_is_one_line(tmp_path):
    code, complaint = _run("host.serve", "--directory", tmp_path)
    assert (code, complaint.count("\n")) == (1, 1)
    assert "439 HOST_FILES" in complaint


@pytest.mark.parametrize(
    ("name", "reason"), [("gateway-z", "439 HOST_FILES"), ("mixed", "443 TLS_FILES")]
)
def test_a_wrong_certificate_is_one_line(home, tmp_path, name, reason):
    (home / "tls" / "mixed.crt").write_bytes((home / "tls" / "gateway-a.crt").read_bytes())
    (home / "tls" / "mixed.key").write_bytes((home / "tls" / "host.key").read_bytes())
    code, complaint = _run(
        "host.branch",
        *("--directory", tmp_path, "--host", "localhost:1"),
        *("--tls", home / "tls", "--name", name, "--listen", "localhost:0"),
    )
    assert (code, complaint.count("\n")) == (1, 1)
    assert reason in complaint


def test_a_damaged_database_is_one_line(tmp_path):
    directory = tmp_path / "host"
    assert main(["host", "init", str(directory)]) == 0
    (directory / "host.db").write_bytes(b"not a database" * 100)
    code, complaint = _run("host.serve", "--directory", directory)
    assert (code, complaint.count("\n")) == (1, 1)
    assert "401 DATABASE_DAMAGED" in complaint


@pytest.mark.parametrize("left", [None, b""])
def test_a_host_whose_books_are_gone_does_not_go_on_with_empty_ones(tmp_path, left):
    directory = tmp_path / "host"
    assert main(["host", "init", str(directory)]) == 0
    database = directory / "host.db"
    database.unlink()
    if left is not None:
        database.write_bytes(left)
    for _ in range(2):
        code, complaint = _run("host.serve", "--directory", directory)
        assert (code, complaint.count("\n")) == (1, 1)
        assert "401 DATABASE_DAMAGED" in complaint


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1:99999", ":1", "127.0.0.1:x"])
def test_an_address_that_is_none_is_one_line(home, tmp_path, listen):
    host = _run("host.serve", "--directory", home, "--listen", listen)
    gateway = _run(
        "host.branch",
        *("--directory", tmp_path, "--host", "localhost:1"),
        *("--tls", home / "tls", "--name", "gateway-a", "--listen", listen),
    )
    for code, complaint in (host, gateway):
        assert (code, complaint.count("\n")) == (1, 1)
        assert "420 REQUEST_INVALID" in complaint


def test_a_gateway_whose_folder_is_a_file_is_one_line(home, tmp_path):
    (tmp_path / "file").write_text("")
    code, complaint = _run(
        "host.branch",
        *("--directory", tmp_path / "file", "--host", "localhost:1"),
        *("--tls", home / "tls", "--name", "gateway-a", "--listen", "localhost:0"),
    )
    assert (code, complaint.count("\n")) == (1, 1)
    assert str(tmp_path / "file") in complaint


def test_a_log_line_says_when_in_words_that_other_tools_know(tmp_path, capsys):
    (tmp_path / "clock").write_text("86400")
    configure_logs(FileClock(tmp_path / "clock"))
    try:
        structlog.get_logger().warning("written")
    finally:
        structlog.reset_defaults()
    assert '"at": "2020-01-02T00:00:00+00:00"' in capsys.readouterr().err


def test_a_damaged_clock_file_costs_a_log_line_its_time_only(tmp_path, capsys):
    configure_logs(FileClock(tmp_path / "gone"))
    try:
        structlog.get_logger().warning("written all the same")
    finally:
        structlog.reset_defaults()
    assert '"at": null' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{", "JSON"),
        ("[" * 60_000, "JSON"),
        ('{"database": "bogus://x"}', "bogus"),
        ('{"policy": {"colour": 1}}', "colour"),
        ('{"port": 1}', "expected"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_named(tmp_path, content, word):
    (tmp_path / "host.json").write_text(content)
    code, complaint = _run("host.serve", "--directory", tmp_path)
    assert code == 1
    assert word in complaint


@pytest.mark.parametrize(
    "words",
    [["emperor", "a"], ["gateway", "../a"], ["gateway", ""], ["operator", "a/b"]],
)
def test_names_that_no_certificate_may_have_are_refused(home, capsys, words):
    assert main(["host", "certificate", str(home), *words]) == 1
    assert "420 REQUEST_INVALID" in capsys.readouterr().err


def test_private_keys_are_for_their_owner_only(home):
    for path in (home / "tls").glob("*.key"):
        assert path.stat().st_mode & 0o077 == 0 or path.name == "mixed.key"


def test_enrolling_prints_a_bundle_and_refuses_nonsense(home, capsys):
    assert main(["host", "enrol", str(home), "101", "a", "zz"]) == 1
    assert "hexadecimal" in capsys.readouterr().err
    assert main(["host", "enrol", str(home), "101", "a", "00" * 64]) == 1
    assert "420 REQUEST_INVALID" in capsys.readouterr().err
