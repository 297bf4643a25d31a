"""The design keeps every promise in every state that the bounds allow."""

import ast

import pytest

from tools.micropython import ROOT
from tools.statespace import run
from tools.statespace.bounds import FULL, QUICK
from tools.statespace.invariants import ALWAYS, IN_THE_END
from tools.statespace.moves import beginning, successors
from tools.statespace.rules import DESIGN
from tools.statespace.story import ACTIONS
from tools.statespace.world import Budget

ONLY_FULL = [bound for bound in FULL if bound not in QUICK]


def check(bound):
    found = run.search(bound.budget)
    assert run.violation_lines(found) == []
    assert found.exhaustive
    # Without states in which nothing is left to do, the promises about the end say nothing.
    assert found.endings > 0


@pytest.mark.parametrize("bound", QUICK, ids=lambda bound: bound.name)
def test_quick_bounds(bound):
    check(bound)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("bound", ONLY_FULL, ids=lambda bound: bound.name)
def test_full_bounds(bound):
    check(bound)


def all_states(first):
    """A search without hashes and without promises: the states themselves."""
    seen, level = {first}, [first]
    while level:
        after = {state for old in level for _, state in successors(old, DESIGN)} - seen
        seen |= after
        level = list(after)
    return seen


SMALL = (
    Budget(sales=2, tears=1, abandons=1),
    Budget(top_ups=1, tears=1, blocks=1, replacements=1),
    Budget(sales=1, restores=1),
    Budget(sales=1, bonus_sales=1, statements=1, thefts=1),
)


@pytest.mark.parametrize("budget", SMALL, ids=str)
def test_no_two_states_share_a_hash(budget):
    states = all_states(beginning(budget))
    assert len({hash(state) for state in states}) == len(states)
    assert run.search(budget).states == len(states)


def exchanged(state):
    """The same state with cards 0 and 1 exchanged, wherever a card is named."""
    assert state.host.credits == ()

    def pair(both):
        return (both[1], both[0])

    def intent(page):
        return page._replace(card=1 - page.card) if hasattr(page, "card") else page

    def flash(kept):
        pages, doubts = map(intent, kept.pages), map(intent, kept.doubts)
        return kept._replace(pages=tuple(pages), doubts=tuple(doubts))

    def busy(now):
        return now._replace(card=1 - now.card) if now.phase else now

    terminals = tuple(
        terminal._replace(
            flash=flash(terminal.flash),
            busy=busy(terminal.busy),
            hotlist=pair(terminal.hotlist),
        )
        for terminal in state.terminals
    )
    host, accounts = state.host, state.host.accounts
    by_card = [accounts[index ^ 1] for index in range(6)]
    host = host._replace(
        accepted=tuple(tuple(map(intent, pages)) for pages in host.accepted),
        taps=tuple(tap._replace(intent=intent(tap.intent)) for tap in host.taps),
        accounts=(*by_card, *accounts[6:]),
        seen=pair(host.seen),
        signed=pair(host.signed),
        blocked=pair(host.blocked),
    )
    deals = tuple(deal._replace(card=1 - deal.card) for deal in state.deals)
    return state._replace(cards=pair(state.cards), terminals=terminals, host=host, deals=deals)


def test_breaking_the_symmetry_of_cards_hides_no_state():
    budget = Budget(sales=2, tears=1)
    whole = beginning(budget)._replace(used=(True, True))
    everything = {state._replace(used=()) for state in all_states(whole)}
    searched = all_states(beginning(budget)._replace(used=(False, True)))
    searched = {state._replace(used=()) for state in searched}
    assert searched < everything
    assert searched | {exchanged(state) for state in searched} == everything


def actions_of(budget, wanted):
    """The names of all that happens within a budget, until what is wanted was among it."""
    names, seen, level = set(), set(), [beginning(budget)]
    while level and not wanted <= names:
        steps = [step for state in level for step in successors(state, DESIGN)]
        names |= {action[0] for action, _ in steps}
        level = list({state for _, state in steps} - seen)
        seen.update(level)
    return names


def test_every_action_of_the_model_happens_and_has_its_words():
    names = set()
    for budget, wanted in (
        (Budget(sales=1, tears=1, cuts=1, abandons=1, windows=1), {"abandon", "inspect"}),
        (Budget(sales=1, tears=1, returns=1), {"refund", "resolve_not_done"}),
        (Budget(top_ups=1, tears=1), {"word_done", "word_not_done", "credit_word_lost"}),
        (Budget(sales=1, bonus_sales=1, statements=1, blocks=1), {"begin_bonus", "hotlist"}),
        (Budget(blocks=1, replacements=1), {"move"}),
        (Budget(sales=1, restores=1), {"restore_flash"}),
        (Budget(sales=1, tears=1, thefts=1, forgeries=1), {"false_witness", "float"}),
        (Budget(sales=1, statements=1, thefts=1, forgeries=1), {"old_statement"}),
    ):
        happened = actions_of(budget, wanted)
        assert wanted <= happened
        names |= happened
    only_with_a_defect = {"release", "upload_again", "gateway_loses", "credited_again"}
    assert names == ACTIONS - only_with_a_defect


def test_the_model_shares_no_code_with_what_it_models():
    for path in (ROOT / "tools/statespace").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] not in {"firmware", "host"}, path


def test_every_promise_says_what_it_means():
    assert [promise.__name__ for promise in ALWAYS + IN_THE_END if not promise.__doc__] == []
