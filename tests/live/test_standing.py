"""The standing system by its own commands: set up, tapped, killed, started again."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.terminal.hal.api import SLOT_IDENTITY, SLOT_JOURNAL

ROOT = Path(__file__).resolve().parents[2]
VAFA = str(ROOT / "vafa")


class Standing:
    """`vafa run` in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [VAFA, "run", "--directory", str(self._directory), "--language", "en"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        for line in self._process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                return
        pytest.fail("".join(said))

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self._process.send_signal(how)
        self._process.communicate(timeout=30)
        return self._process.returncode

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [VAFA, *words, "--directory", str(self._directory)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def answer(self, *words: str) -> dict:
        done = self.call(*words, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    system = Standing(tmp_path_factory.mktemp("standing"))
    system.start()
    yield system
    assert system.stop() == 0


def test_a_newcomer_tops_up_pays_and_settles(standing: Standing) -> None:
    assert standing.answer("topup", "--card", "sara", "--amount", "1000000")["view"] == "topped_up"
    assert standing.answer("tap", "--card", "sara", "--amount", "250000")["view"] == "done"
    torn = standing.answer("tap", "--card", "sara", "--amount", "50000", "--tear", "after-commit")
    assert (torn["view"], torn["visits"]) == ("done", 2)
    assert "700,000" in " ".join(standing.answer("balance", "--card", "sara")["lines"])
    statement = standing.answer("settle")
    assert sum(position["net_minor"] for position in statement["positions"]) == 0
    branch = statement["positions"][0]
    assert (branch["topped_up_minor"], branch["redeemed_minor"]) == (1_000_000, 300_000)


def test_a_doubt_is_settled_by_the_next_tap_after_a_restart(standing: Standing) -> None:
    standing.answer("topup", "--card", "reza", "--amount", "100000")
    doubt = standing.call(
        *("tap", "--card", "reza", "--amount", "40000"), "--tear", "after-commit", "--walk-away"
    )
    assert doubt.returncode == 1
    assert "same card" in doubt.stdout
    assert standing.stop() == 0
    standing.start()
    assert "60,000" in " ".join(standing.answer("balance", "--card", "reza")["lines"])
    cards = {card["name"]: card for card in standing.answer("status")["cards"]}
    assert cards["reza"]["paid_minor"] + cards["reza"]["unknown_minor"] >= 60_000


def test_a_tear_waits_for_the_sale_that_a_repeated_amount_asks_for(standing: Standing) -> None:
    """The first hold only asks whether the same amount is meant again."""
    standing.answer("topup", "--card", "maryam", "--amount", "100000")
    sale = ("tap", "--card", "maryam", "--amount", "30000")
    assert standing.answer(*sale)["view"] == "done"
    torn = standing.call(*sale, "--tear", "after-commit", "--walk-away")
    assert torn.returncode == 1
    assert "in doubt until the card's next tap" in torn.stdout


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("tap", "--card", "nobody", "--amount", "10"), 1, "no card named 'nobody'"),
        (("tap", "--card", "neda", "--amount", "0"), 1, "200"),
        (("tap", "--card", "neda", "--amount", "-7"), 1, "200"),
        (("tap", "--card", "neda", "--amount", "1000000000"), 1, "201"),
        (("tap", "--card", "neda", "--amount", "lots"), 2, "valid integer"),
        (("tap", "--card", "neda", "--amount", "1000"), 1, "refused: 202 PURSE_TOO_SMALL. "),
        (("topup", "--card", "neda", "--amount", "60000000"), 1, ""),
        (("run",), 1, "stands in"),
    ],
)
def test_bad_input_is_refused_clearly(
    standing: Standing, words: tuple[str, ...], code: int, text: str
) -> None:
    done = standing.call(*words)
    assert done.returncode == code
    assert text in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["../cards/ali", "../host/host", "", "."])
def test_a_cards_name_is_no_path(standing: Standing, name: str) -> None:
    done = standing.call("tap", "--card", name, "--amount", "1000")
    assert done.returncode == 1
    assert "no card named" in done.stderr


def test_no_secret_is_where_it_does_not_belong(standing: Standing) -> None:
    """After the days above: no key of the host anywhere but in its key file."""
    standing.answer("tap", "--card", "sara", "--amount", "1000")
    directory = standing._directory
    keys = json.loads((directory / "host" / "keys.json").read_text())
    secrets = {
        f"{role} {version}": key
        for role, versions in keys["masters"].items()
        for version, key in versions.items()
    } | {name: keys[name] for name in ("wrapping", "signing")}
    element = json.loads((directory / "terminal-101" / "se.json").read_text())
    secrets |= {f"slot {slot}": element["slots"][slot] for slot in (SLOT_IDENTITY, SLOT_JOURNAL)}
    found = {
        (str(path.relative_to(directory)), name)
        for path in directory.rglob("*")
        if path.is_file()
        for content in [path.read_bytes()]
        for name, key in secrets.items()
        for trimmed in [key[:64]]
        if bytes.fromhex(trimmed) in content or trimmed.encode() in content.lower()
    }
    expected = {("host/keys.json", name) for name in secrets if not name.startswith("slot ")}
    # The simulated secure element keeps in a file what a real one never shows.
    expected |= {
        ("terminal-101/se.json", name)
        for name in secrets
        if name == "debit 1" or name.startswith("slot ")
    }
    assert found == expected
    guarded = [directory / "host" / "keys.json", directory / "terminal-101" / "se.json"]
    for path in [*guarded, *directory.rglob("*.key"), directory / "control.sock"]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_damaged_card_file_is_named(standing: Standing, tmp_path: Path) -> None:
    directory = standing._directory / "cards"
    path = directory / "ali.json"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    try:
        done = standing.call("tap", "--card", "ali", "--amount", "1000")
    finally:
        path.write_bytes(content)
    assert done.returncode == 1
    assert "ali.json" in done.stderr


@pytest.mark.parametrize(("name", "content"), [("se.json", "{"), ("flash.bin", "short")])
def test_a_damaged_part_of_the_terminal_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "terminal-101").mkdir()
    path = tmp_path / "terminal-101" / name
    path.write_text(content)
    done = Standing(tmp_path).call("run")
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "restore a copy" in done.stderr
    assert path.read_text() == content


def test_a_path_too_long_for_a_socket_is_refused_before_anything_starts(tmp_path: Path) -> None:
    directory = tmp_path / ("x" * 108)
    done = Standing(directory).call("run")
    assert done.returncode == 1
    assert "--directory" in done.stderr
    assert not directory.exists()


def test_without_a_system_the_commands_say_how_to_start_one(tmp_path: Path) -> None:
    done = Standing(tmp_path).call("status")
    assert done.returncode == 1
    assert "vafa run" in done.stderr
