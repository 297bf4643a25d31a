"""What really happened, looked up for the promises: cards' logs, deals and tills.

Reads the ghosts that no part of the system can see. Judges nothing. Called by `invariants` only.
"""

from collections.abc import Iterator

from tools.statespace import books
from tools.statespace.books import BONUS, PAID, PROMOTION, UNREPORTED
from tools.statespace.intake import proven_records
from tools.statespace.rules import DESIGN
from tools.statespace.world import (
    CARDS,
    DONE,
    ENTITLED,
    MOVED,
    OPEN,
    PROVEN,
    REFUNDED,
    REFUTED,
    TERMINALS,
    UNPROVEN,
    Deal,
    Host,
    Intent,
    Outcome,
    Page,
    Record,
    State,
    Tap,
)


def on_card(state: State, card: int, record: Record) -> bool:
    """The card has committed exactly this record."""
    return record in state.cards[card].log


def written(state: State, terminal: int, number: int) -> bool:
    """Some card has committed the sale of this intent."""
    return any(
        (record.writer, record.number) == (terminal, number)
        for card in state.cards
        for record in card.log
    )


def records(state: State, writer: int) -> Iterator[Record]:
    """Everything that one terminal ever wrote on any card."""
    for card in state.cards:
        for record in card.log:
            if record.writer == writer:
                yield record


def honest_terminals(state: State) -> list[int]:
    """Terminals that nobody stole and whose flash nobody put back."""
    return [t for t in TERMINALS if state.terminals[t].honest]


def outcomes(state: State, terminal: int) -> list[Outcome]:
    """The outcome pages that the host has not taken yet."""
    pages = state.terminals[terminal].flash.pages
    return [page for page in pages if isinstance(page, Outcome)]


def unreported_minor(pages: tuple[Page, ...]) -> int:
    """Value of the sales in these pages, begun at least."""
    intents = [page.writes for page in pages if isinstance(page, Intent)]
    return sum(record.spent - record.paid for record in intents)


def in_journal(state: State, record: Record) -> bool:
    """The intent of this record is in its terminal's journal or already at the host."""
    key = (record.writer, record.number)
    if any(tap.key == key for tap in state.host.taps):
        return True
    pages = state.terminals[record.writer].flash.pages
    return any(isinstance(page, Intent) and page.number == record.number for page in pages)


def told_done(state: State, deal: Deal) -> bool:
    """The deal's success is in the journal or already at the host."""
    ends = [(outcome.ref, outcome.result) for outcome in outcomes(state, deal.terminal)]
    key = (deal.terminal, deal.number)
    at_host = any(tap.key == key and tap.result == DONE for tap in state.host.taps)
    return at_host or (deal.number, DONE) in ends


def undecided(state: State, deal: Deal) -> bool:
    """Nobody can know yet how the sale ended: the card was not written since."""
    key = (deal.terminal, deal.number)
    return any(tap.key == key and tap.state == OPEN for tap in state.host.taps)


def refunds(state: State, terminal: int, number: int) -> int:
    """How many refunds of one sale cards really got."""
    return sum(
        on_card(state, credit.card, credit.writes)
        for credit in state.host.credits
        if (credit.why, credit.source) == (REFUNDED, terminal * 100 + number)
    )


def known(host: Host, state: State) -> list[frozenset[Record]]:
    """By card: every record that the host can be sure of, by the design's rules."""
    return [proven_records(host, state.cards, card, DESIGN) for card in CARDS]


def expected_accounts(host: Host) -> list[int]:
    """What each account must hold, worked out anew from verdicts and statements."""
    expected = list(books.OPENING_ACCOUNTS)
    for tap in host.taps:
        expected[books.account_of_tap(tap, UNREPORTED)] += tap.amount
        expected[books.account_of_tap(tap, tap.state)] -= tap.amount
    for credit in host.credits:
        expected[books.account_of_credit(credit, UNREPORTED)] += credit.writes.paid
        expected[books.account_of_credit(credit, credit.state)] -= credit.writes.paid
    for card, version in enumerate(host.signed):
        expected[PROMOTION] += ENTITLED[version] - ENTITLED[0]
        expected[BONUS + card] -= ENTITLED[version] - ENTITLED[0]
    return expected


def unexplained_minor(state: State, number: int) -> int:
    """Purse less ledger less everything the host lists: unreported records, held, moved."""
    host, card = state.host, state.cards[number]
    booked = {tap.intent.writes for tap in host.taps if tap.state == PROVEN}
    booked |= {credit.writes for credit in host.credits if credit.state == PROVEN}
    sure = proven_records(host, state.cards, number, DESIGN)
    listed = sum(record.paid for record in sure if record not in booked)
    held = sum(tap.amount for tap in host.taps if _held(state, tap, number))
    moved = sum(
        credit.writes.paid
        for credit in host.credits
        if (credit.why, credit.source) == (MOVED, number) and credit.state != REFUTED
    )
    return card.paid - moved + host.accounts[PAID + number] - listed - held


def _held(state: State, tap: Tap, card: int) -> bool:
    """Taken off the card's account, in doubt or suspense, though the card still has it."""
    paid = tap.intent.card == card and tap.intent.writes.paid != 0
    waits = tap.state in (OPEN, UNPROVEN)
    return paid and waits and not on_card(state, card, tap.intent.writes)
