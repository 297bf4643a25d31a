"""`vafa sim reader`: what it prints, how it ends, and what it refuses."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.pn532.host import ACK, SAM_CONFIGURATION, frame, payload_of
from tools.models.card import Card
from tools.models.pn532 import LinkError, PtyEndpoint
from tools.sim import reader

ROOT = Path(__file__).resolve().parents[3]
UID = bytes.fromhex("04112233445566")


class Running:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.sim.reader", *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.line = self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def end(self, number):
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


def refusal(capsys, *arguments):
    """The one line on standard error of a start that must fail."""
    assert reader.main([*map(str, arguments)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_makes_a_card_says_how_to_use_it_and_ends_cleanly(tmp_path, number):
    card, link = tmp_path / "card.json", tmp_path / "reader"
    with Running("--card", card, "--link", link) as running:
        uid = Card.load(card).state.uid.hex()
        hint = f"try: LIBNFC_DEVICE=pn532_uart:{link}:115200 nfc-list"
        assert running.line == f"reader ready with {uid}; {hint}\n"
        assert str(link.readlink()).startswith("/dev/pts/")
        assert running.end(number) == (0, "")
    assert not link.is_symlink()
    with Running("--card", card, "--link", link) as again:
        assert uid in again.line  # the same card


def test_a_client_on_tcp_reads_two_cards(tmp_path):
    cards = [tmp_path / "a.json", tmp_path / "b.json"]
    with Running("--card", cards[0], "--card", cards[1], "--tcp", 0) as running:
        port = int(running.line.rsplit(":", 1)[1])
        for _ in range(2):  # the reader outlives its clients
            with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                client.sendall(b"\x55\x55" + bytes(14) + SAM_CONFIGURATION)
                assert received(client, len(ACK) + 9).startswith(ACK)
                client.sendall(frame(bytes.fromhex("D4320100")))
                received(client, len(ACK) + 9)
                client.sendall(frame(bytes.fromhex("D44A0200")))
                answer = payload_of(received(client, len(ACK) + 46)[len(ACK) :])
                uids = {answer[8:15].hex(), answer[26:33].hex()}
                assert uids == {json.loads(c.read_text())["card"]["uid"] for c in cards}
        assert running.end(signal.SIGTERM) == (0, "")


def received(client, count):
    data = b""
    while len(data) < count:
        part = client.recv(count - len(data))
        assert part, f"only {len(data)} of {count} bytes came"
        data += part
    return data


def test_a_damaged_card_file_is_named_and_left_as_it_is(tmp_path, capsys):
    card = tmp_path / "card.json"
    Card.create(card, UID)
    damaged = card.read_text()[:-40]
    card.write_text(damaged)
    assert str(card) in refusal(capsys, "--card", card, "--link", tmp_path / "reader")
    assert card.read_text() == damaged
    assert not (tmp_path / "reader").is_symlink()


def test_places_that_cannot_be_used_are_told(tmp_path, capsys):
    card = tmp_path / "card.json"
    Card.create(card, UID)
    file = tmp_path / "file"
    file.write_text("mine")
    assert "exists" in refusal(capsys, "--card", card, "--link", file)
    assert file.read_text() == "mine"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(file)
    assert "something else" in refusal(capsys, "--card", card, "--link", elsewhere)
    missing = tmp_path / "missing" / "reader"
    assert "cannot make the link" in refusal(capsys, "--card", card, "--link", missing)
    nowhere = tmp_path / "missing" / "card.json"
    assert "no folder" in refusal(capsys, "--card", nowhere, "--link", tmp_path / "reader")
    assert "given twice" in refusal(capsys, "--card", card, "--card", card, "--tcp", 0)
    three = [argument for name in "xyz" for argument in ("--card", tmp_path / name)]
    assert "2 cards at most" in refusal(capsys, *three, "--tcp", 0)
    assert not list(tmp_path.glob("[xyz]"))


def test_a_port_in_use_is_told(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refusal(capsys, "--card", tmp_path / "card.json", "--tcp", port)
    assert f"port {port}" in message


def test_bad_usage_is_explained(capsys):
    assert reader.main(["--link", "x"]) == 2
    assert "--card" in capsys.readouterr().err
    assert reader.main(["--help"]) == 0
    assert "--new-personality" in capsys.readouterr().out


def test_a_link_left_by_a_killed_reader_is_replaced_but_not_one_in_use(tmp_path):
    link = tmp_path / "reader"
    link.symlink_to("/dev/pts/99999")
    with PtyEndpoint(link) as terminal:
        assert str(link.readlink()) == terminal.device
        with pytest.raises(LinkError, match="in use"):
            PtyEndpoint(link)
    assert not link.is_symlink()
