"""The oracle finds any single rial that cards and books disagree about."""

from dataclasses import replace

import pytest

from tools.demo.oracle import Books, Oracle

BOOKS = Books(
    cards={"04aa": 700, "04bb": 50},
    topped_up={"a": 1_000},
    redeemed={"a": 200, "b": 50},
    in_doubt_minor=0,
    suspense_minor=0,
    imbalance_minor=0,
)
CARDS = {"04aa": 700, "04bb": 50}


def honest_oracle() -> Oracle:
    oracle = Oracle()
    oracle.moved("a", 0, 900)
    oracle.moved("b", 0, 0)
    oracle.moved("a", 900, 700)
    oracle.moved("a", 0, 100)
    oracle.moved("b", 100, 50)
    return oracle


def test_an_honest_day_has_no_findings() -> None:
    assert honest_oracle().unexplained(CARDS, BOOKS) == []


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"cards": {"04aa": 699, "04bb": 50}}, ("card 04aa", 1)),
        ({"cards": {"04aa": 700}}, ("card 04bb", 50)),
        ({"cards": {"04aa": 700, "04bb": 50, "04cc": 3}}, ("card 04cc", 3)),
        ({"topped_up": {}}, ("topped up at a", 1_000)),
        ({"redeemed": {"a": 200, "b": 51}}, ("redeemed at b", 1)),
        ({"in_doubt_minor": 4}, ("in doubt", 4)),
        ({"suspense_minor": -4}, ("suspense", 4)),
        ({"imbalance_minor": 9}, ("ledger proof", 9)),
    ],
)
def test_each_difference_is_found(changed: dict, finding: tuple[str, int]) -> None:
    assert honest_oracle().unexplained(CARDS, replace(BOOKS, **changed)) == [finding]
