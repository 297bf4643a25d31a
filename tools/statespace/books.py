"""The host's accounts: where the amount of each tap and credit stands, and branches' positions.

Owns the chart of accounts and the postings; debit is positive. Called by intake, relay and office.
"""

from tools.statespace.rules import Rules
from tools.statespace.world import (
    CARDS,
    ENTITLED,
    MOVED,
    OPEN,
    OPENING,
    PROVEN,
    REFUNDED,
    TERMINALS,
    UNPROVEN,
    Credit,
    Host,
    Tap,
)

UNREPORTED = 0
"""The state of a tap before the host knows of it."""

PAID, UNKNOWN, BONUS, SUSPENSE, CLEARING, CASH_IN = 0, 2, 4, 6, 8, 10
"""First of two accounts each: by card the first three, by branch the others."""
ISSUED, PROMOTION = 12, 13
OPENING_ACCOUNTS = (
    *(-OPENING for _ in CARDS),
    *(0 for _ in CARDS),
    *(-ENTITLED[0] for _ in CARDS),
    *(0 for _ in range(6)),
    OPENING * len(CARDS),
    ENTITLED[0] * len(CARDS),
)


def posted(accounts: tuple[int, ...], debit: int, credit: int, amount: int) -> tuple[int, ...]:
    """Post one set of two legs."""
    legs = list(accounts)
    legs[debit] += amount
    legs[credit] -= amount
    return tuple(legs)


def account_of_tap(tap: Tap, state: int) -> int:
    """The account that holds a sale's amount in a state."""
    card = tap.intent.card
    if state == OPEN:
        return UNKNOWN + card
    if state == UNPROVEN:
        return SUSPENSE + tap.terminal
    if state == PROVEN:
        return CLEARING + tap.terminal
    return (PAID if tap.intent.writes.paid else BONUS) + card


def account_of_credit(credit: Credit, state: int) -> int:
    """The account that holds a credit's amount in a state."""
    if state == OPEN:
        return UNKNOWN + credit.card
    if state == PROVEN:
        return PAID + credit.card
    if credit.why == REFUNDED:
        return CLEARING + credit.source // 100
    return PAID + credit.source if credit.why == MOVED else CASH_IN + credit.branch


def move_tap(accounts: tuple[int, ...], tap: Tap, state: int, rules: Rules) -> tuple[int, ...]:
    """Move a tap's amount from the account of its state to that of the next."""
    source, target = account_of_tap(tap, tap.state), account_of_tap(tap, state)
    if source == target:
        return accounts
    after = posted(accounts, source, target, tap.amount)
    if state == PROVEN and not rules.every_leg:
        return (*after[:target], accounts[target], *after[target + 1 :])
    return after


def move_credit(accounts: tuple[int, ...], credit: Credit, state: int) -> tuple[int, ...]:
    """Move a credit's amount from the account of its state to that of the next."""
    source, target = account_of_credit(credit, credit.state), account_of_credit(credit, state)
    return posted(accounts, source, target, credit.writes.paid) if source != target else accounts


def positions(accounts: tuple[int, ...]) -> tuple[int, int]:
    """What each branch is to receive: redeemed there, less the cash it took for top-ups."""
    first, second = (-accounts[CLEARING + t] - accounts[CASH_IN + t] for t in TERMINALS)
    return (first, second)


def settle(host: Host, rules: Rules) -> Host:
    """Close a window: transfer what the positions have moved since the last one."""
    now = positions(host.accounts)
    before = host.cut if rules.window_follows_cut else (0, 0)
    flows = [after - earlier for after, earlier in zip(now, before, strict=True)]
    first, second, office = host.paid_out
    office -= sum(flows) if rules.office_balances else 0
    return host._replace(cut=now, paid_out=(first + flows[0], second + flows[1], office))
