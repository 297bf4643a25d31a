"""Netting and the statement as pure functions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core.errors import TAP_MAC_WRONG, TAP_OPEN, VafaError
from host.ledger.rules import cash_in, check, clearing
from host.settlement import rules
from host.settlement.rules import Cut, Movement, OpenItem, Position, Range

branches = st.sampled_from(["a", "b", "c:d", "ج"])
amounts = st.integers(-(10**15), 10**15)
movements = st.lists(
    st.builds(
        Movement,
        terminal=st.integers(0, 3),
        kind=st.just("sale.done"),
        account=st.builds(
            lambda make, branch: make(branch), st.sampled_from([clearing, cash_in]), branches
        ),
        count=st.integers(1, 9),
        amount_minor=amounts,
    ),
    max_size=20,
)


@given(movements=movements, known=st.lists(branches))
def test_positions_sum_to_zero_and_keep_every_amount(movements, known):
    found = rules.positions(movements, known)
    assert sum(position.net_minor for position in found) == 0
    by_party = {position.party: position for position in found}
    assert list(by_party)[-1] == "float"
    assert set(known) <= set(by_party)
    # Against a sum straight from the accounts' names.
    for branch in set(by_party) - {"float"}:
        moved = sum(
            one.amount_minor
            for one in movements
            if one.account in (f"branch:{branch}:clearing", f"branch:{branch}:cash_in")
        )
        assert by_party[branch].net_minor == -moved


@given(movements=movements)
def test_clearing_posting_empties_what_the_window_moved(movements):
    posting = rules.clearing_posting(7, rules.positions(movements, []))
    left = {}
    for movement in movements:
        left[movement.account] = left.get(movement.account, 0) + movement.amount_minor
    if posting is None:
        assert not any(left.values())
        return
    check(posting)
    for leg in posting.legs:
        if leg.account != "float":
            left[leg.account] = left.get(leg.account, 0) + leg.amount_minor
    assert not any(left.values())


@given(movements=movements, seed=st.randoms())
def test_statement_does_not_depend_on_the_order_it_was_read_in(movements, seed):
    cut = Cut(5, {0: 3, 1: 9}, {0: "", 1: "a"}, [])
    shuffled = movements[:]
    seed.shuffle(shuffled)
    first = rules.statement(1, {}, cut, rules.merged(movements))
    assert rules.statement(1, {}, cut, rules.merged(shuffled)) == first


def test_net_is_redeemed_less_topped_up():
    moved = [
        Movement(101, "sale.done", clearing("a"), 2, -300),
        Movement(0, "top_up.doubt", cash_in("b"), 1, 1_000),
    ]
    assert rules.positions(moved, []) == [
        Position("a", 0, 300, 300),
        Position("b", 1_000, 0, -1_000),
        Position("float", -1_000, -300, 700),
    ]


@pytest.mark.parametrize("account", ["card:1:paid", "branch:a:till", "suspense:a", "float"])
def test_other_accounts_are_no_position(account):
    with pytest.raises(VafaError, match="470"):
        rules.positions([Movement(1, "k", account, 1, 5)], [])


def test_cut_survives_its_own_json():
    item = OpenItem(101, 5, 3, "sale", "a", 700, TAP_OPEN)
    cut = Cut(9, {0: 4, 101: 12}, {0: "", 101: "a"}, [item])
    assert Cut.from_json(cut.to_json()) == cut


def test_ranges_start_after_the_cut_before():
    cut = Cut(9, {101: 12, 0: 4, 102: 3}, {})
    assert rules.ranges({101: 5, 0: 4}, cut) == [
        Range(0, 4, 4),
        Range(101, 5, 12),
        Range(102, 0, 3),
    ]


@pytest.mark.parametrize("value", [1.0, [1.5], {"a": [{"b": 0.5}]}])
def test_no_float_is_ever_stated(value):
    with pytest.raises(VafaError, match="470"):
        rules.canonical(value)


def test_canonical_json_is_sorted_and_tight():
    assert rules.canonical({"b": 1, "a": ["ش"]}) == '{"a":["ش"],"b":1}'.encode()


def test_open_items_name_owner_deadline_and_next_action():
    doubt = OpenItem(101, 5, 3, "sale", "a", 700, TAP_OPEN)
    unproven = OpenItem(201, 6, 3, "sale", "b", 20, TAP_MAC_WRONG)
    cut = Cut(1_000, {101: 9}, {101: "a"}, [doubt, unproven])
    raw = json.loads(rules.statement(1, {}, cut, []))
    (first,), (second,) = raw["in_doubt"], raw["suspense"]
    assert (first["owner"], second["owner"]) == ("a", "b")
    assert first["deadline"] == 1_000 + rules.SUSPENSE_DEADLINE_S
    assert first["next_action"] != second["next_action"]
    assert raw["totals"]["in_doubt_minor"] == 700
    assert raw["totals"]["suspense_minor"] == 20
    shares = {row["terminal"]: row for row in raw["terminals"]}
    assert shares[101]["in_doubt"] == {"count": 1, "sum_minor": 700}
    assert shares[201]["suspense"] == {"count": 1, "sum_minor": 20}
