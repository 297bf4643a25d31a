"""All that may happen next in a state. Owns the first state and the breaking of symmetry.

Cards are alike, and so are terminals: whatever happens first to one of them is let happen to the
first one, since every other story is this one with names exchanged.
"""

from collections.abc import Iterator

from tools.statespace import counter, office, relay, thief
from tools.statespace.books import OPENING_ACCOUNTS
from tools.statespace.counter import Action
from tools.statespace.rules import Rules
from tools.statespace.world import (
    FLOAT_USES,
    IDLE,
    ISSUE,
    OPENING,
    TERMINALS,
    Budget,
    Card,
    Flash,
    Host,
    Record,
    State,
    Terminal,
)


def beginning(budget: Budget) -> State:
    """Two issued cards, two empty terminals, a host that knows of nothing else."""
    issue = Record(ISSUE, 0, 0, 0, OPENING, 0)
    card = Card(OPENING, 0, 0, (issue,), 0, 0, False)
    flash = Flash((), (), 0)
    nothing = (False, False)
    terminal = Terminal(flash, IDLE, (), nothing, (), 0, False, FLOAT_USES, 0)
    host = Host(
        accepted=((), ()),
        taps=(),
        credits=(),
        accounts=OPENING_ACCOUNTS,
        seen=(1, 1),
        signed=(0, 0),
        blocked=nothing,
        conflicts=nothing,
        cut=(0, 0),
        paid_out=(0, 0, 0),
    )
    return State((card, card), (terminal, terminal), host, (), nothing, budget)


def successors(state: State, rules: Rules) -> Iterator[tuple[Action, State]]:
    """Every action that is possible in a state, with the state after it."""
    for action, after in _actions(state, rules):
        used = (state.used[0] or action[2] == 0, state.used[1] or action[1] == 0)
        yield action, after if used == state.used else after._replace(used=used)


def _actions(state: State, rules: Rules) -> Iterator[tuple[Action, State]]:
    for t in TERMINALS:
        if t == 1 and not state.used[1]:
            continue
        if state.terminals[t].stolen:
            yield from thief.with_stolen(state, t, rules)
        else:
            yield from counter.at_counter(state, t, rules)
            yield from relay.over_the_relay(state, t, rules)
            yield from thief.old_flash(state, t)
            yield from thief.steal(state, t)
        yield from office.over_the_network(state, t, rules)
    yield from office.at_office(state, rules)
