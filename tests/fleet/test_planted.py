"""Every planted defect is found within its number of seeds: what the simulator is worth."""

import pytest

from tests.fleet.defects import DEFECTS
from tools.fleet.plan import Scale
from tools.fleet.play import Settings, play

SMALL = Scale(days=1, branches=2, terminals=3, cards=5, taps=40)
QUICK = ("success_before_the_outcome", "book_a_sale_at_another_branch")


def cases():
    for defect, (profile, seeds) in DEFECTS.items():
        marks = () if defect.__name__ in QUICK else (pytest.mark.slow, pytest.mark.timeout(900))
        yield pytest.param(defect, profile, seeds, id=defect.__name__, marks=marks)


@pytest.mark.parametrize(("defect", "profile", "seeds"), list(cases()))
def test_it_is_found(defect, profile, seeds, monkeypatch):
    defect(monkeypatch)
    assert any(play(Settings(seed, SMALL, profile)).failed for seed in range(1, seeds + 1))
