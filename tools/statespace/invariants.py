"""The promises of the architecture, section 9, as what must be true of every state.

Read from top to bottom it is the whole contract. Each promise is a function that returns "" or
says what is wrong. Those in ALWAYS hold in every state; those in IN_THE_END hold where nothing can
happen any more, so that whatever could be cleared up has been. Called by the checker.
"""

from collections.abc import Callable
from itertools import pairwise

from tools.statespace import truth
from tools.statespace.books import CLEARING, UNREPORTED
from tools.statespace.world import (
    ABANDONED,
    DONE,
    ENTITLED,
    FLOAT_LIMIT,
    FLOAT_USES,
    GIVEN_BACK,
    HOST,
    IN_TILL,
    LEASE,
    NAMES,
    OPEN,
    OPENING,
    PROVEN,
    REFUTED,
    TERMINALS,
    TOPPED_UP,
    State,
    Tap,
    sale_name,
)

Promise = Callable[[State], str]


# --- Value is conserved over cards, ledger and cash -----------------------------------------


def every_posting_balances(state: State) -> str:
    """The ledger's accounts sum to zero, and each amount stands where its verdict puts it."""
    accounts = state.host.accounts
    if sum(accounts):
        return f"the accounts sum to {sum(accounts)}"
    for number, expected in enumerate(truth.expected_accounts(state.host)):
        if accounts[number] != expected:
            return f"account {number} holds {accounts[number]} instead of {expected}"
    return ""


def cards_obey_their_log(state: State) -> str:
    """A purse is the sum of its log; a place, a sale and a request are written once."""
    for number, card in enumerate(state.cards, 1):
        if card.paid != OPENING + sum(record.paid for record in card.log[1:]):
            return f"the purse of card {number} is not the sum of its log"
        if any(after.counter != before.counter + 1 for before, after in pairwise(card.log)):
            return f"the log of card {number} has a hole"
        names = [(record.writer, record.number, record.epoch) for record in card.log]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            what = "credited" if twice[0][0] == HOST else "debited"
            return f"card {number} was {what} twice for {twice[0][1]}"
    return ""


def no_refund_without_debit(state: State) -> str:
    """What is refunded was debited, and is refunded once."""
    for tap in state.host.taps:
        times = truth.refunds(state, *tap.key)
        if times > 1:
            return f"{_name(tap)} was refunded {times} times"
        if times and not _is_on_card(state, tap):
            return f"{_name(tap)} was refunded, but the card was never debited"
    return ""


def cash_back_means_no_credit(state: State) -> str:
    """Cash goes back over the counter only for a top-up that the card does not have."""
    for number, credit in enumerate(state.host.credits):
        if credit.cash == GIVEN_BACK and truth.on_card(state, credit.card, credit.writes):
            return f"the cash of request {number} went back, and the card was credited"
    return ""


# --- At most one outcome, and the true one ---------------------------------------------------


def at_most_one_outcome(state: State) -> str:
    """No intent is told to have ended twice."""
    for t in truth.honest_terminals(state):
        told = [outcome.ref for outcome in truth.outcomes(state, t)]
        for tap in state.host.taps:
            if tap.terminal == t:
                told += [tap.intent.number] * tap.outcomes
        twice = [ref for ref in told if told.count(ref) > 1]
        if twice:
            return f"{sale_name(t, twice[0])} has {told.count(twice[0])} outcomes"
    return ""


def outcomes_are_true(state: State) -> str:
    """A terminal says done of what the card has, and not done of what it never gets."""
    for t in truth.honest_terminals(state):
        for outcome in truth.outcomes(state, t):
            on_card = truth.written(state, t, outcome.ref)
            if outcome.result != ABANDONED and on_card != (outcome.result == DONE):
                return _false_word(f"terminal {NAMES[t]}", sale_name(t, outcome.ref), on_card)
    return ""


def verdicts_are_true(state: State) -> str:
    """The host never guesses: what it calls proven the card has, what it calls not done not."""
    for tap in state.host.taps:
        # A thief may deny his own debit: it is his branch that isn't paid.
        believed = state.terminals[tap.terminal].honest or tap.state == PROVEN
        on_card = _is_on_card(state, tap)
        if tap.state in (PROVEN, REFUTED) and believed and on_card != (tap.state == PROVEN):
            return _false_word("the host", _name(tap), on_card)
    for number, credit in enumerate(state.host.credits):
        on_card = truth.on_card(state, credit.card, credit.writes)
        if credit.state in (PROVEN, REFUTED) and on_card != (credit.state == PROVEN):
            return _false_word("the host", f"request {number}", on_card)
    return ""


