"""Small worlds: the same seed plays the same world, and sound code leaves nothing unexplained."""

import os
import random
from pathlib import Path

import pytest

from tools.fleet.plan import Kind, Scale, draw
from tools.fleet.play import Settings, numbers_in, play, ranges, shrink
from tools.fleet.weather import PROFILES

CORPUS = Path(__file__).with_name("corpus.txt")
SMALL = Scale(days=1, branches=2, terminals=3, cards=5, taps=40)


def corpus() -> list[Settings]:
    """Worlds that once failed or are worth keeping, one a line."""
    found = []
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            profile, seed, *sizes = words
            without = sizes.pop() if len(sizes) > 5 else ""
            scale = Scale(*map(int, sizes))
            found.append(Settings(int(seed), scale, profile, numbers_in(without)))
    return found


def sound(settings: Settings) -> None:
    played = play(settings)
    assert not played.failed, "\n".join([*played.findings, f"replay: {settings.command}"])


def test_the_same_seed_plays_the_same_world():
    settings = Settings(4, SMALL, "harsh")
    first, second = play(settings), play(settings)
    assert {**first.closing(), "seconds": 0} == {**second.closing(), "seconds": 0}
    told = {"host_killed", "frame_lost", "call_doubled"}
    assert told <= set(first.weather.faults)


def test_another_seed_plays_another_world():
    assert Settings(1, SMALL).steps() != Settings(2, SMALL).steps()


def test_without_faults_every_tap_ends_well():
    played = play(Settings(1, SMALL, "none"))
    assert not played.failed
    assert not {"sale left", "sale dark", "sale stuck"} & set(played.verdict.endings)
    assert set(played.weather.faults) <= {"block"}


@pytest.mark.parametrize("profile", ["standard", "frauds"])
def test_a_small_world_leaves_nothing_unexplained(profile):
    sound(Settings(1, SMALL, profile))


@pytest.mark.slow
@pytest.mark.parametrize("settings", corpus(), ids=lambda settings: settings.command)
def test_the_corpus_stays_explained(settings):
    sound(settings)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6))
def test_new_worlds_leave_nothing_unexplained(number):
    # New ones each run; VAFA_SEED repeats a run. A failure names the command that replays it.
    first = int(os.environ.get("VAFA_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"VAFA_SEED={first}")
    sound(Settings(first + number, SMALL, ("harsh", "frauds")[number % 2]))


def test_leaving_a_step_out_changes_no_other():
    all_steps = Settings(3, SMALL, "harsh").steps()
    fewer = Settings(3, SMALL, "harsh", frozenset({2, 5})).steps()
    assert fewer == [step for step in all_steps if step.number not in {2, 5}]
    assert {step.kind for step in all_steps} >= {Kind.SALE, Kind.TOP_UP, Kind.SETTLE}


def test_a_plan_has_as_many_taps_as_were_asked_for():
    steps = draw(SMALL, PROFILES["frauds"], 1)
    taps = [
        s for s in steps if s.kind in (Kind.SALE, Kind.TOP_UP, Kind.BALANCE, Kind.RESTORE_CARD)
    ]
    assert len(taps) == SMALL.taps
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert steps == sorted(steps, key=lambda step: step.at_s)


def test_ranges_are_read_as_they_are_written():
    numbers = frozenset({1, 2, 3, 7, 9, 10})
    assert ranges(numbers) == "1-3,7,9-10"
    assert numbers_in("1-3,7,9-10") == numbers
    assert numbers_in("") == frozenset()


@pytest.mark.slow
def test_a_failing_world_shrinks_to_fewer_steps(monkeypatch):
    from tests.fleet import defects

    defects.silence_after_commit_means_not_done(monkeypatch)
    worlds = (Settings(seed, SMALL, "harsh") for seed in range(1, 20))
    settings = next(world for world in worlds if play(world).failed)
    shorter = shrink(settings, tries=6)
    assert len(shorter.steps()) <= len(settings.steps()) // 2
    assert play(shorter).failed
