"""Credits that the host gives through a terminal: top-ups, refunds, a replaced card's balance.

Owns the order: read the card, book the credit as presumed given, only then hand out the commit; a
request id acts once, whatever is asked again. Every answer on the way may be lost.
"""

from collections.abc import Iterator
from typing import Any

from tools.statespace import books, intake
from tools.statespace.books import PAID, PROMOTION, UNREPORTED
from tools.statespace.counter import Action, Steps
from tools.statespace.rules import Rules
from tools.statespace.steps import committed, in_field, spend, with_card, with_terminal
from tools.statespace.world import (
    GIVEN_BACK,
    HOST,
    IDLE,
    IN_TILL,
    MOVED,
    NO_CASH,
    OPEN,
    PROVEN,
    REFUNDED,
    REFUTED,
    RELAYING,
    TOP_UP,
    TOPPED_UP,
    Busy,
    Credit,
    Record,
    State,
    Tap,
)

_MOST_REFUNDS = 2
"""Enough to see one refund too many; only a defect reaches it."""


def over_the_relay(state: State, t: int, rules: Rules) -> Steps:
    """Everything that a relayed session can do at one terminal."""
    terminal = state.terminals[t]
    if terminal.busy.phase == RELAYING:
        yield from _carry(state, t, rules)
        return
    if terminal.busy != IDLE:
        return
    yield from _begin(state, t, rules)
    if not rules.one_credit_a_request:
        yield from _carry_out_again(state, t)


def _begin(state: State, t: int, rules: Rules) -> Steps:
    host, left = state.host, state.left
    for c in (0, 1):
        if in_field(state, c) or host.blocked[c] or (c == 1 and not state.used[0]):
            continue
        if left.top_ups:
            begun = _credit(state, t, c, (TOPPED_UP, t, TOP_UP), rules)
            yield ("top_up", t, c), spend(begun, top_ups=left.top_ups - 1)
        for tap in host.taps:
            if tap.intent.card == c and _refundable(state, tap, rules):
                what = (REFUNDED, intake.refund_source(tap), tap.amount)
                yield ("refund", t, c), _credit(state, t, c, what, rules)
        replaced = 1 - c
        if left.replacements and host.blocked[replaced]:
            amount = -host.accounts[PAID + replaced]
            if amount > 0:
                begun = _credit(state, t, c, (MOVED, replaced, amount), rules)
                yield ("move", t, c), spend(begun, replacements=left.replacements - 1)


def _refundable(state: State, tap: Tap, rules: Rules) -> bool:
    """A refund is due. Bonus that was spent comes back as a new statement, not as a credit."""
    made = len(intake.refunds(state.host, tap))
    due = intake.refund_due(state.host, tap, rules) and tap.intent.writes.paid != 0
    return due and made < _MOST_REFUNDS


def session(state: State, c: int, rules: Rules) -> State:
    """The host reads a card itself. An earlier session's credit that isn't there never comes."""
    log, host = state.cards[c].log, state.host
    seen = (len(log), host.seen[1]) if c == 0 else (host.seen[0], len(log))
    accounts, after = host.accounts, []
    for credit in host.credits:
        lost = credit.card == c and credit.state == OPEN and credit.writes not in log
        if lost:
            accounts = books.move_credit(accounts, credit, REFUTED)
        after.append(credit._replace(state=REFUTED) if lost else credit)
    host = host._replace(seen=seen, credits=tuple(after), accounts=accounts)
    return state._replace(host=intake.judge(host, state.cards, rules))


def _credit(state: State, t: int, c: int, what: tuple[int, int, int], rules: Rules) -> State:
    """Read, book, and hand out the script; the cash of a top-up is in the till by now."""
    state = session(state, c, rules)
    (why, source, amount), newest = what, state.cards[c].newest
    number = len(state.host.credits)
    writes = Record(HOST, number, 0, newest.counter + 1, amount, 0)
    cash = IN_TILL if why == TOPPED_UP else NO_CASH
    credit = Credit(why, source, t, c, newest, writes, UNREPORTED, False, cash)
    accounts = state.host.accounts
    if rules.booked_before_commit:
        accounts = books.move_credit(accounts, credit, OPEN)
        credit = credit._replace(state=OPEN)
    if why == MOVED and not rules.moved_once:
        accounts = books.posted(accounts, PROMOTION, PAID + source, amount)
    host = state.host._replace(credits=(*state.host.credits, credit), accounts=accounts)
    return with_terminal(state._replace(host=host), t, busy=Busy(RELAYING, c, number))


def _changed(before: State, number: int, **changes: Any) -> State:
    given = before.host.credits
    credit = given[number]._replace(**changes)
    given = (*given[:number], credit, *given[number + 1 :])
    return before._replace(host=before.host._replace(credits=given))


def _on_card(state: State, credit: Credit) -> State:
    card = state.cards[credit.card]
    return with_card(state, credit.card, committed(card, credit.writes, card.version))


def _answered(state: State, number: int, rules: Rules) -> State:
    """The card's own answer reached the host."""
    credit = state.host.credits[number]
    accounts = books.move_credit(state.host.accounts, credit, PROVEN)
    state = _changed(state, number, state=PROVEN)
    host = state.host._replace(accounts=accounts)
    return state._replace(host=intake.judge(host, state.cards, rules))


def _carry(state: State, t: int, rules: Rules) -> Steps:
    """The script travels to the card and the answer back, or something on the way is lost."""
    busy = state.terminals[t].busy
    number, credit = busy.number, state.host.credits[busy.number]
    free = with_terminal(state, t, busy=IDLE)
    given = _on_card(free, credit)
    answered = _answered(given, number, rules)
    yield ("credited", t, busy.card), _changed(answered, number, ended=True)
    if not state.left.tears:
        return
    tears = state.left.tears - 1
    # The terminal never saw the commit, so it knows that nothing was credited.
    unsent = _give_back(free, number)
    yield ("script_lost", t, busy.card), spend(unsent, tears=tears)
    for name, after in (
        ("credit_torn", free),
        ("credit_answer_lost", given),
        ("credit_word_lost", answered),
    ):
        presumed = after if rules.presumed_given else _give_back(after, number)
        yield (name, t, busy.card), spend(presumed, tears=tears)


def _give_back(state: State, number: int) -> State:
    cash = state.host.credits[number].cash
    return _changed(state, number, ended=True, cash=GIVEN_BACK if cash == IN_TILL else cash)


def _carry_out_again(state: State, t: int) -> Steps:
    """A repeated request is taken for a new one: only a host with this defect does so."""
    for credit in state.host.credits:
        c = credit.card
        if not credit.ended and not in_field(state, c) and credit.state == OPEN:
            again = credit._replace(
                writes=credit.writes._replace(counter=state.cards[c].newest.counter + 1)
            )
            yield ("credited_again", t, c), _on_card(state, again)


def tell_counters(state: State) -> Iterator[tuple[Action, State]]:
    """A request is asked again and its end is known: the word reaches the counter."""
    for number, credit in enumerate(state.host.credits):
        carried = any(
            terminal.busy == Busy(RELAYING, credit.card, number) for terminal in state.terminals
        )
        if credit.ended or carried:
            continue
        if credit.state == PROVEN:
            yield ("word_done", credit.branch, credit.card), _changed(state, number, ended=True)
        elif credit.state == REFUTED:
            yield ("word_not_done", credit.branch, credit.card), _give_back(state, number)