# --- Success is shown only after a durable outcome -------------------------------------------


def success_is_durable(state: State) -> str:
    """Whoever saw the success tone is in the journal, or already at the host, as done."""
    honest = truth.honest_terminals(state)
    for deal in state.deals:
        if deal.shown and deal.terminal in honest and not truth.told_done(state, deal):
            name = sale_name(deal.terminal, deal.number)
            return f"success of {name} was shown without an outcome"
    return ""


def card_changes_only_after_intent(state: State) -> str:
    """No card carries a sale of which neither its terminal's journal nor the host knows."""
    for t in truth.honest_terminals(state):
        for record in truth.records(state, t):
            if not truth.in_journal(state, record):
                return f"the debit of {sale_name(t, record.number)} is in no journal"
    return ""


# --- Each doubt is resolved by the next tap --------------------------------------------------


def doubt_comes_first(state: State) -> str:
    """A terminal sells to a card only after it has resolved that card's doubt."""
    for t, terminal in enumerate(state.terminals):
        if sum(doubt.card == terminal.busy.card for doubt in terminal.flash.doubts) > 1:
            return f"terminal {NAMES[t]} sells to card {terminal.busy.card + 1} over a doubt"
    return ""


def next_tap_resolves(state: State) -> str:
    """Once the host has the tap that took a doubt's place, or the report of the one after it.

    A record that is only known from the next reader says that it was there, not what was before
    it: what it followed is in its own terminal's report.
    """
    doubts = [tap for tap in state.host.taps if tap.state == OPEN]
    if not doubts:
        return ""
    known = truth.known(state.host, state)
    reported = {tap.intent.writes for tap in state.host.taps}
    reported |= {credit.writes for credit in state.host.credits}
    for tap in doubts:
        done, card = _is_on_card(state, tap), tap.intent.card
        place = tap.intent.writes.counter + done
        answers = state.cards[card].log[place : place + 1]
        if any(answer in known[card] and (answer in reported or not done) for answer in answers):
            return f"{_name(tap)} is in doubt, though the card's next tap is proven"
    return ""


# --- No statement regress gains value, no blocked card buys ----------------------------------


def old_statements_gain_nothing(state: State) -> str:
    """Bonus that a card's newest statement has ended is not spent under an older one."""
    for number, card in enumerate(state.cards, 1):
        if card.regained and not card.tampered:
            return f"card {number} spent {card.regained} that its newest statement had ended"
    return ""


def listed_cards_are_refused(state: State) -> str:
    """A terminal begins no sale with a card that is on the hotlist it holds."""
    for terminal in state.terminals:
        for doubt in terminal.flash.doubts:
            if doubt.listed:
                return f"a sale was begun with card {doubt.card + 1}, which is on the hotlist"
    return ""


# --- Positions sum to zero -------------------------------------------------------------------


def positions_sum_to_zero(state: State) -> str:
    """What branches and head office were paid sums to zero and is what the cut says, once."""
    first, second, office = state.host.paid_out
    if first + second + office:
        return f"the transfers sum to {first + second + office}"
    if (first, second) != state.host.cut:
        return f"branches were paid {(first, second)} for positions of {state.host.cut}"
    return ""


# --- Loss by any one stolen or restored terminal is at most its stated bound -----------------


def theft_is_bounded(state: State) -> str:
    """A thief makes at most his float, and what had expired on cards that he wrote on."""
    for t, terminal in enumerate(state.terminals):
        made = sum(record.paid for record in truth.records(state, t) if record.paid > 0)
        if made > (FLOAT_USES * FLOAT_LIMIT if terminal.stolen else 0):
            return f"terminal {NAMES[t]} created {made}"
    expired = max(before - after for before, after in pairwise(ENTITLED))
    for number, card in enumerate(state.cards, 1):
        if card.regained > expired:
            return f"card {number} regained {card.regained} of expired bonus"
    return ""


