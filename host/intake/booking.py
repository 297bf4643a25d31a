"""From what is known of a tap to postings: each state of a tap puts its amount into one account.

Pure. A tap that rises from one state to another moves its amount from the one account to the
other, so every step balances and each is posted at most once. Called by intake and top-ups.
"""

from collections.abc import Iterable

from firmware.core import purse
from host.intake.tap import State, Tap
from host.ledger import rules
from host.ledger.rules import Leg, Posting

_NAMES = {
    State.OPEN: "doubt",
    State.UNPROVEN: "suspense",
    State.NOT_DONE: "not_done",
    State.PROVEN: "done",
}


def account_of(tap: Tap, state: State | None) -> str:
    """Return the account that holds the tap's amount in a state; None is before it was known.

    A sale takes from the card's paid purse; a top-up takes from what the branch owes for cash.
    What is missing a report moves nothing.
    """
    sale = tap.kind == purse.KIND_SALE
    if state is State.OPEN:
        return rules.card_unknown(tap.card_number)
    if state is State.UNPROVEN:
        return rules.suspense(tap.branch) if sale else rules.card_unknown(tap.card_number)
    if state is State.PROVEN:
        return rules.clearing(tap.branch) if sale else rules.card_paid(tap.card_number)
    return rules.card_paid(tap.card_number) if sale else rules.cash_in(tap.branch)


def postings_for(taps: Iterable[Tap]) -> list[Posting]:
    """Return the postings for taps that have changed, in the taps' order."""
    postings = []
    for tap in taps:
        source, target = account_of(tap, tap.stored), account_of(tap, tap.state)
        if source == target:
            continue
        kind = "sale" if tap.kind == purse.KIND_SALE else "top_up"
        postings.append(
            Posting(
                kind=f"{kind}.{_NAMES[tap.state]}",
                key=f"{tap.terminal}/{tap.sequence}",
                legs=(Leg(source, tap.amount_minor), Leg(target, -tap.amount_minor)),
                terminal=tap.terminal,
                cause=tap.cause,
            )
        )
    return postings
