"""A whole small day by the real programs: honest, planted, and twice the same."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--cards", "5", "--taps", "12", "--seed", "3")


def play(*options: str) -> tuple[int, dict[str, object]]:
    """Run `vafa demo --json`; its exit code and closing line."""
    done = subprocess.run(
        [str(ROOT / "vafa"), "demo", "--json", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_an_honest_day_leaves_nothing_unexplained() -> None:
    code, closing = play(*SMALL)
    assert code == 0
    assert closing["unexplained"] == 0
    assert closing["net_sum"] == 0
    assert closing["in_doubt"] == closing["suspense"] == 0
    assert closing["torn"] >= 4
    assert closing["refused"] >= 3
    assert closing["duplicates_ignored"] > 0
    assert closing["top_ups"] >= 6
    branches = {branch["name"]: branch for branch in closing["branches"]}
    assert branches.keys() == {"a", "b", "float"}
    for branch in branches.values():
        assert branch["net"] == branch["redeemed"] - branch["topped_up"]


@pytest.mark.slow
@pytest.mark.parametrize("plant", ["drop-record", "flip-leg", "alter-card"])
def test_a_planted_fault_is_found(plant: str) -> None:
    code, closing = play(*SMALL, "--plant", plant)
    assert closing["unexplained"] > 0
    assert code == 0


@pytest.mark.slow
def test_a_seed_plays_the_same_day_again() -> None:
    assert play(*SMALL) == play(*SMALL)


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    done = subprocess.run(
        [str(ROOT / "vafa"), "demo", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "isn't empty" in done.stderr