def only_debits_are_paid(state: State) -> str:
    """A branch is owed nothing for a sale that no card has."""
    for t in TERMINALS:
        owed = -state.host.accounts[CLEARING + t]
        debits = [record for record in truth.records(state, t) if record.paid <= 0]
        sold = sum(record.spent - record.paid for record in debits)
        if owed > sold:
            return f"branch {NAMES[t]} is owed {owed}, but its terminal debited {sold}"
    return ""


def exposure_is_leased(state: State) -> str:
    """What a terminal has unreported, and what a restored one has forgotten, is in its lease."""
    for t, terminal in enumerate(state.terminals):
        exposed = max(truth.unreported_minor(terminal.flash.pages), terminal.lost_minor)
        if exposed > LEASE and not terminal.stolen:
            return f"terminal {NAMES[t]} sold {exposed} without a word from the host"
    return ""


# --- In the end nothing is left unexplained --------------------------------------------------


def everything_is_told(state: State) -> str:
    """No page, doubt, request or verdict of an honest terminal is left over."""
    honest = truth.honest_terminals(state)
    for t in honest:
        if state.terminals[t].flash.pages or state.terminals[t].flash.doubts:
            return f"terminal {NAMES[t]} is left with pages or doubts that nobody clears up"
    for number, credit in enumerate(state.host.credits):
        ended = credit.ended and credit.state in (PROVEN, REFUTED)
        if credit.state != UNREPORTED and not ended:
            return f"request {number} is left without an end"
    for tap in state.host.taps:
        if tap.terminal not in honest or tap.state in (PROVEN, REFUTED):
            continue
        written_since = len(state.cards[tap.intent.card].log) > tap.intent.writes.counter
        if tap.result != ABANDONED or written_since:
            return f"{_name(tap)} is left in doubt, and the card's next tap won't tell"
    return ""


def cards_and_books_agree(state: State) -> str:
    """Each card holds what the ledger says, but for what the host lists with a name."""
    for number in range(len(state.cards)):
        unexplained = truth.unexplained_minor(state, number)
        if unexplained:
            return f"card {number + 1} and ledger differ by {unexplained}, and nothing says why"
    return ""


def customers_paid_once(state: State) -> str:
    """Each sale costs its customer one price, in credit or cash, or nothing when returned."""
    honest = truth.honest_terminals(state)
    for deal in state.deals:
        # A blocked card's refund waits for its replacement.
        if deal.terminal not in honest or state.host.blocked[deal.card]:
            continue
        debited = truth.written(state, deal.terminal, deal.number)
        price = debited + deal.cash - truth.refunds(state, deal.terminal, deal.number)
        due = (deal.shown or deal.cash or debited) and not deal.returned
        if price != due and not truth.undecided(state, deal):
            name = sale_name(deal.terminal, deal.number)
            return f"{name} cost {price} prices instead of {int(due)}"
    return ""


def cash_and_credit_agree(state: State) -> str:
    """Cash stays in the till for exactly the top-ups that cards have."""
    for number, credit in enumerate(state.host.credits):
        given = truth.on_card(state, credit.card, credit.writes)
        if credit.why == TOPPED_UP and (credit.cash == IN_TILL) != given:
            return f"the cash of request {number} and the card disagree"
    return ""


ALWAYS: tuple[Promise, ...] = (
    every_posting_balances,
    cards_obey_their_log,
    no_refund_without_debit,
    cash_back_means_no_credit,
    at_most_one_outcome,
    outcomes_are_true,
    verdicts_are_true,
    success_is_durable,
    card_changes_only_after_intent,
    doubt_comes_first,
    next_tap_resolves,
    old_statements_gain_nothing,
    listed_cards_are_refused,
    positions_sum_to_zero,
    theft_is_bounded,
    only_debits_are_paid,
    exposure_is_leased,
)
IN_THE_END: tuple[Promise, ...] = (
    everything_is_told,
    cards_and_books_agree,
    customers_paid_once,
    cash_and_credit_agree,
)


def _is_on_card(state: State, tap: Tap) -> bool:
    return truth.on_card(state, tap.intent.card, tap.intent.writes)


def _name(tap: Tap) -> str:
    return sale_name(*tap.key)


def _false_word(who: str, what: str, is_on_card: bool) -> str:
    return f"{who} says that {what} was {'not done' if is_on_card else 'done'}; it is not so"
