"""Tells a trace as a person would: what happened, and what cards, terminals and host then hold.

Owns the wording. Called for the shortest way to a broken promise.
"""

from collections.abc import Sequence

from tools.statespace.counter import Action
from tools.statespace.world import (
    NAMES,
    OPEN,
    PROVEN,
    REFUTED,
    TERMINALS,
    UNPROVEN,
    State,
    sale_name,
)

_SENTENCES = {
    "begin": "terminal {t} writes the intent of a sale to card {c}",
    "begin_bonus": "terminal {t} writes the intent of a sale from card {c}'s bonus",
    "commit": "card {c} commits, and terminal {t} has its answer",
    "torn_before": "card {c} is torn from terminal {t} before the commit was sent",
    "torn_in_commit": "the commit is sent, card {c} is torn away and commits nothing",
    "torn_after": "card {c} commits, but terminal {t} never hears of it",
    "conclude": "terminal {t} writes the outcome",
    "show": "terminal {t} shows success",
    "cut": "terminal {t} loses power",
    "resolve_done": "card {c} is held to terminal {t} again: the earlier sale was done",
    "resolve_not_done": "card {c} is held to terminal {t} again: the earlier sale was not done",
    "release": "terminal {t} releases the old doubt of card {c}",
    "abandon": "the customer of card {c} pays terminal {t}'s doubt in cash",
    "return": "goods come back to terminal {t}; a refund to card {c} is promised",
    "upload": "the host receives a page of terminal {t}",
    "upload_again": "the host receives a page of terminal {t} once more",
    "gateway_loses": "terminal {t} erases what its gateway has; the gateway loses it",
    "hotlist": "terminal {t} receives the hotlist",
    "top_up": "terminal {t} takes cash; the host reads card {c} and books the top-up",
    "refund": "the host reads card {c} at terminal {t} and books a refund",
    "move": "the host books the replaced card's balance for card {c} at terminal {t}",
    "credited": "card {c} commits the credit, and host and terminal {t} hear of it",
    "script_lost": "the host's script never reaches terminal {t}; the cash goes back",
    "credit_torn": "card {c} is torn from terminal {t} and commits no credit; nobody knows",
    "credit_answer_lost": "card {c} commits the credit; its answer is lost",
    "credit_word_lost": "card {c} commits the credit, the host knows, terminal {t} does not",
    "credited_again": "the request is repeated, and card {c} is credited again",
    "word_done": "terminal {t} asks again: card {c} has the credit",
    "word_not_done": "terminal {t} asks again: card {c} has no credit; the cash goes back",
    "sign": "the host signs a new statement for card {c}",
    "block": "the host blocks card {c}",
    "inspect": "the host reads card {c} itself",
    "settle": "a window is settled",
    "copy_flash": "somebody copies the flash of terminal {t}",
    "restore_flash": "the copy is put back into terminal {t}",
    "steal": "terminal {t} is stolen",
    "float": "the thief credits card {c} from the float of terminal {t}",
    "secret_debit": "the thief debits card {c} and reports nothing",
    "denied_debit": "the thief debits card {c} and reports that nothing was done",
    "forge_claim": "the thief reports a sale to card {c} that never was",
    "false_witness": "the thief reports to have read terminal {o}'s doubtful sale on card {c}",
    "old_statement": "the thief puts an old statement back on card {c}",
}
ACTIONS = frozenset(_SENTENCES)
"""Every action that the model knows."""

_VERDICTS = {OPEN: "in doubt", UNPROVEN: "unproven", REFUTED: "not done", PROVEN: "proven"}


def tell(trace: Sequence[tuple[Action, State]]) -> list[str]:
    """One line a step, numbered; terminals are A and B, cards 1 and 2."""
    return [
        f"{number:>3}. {_sentence(action)} [{_situation(state)}]"
        for number, (action, state) in enumerate(trace, 1)
    ]


def _sentence(action: Action) -> str:
    name, t, c = action
    here, other = (NAMES[t], NAMES[1 - t]) if t in TERMINALS else ("", "")
    return _SENTENCES[name].format(t=here, o=other, c=c + 1)


def _situation(state: State) -> str:
    """What is held where, as far as something has happened there."""
    parts = [
        f"card {number}: {card.paid}" + (f" and {card.spent} bonus spent" if card.spent else "")
        for number, card in enumerate(state.cards, 1)
        if len(card.log) > 1
    ]
    for name, terminal in zip(NAMES, state.terminals, strict=True):
        if terminal.flash.doubts:
            parts.append(f"{name}: {len(terminal.flash.doubts)} open")
        if terminal.flash.pages:
            parts.append(f"{name}: {len(terminal.flash.pages)} to send")
    parts += [f"host: {sale_name(*tap.key)} {_VERDICTS[tap.state]}" for tap in state.host.taps]
    parts += [
        f"host: request {number} {_VERDICTS.get(credit.state, 'not booked')}"
        for number, credit in enumerate(state.host.credits)
    ]
    return "; ".join(parts) or "nothing yet"
