"""What the host does by itself: sign, block, settle, take journals, read a card at a desk.

Network faults are here: pages arrive in any order, any number of times, or not yet.
"""

from collections.abc import Iterator

from tools.statespace import books, intake, relay
from tools.statespace.books import BONUS, PROMOTION
from tools.statespace.counter import Action
from tools.statespace.rules import Rules
from tools.statespace.steps import in_field, spend, with_terminal
from tools.statespace.world import ENTITLED, OPEN, UNPROVEN, State


def at_office(state: State, rules: Rules) -> Iterator[tuple[Action, State]]:
    """Everything that begins at the host."""
    host, left = state.host, state.left
    for c in (0, 1):
        if c == 1 and not state.used[0]:
            continue
        if left.statements and host.signed[c] + 1 < len(ENTITLED):
            yield ("sign", 9, c), _sign(state, c)
        if left.blocks and not host.blocked[c]:
            blocked = (True, host.blocked[1]) if c == 0 else (host.blocked[0], True)
            after = state._replace(host=host._replace(blocked=blocked))
            yield ("block", 9, c), spend(after, blocks=left.blocks - 1)
        if not in_field(state, c) and _worth_reading(state, c):
            yield ("inspect", 9, c), relay.session(state, c, rules)
    yield from relay.tell_counters(state)
    if left.windows:
        settled = state._replace(host=books.settle(host, rules))
        yield ("settle", 9, 9), spend(settled, windows=left.windows - 1)


def _sign(state: State, c: int) -> State:
    signed = list(state.host.signed)
    gift = ENTITLED[signed[c] + 1] - ENTITLED[signed[c]]
    signed[c] += 1
    accounts = books.posted(state.host.accounts, PROMOTION, BONUS + c, gift)
    host = state.host._replace(signed=(signed[0], signed[1]), accounts=accounts)
    return spend(state._replace(host=host), statements=state.left.statements - 1)


def _worth_reading(state: State, c: int) -> bool:
    """Whether the customer is asked to a desk: some question about the card is open.

    A credit is presumed given; a terminal that could have told is gone; or every journal has been
    taken and a sale still waits for the card's next tap.
    """
    host = state.host
    if any(credit.card == c and credit.state == OPEN for credit in host.credits):
        return True
    if host.seen[c] == len(state.cards[c].log):
        return False
    if not all(terminal.honest for terminal in state.terminals):
        return True
    told = not any(terminal.flash.pages for terminal in state.terminals)
    return told and any(
        tap.intent.card == c and tap.state in (OPEN, UNPROVEN) for tap in host.taps
    )


def over_the_network(state: State, t: int, rules: Rules) -> Iterator[tuple[Action, State]]:
    """The gateway brings some page of one terminal to the host, or the hotlist back."""
    terminal, host = state.terminals[t], state.host
    pages = terminal.flash.pages
    for index, page in enumerate(pages):
        taken = intake.deliver(host, t, page, pages[:index], rules)
        if taken is None:
            continue
        after = state._replace(host=intake.judge(taken, state.cards, rules))
        if page in taken.accepted[t]:
            # Whether the acknowledgement arrives makes no difference: a page that is sent again
            # is the same page, so erasing what the host has is folded into its acceptance.
            kept = tuple(other for other in pages if other != page)
            after = with_terminal(after, t, flash=terminal.flash._replace(pages=kept))
        yield ("upload", t, 9), after
    for page in host.accepted[t]:
        again = intake.deliver(host, t, page, (), rules)
        if again is not None and again != host:
            after = state._replace(host=intake.judge(again, state.cards, rules))
            yield ("upload_again", t, 9), after
    if pages and not rules.keep_until_accepted:
        erased = with_terminal(state, t, flash=terminal.flash._replace(pages=()))
        yield ("gateway_loses", t, 9), erased
    if terminal.hotlist != host.blocked:
        yield ("hotlist", t, 9), with_terminal(state, t, hotlist=host.blocked)
