"""A model that finds nothing might see nothing: every planted defect is found."""

import pytest

from tools.statespace import run
from tools.statespace.checker import Search
from tools.statespace.defects import DEFECTS
from tools.statespace.invariants import (
    ALWAYS,
    IN_THE_END,
    cards_and_books_agree,
    everything_is_told,
    only_debits_are_paid,
)
from tools.statespace.moves import beginning, successors
from tools.statespace.rules import DESIGN, Rules
from tools.statespace.world import ENTITLED, Budget

# Length of the shortest story of each defect. A shorter one means that the model sees more than
# before, a longer one that it sees less: both deserve a look.
STEPS = {
    "intent_before_card": 2,
    "outcome_before_success": 2,
    "silence_is_doubt": 2,
    "only_cards_end_doubts": 3,
    "doubt_first": 3,
    "record_names_sale": 7,
    "abandoning_ends": 4,
    "newer_statements_only": 7,
    "hotlist_refuses": 3,
    "lease_holds": 9,
    "keep_until_accepted": 3,
    "once_per_page": 3,
    "no_gaps": 5,
    "conflicts_refused": 9,
    "proof_or_suspense": 4,
    "proven_witness": 6,
    "proof_reaches_back": 8,
    "one_record_a_place": 8,
    "every_leg": 5,
    "booked_before_commit": 2,
    "presumed_given": 2,
    "one_credit_a_request": 3,
    "refund_after_proof": 7,
    "refund_once": 12,
    "refund_by_itself": 6,
    "moved_once": 2,
    "window_follows_cut": 7,
    "office_balances": 6,
    "float_counted": 3,
}


def named(rule):
    return next(defect for defect in DEFECTS if defect.rule == rule)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.rule)
def test_each_defect_is_found_with_its_shortest_story(defect):
    broken = run.search(defect.budget, defect.rules).violation
    assert broken is not None
    assert (broken.promise, len(broken.trace)) == (defect.breaks, STEPS[defect.rule])
    state = beginning(defect.budget)
    for step in broken.trace:
        assert step in list(successors(state, defect.rules))
        state = step[1]
    # Breadth first: nothing shorter exists.
    before = run.search(defect.budget, defect.rules, max_depth=len(broken.trace) - 1)
    assert before.violation is None


def test_every_decision_of_the_design_has_its_defect():
    assert sorted(defect.rule for defect in DEFECTS) == sorted(Rules._fields)
    assert all(DESIGN)


@pytest.mark.parametrize(
    ("promise", "rule"),
    [
        (everything_is_told, "no_gaps"),
        (cards_and_books_agree, "booked_before_commit"),
        (only_debits_are_paid, "proof_or_suspense"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_promises_that_others_forestall_can_be_broken_too(promise, rule):
    defect = named(rule)
    alone = Search(
        beginning(defect.budget),
        lambda state: successors(state, defect.rules),
        [promise] if promise in ALWAYS else [],
        [promise] if promise in IN_THE_END else [],
    ).run()
    assert alone.violation.promise == promise.__name__
    seen = {defect.breaks for defect in DEFECTS} | {
        "everything_is_told",
        "cards_and_books_agree",
        "only_debits_are_paid",
    }
    assert seen == {kept.__name__ for kept in ALWAYS + IN_THE_END}


def test_a_thief_who_puts_an_old_statement_back_regains_what_had_expired():
    """The limit that theft_is_bounded allows for is one that the design really has."""

    def nothing_comes_back(state):
        return f"{state.cards[0].regained}" if state.cards[0].regained else ""

    budget = Budget(sales=2, bonus_sales=2, statements=1, thefts=1, forgeries=1)
    found = Search(
        beginning(budget), lambda state: successors(state, DESIGN), [nothing_comes_back], []
    ).run()
    actions = [action for (action, _, _), _ in found.violation.trace]
    assert actions[-3:] == ["old_statement", "begin_bonus", "commit"]
    assert found.violation.what == str(ENTITLED[0] - ENTITLED[1])
