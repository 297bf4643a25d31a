"""The plan of a day: the same for a seed, different for another, and never without a fault."""

from collections import Counter

import pytest

from tools.demo import story


def kinds(day: story.Story) -> Counter[str]:
    return Counter(type(step).__name__ for step in day.day)


def test_a_seed_is_a_story() -> None:
    assert story.plan(7) == story.plan(7)
    assert story.plan(7) != story.plan(8)


@pytest.mark.parametrize("seed", range(30))
def test_every_day_shows_every_fault(seed: int) -> None:
    day = story.plan(seed, cards=story.MIN_CARDS, taps=story.MIN_TAPS)
    assert kinds(day)["PowerCut"] == 2
    assert all(kinds(day)[kind] for kind in ("Block", "Stranger", "TwoCards", "Replay", "TopUp"))
    sales = [step for step in day.day if isinstance(step, story.Sale)]
    assert len(sales) == story.MIN_TAPS
    assert {step.tear for step in sales} >= set(story.Tear)


@pytest.mark.parametrize("seed", range(30))
def test_the_lost_card_is_never_in_doubt(seed: int) -> None:
    """It can't be tapped at the end, so nothing about it may be open by then."""
    day = story.plan(seed)
    (lost,) = [step.card for step in day.day if isinstance(step, story.Block)]
    for step in day.day:
        if isinstance(step, story.PowerCut):
            assert step.card != lost
        if isinstance(step, story.Sale) and step.tear is not None:
            assert step.card != lost


@pytest.mark.parametrize(("cards", "taps", "what"), [(3, 60, "cards"), (20, 11, "taps")])
def test_a_day_too_small_is_refused(cards: int, taps: int, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        story.plan(1, cards, taps)
