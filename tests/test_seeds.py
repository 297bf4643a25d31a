"""`make seeds` judges the demo's last line: the judge must not be lenient."""

import subprocess

import pytest

from tools import seeds

HONEST = dict.fromkeys(seeds.ZERO, 0)


def test_an_honest_day_is_right():
    assert seeds.honest_faults(HONEST) == []


@pytest.mark.parametrize("name", seeds.ZERO)
def test_anything_left_over_is_wrong(name):
    assert seeds.honest_faults({**HONEST, name: -1}) == [f"{name} is -1"]
    without = {key: value for key, value in HONEST.items() if key != name}
    assert seeds.honest_faults(without) == [f"{name} is None"]


def test_a_planted_fault_must_be_found():
    assert seeds.planted_faults({**HONEST, "unexplained": 250_000}) == []
    assert seeds.planted_faults(HONEST)
    assert seeds.planted_faults({})


@pytest.mark.parametrize(("stdout", "code"), [("", 1), ("a story\nno JSON", 0), ("[1]", 0)])
def test_a_demo_without_a_closing_line_is_wrong(stdout, code, monkeypatch):
    done = subprocess.CompletedProcess([], code, stdout, "it broke")
    monkeypatch.setattr(seeds.subprocess, "run", lambda *_, **__: done)
    closing = seeds.demo("--seed", "1")
    assert "it broke" in closing["failed"]
    assert seeds.honest_faults(closing)
    assert seeds.planted_faults(closing)


def test_a_day_that_never_ends_is_wrong(monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("demo", seeds.TIMEOUT_S)

    monkeypatch.setattr(seeds.subprocess, "run", hang)
    assert "not done" in seeds.honest_faults(seeds.demo())[0]


def test_twenty_seeds_and_every_plant_are_run(monkeypatch, capsys):
    asked = []

    def demo(*options):
        asked.append(options)
        return {**HONEST, "unexplained": int("--plant" in options)}

    monkeypatch.setattr(seeds, "demo", demo)
    assert seeds.main() == 0
    assert len({options for options in asked if "--plant" not in options}) == 20
    assert {options[-1] for options in asked if "--plant" in options} == set(seeds.PLANTS)
    assert capsys.readouterr().out.splitlines()[-1] == "23 passed, 0 failed"
    monkeypatch.setattr(seeds, "demo", lambda *_: HONEST)
    assert seeds.main() == 1
