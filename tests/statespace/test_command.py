"""`vafa statespace`: what it prints, and when it fails."""

import json

from tools.vafa.main import main


def test_a_kept_design_ends_with_its_counts(capsys):
    assert main(["statespace", "--quick", "--depth", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["violations"], told["exhaustive"], told["depth"]) == (0, False, 3)
    assert told["states"] == sum(bound["states"] for bound in told["bounds"])
    assert told["bounds"][0]["budget"] == {"sales": 2, "tears": 1, "cuts": 1, "abandons": 1}


def test_a_planted_defect_is_told_step_by_step(capsys):
    assert main(["statespace", "--plant", "silence_is_doubt"]) == 1
    shown = capsys.readouterr().out
    assert "broken: outcomes_are_true: terminal A says that sale A/0 was not done" in shown
    assert "2. card 1 commits, but terminal A never hears of it" in shown


def test_an_unknown_rule_is_refused_with_the_known_ones(capsys):
    assert main(["statespace", "--plant", "nothing"]) == 1
    assert "intent_before_card" in capsys.readouterr().err
