"""The host takes journal pages and judges what became of each tap.

Owns acceptance (in order, once, no other content under a known number) and the verdict, which is a
pure function of the evidence. Evidence is: a proof by the card's own MAC, the record that a proven
tap read, and what the host itself read. A terminal's word alone claims; it proves nothing.
"""

from tools.statespace import books
from tools.statespace.books import UNREPORTED
from tools.statespace.rules import Rules
from tools.statespace.world import (
    ABANDONED,
    DONE,
    ISSUE,
    NOT_DONE,
    OPEN,
    PROVEN,
    REFUNDED,
    REFUTED,
    UNPROVEN,
    UNTOLD,
    Card,
    Credit,
    Host,
    Intent,
    Outcome,
    Page,
    Record,
    Tap,
)


def deliver(
    host: Host, terminal: int, page: Page, earlier: tuple[Page, ...], rules: Rules
) -> Host | None:
    """Take one page; None when it is refused. `earlier`: what its chain goes on from.

    Of `earlier`, only pages that the terminal still holds matter: the host had accepted the rest.
    """
    accepted = host.accepted[terminal]
    following = accepted[-1].number + 1 if accepted else 0
    known = {old.number: old for old in accepted}
    chained = all(known.get(old.number, old) == old for old in earlier)
    if page.number < following or not chained:
        if known.get(page.number) == page:
            return host if rules.once_per_page else _record(host, terminal, page)
        if rules.conflicts_refused:
            return _flag(host, terminal)
    elif page.number > following and rules.no_gaps:
        return None
    kept = tuple(old for old in accepted if old.number != page.number)
    pages = tuple(sorted((*kept, page), key=lambda taken: taken.number))
    both = (pages, host.accepted[1]) if terminal == 0 else (host.accepted[0], pages)
    return _record(host._replace(accepted=both), terminal, page)


def _flag(host: Host, terminal: int) -> Host:
    """Refused, and kept as evidence."""
    first, second = host.conflicts
    return host._replace(conflicts=(first or terminal == 0, second or terminal == 1))


def _record(host: Host, terminal: int, page: Page) -> Host:
    """Put what a page says beside what is known; judging comes after."""
    if isinstance(page, Intent):
        known = [tap for tap in host.taps if tap.key == (terminal, page.number)]
        tap = Tap(terminal, page, UNREPORTED, UNTOLD, False, 0, False)
        taps = [tap if old in known else old for old in host.taps] if known else [*host.taps, tap]
        return host._replace(taps=tuple(sorted(taps)))
    taps = [_told(tap, page) if tap.key == (terminal, page.ref) else tap for tap in host.taps]
    return host._replace(taps=tuple(taps))


def _told(tap: Tap, page: Page) -> Tap:
    if isinstance(page, Outcome):
        proof = tap.proof or page.proof
        return tap._replace(result=page.result, proof=proof, outcomes=tap.outcomes + 1)
    return tap._replace(refund_wanted=True)


def judge(host: Host, cards: tuple[Card, Card], rules: Rules) -> Host:
    """Give every tap and credit the verdict that the evidence allows, and book what changed."""
    accounts = host.accounts
    proven = [proven_records(host, cards, card, rules) for card in (0, 1)]
    taps = []
    for tap in host.taps:
        state = _verdict(tap, host, proven[tap.intent.card], rules)
        accounts = books.move_tap(accounts, tap, state, rules)
        taps.append(tap._replace(state=state) if state != tap.state else tap)
    given = []
    for credit in host.credits:
        state = credit.state
        if state == OPEN and credit.writes in proven[credit.card]:
            state = PROVEN
        elif state == OPEN and _taken(credit.writes, proven[credit.card], rules):
            state = REFUTED
        accounts = books.move_credit(accounts, credit, state)
        given.append(credit._replace(state=state) if state != credit.state else credit)
    return host._replace(taps=tuple(taps), credits=tuple(given), accounts=accounts)


def proven_records(
    host: Host, cards: tuple[Card, Card], card: int, rules: Rules
) -> frozenset[Record]:
    """Every record of a card's log that the host can be sure of."""
    taps = [tap for tap in host.taps if tap.intent.card == card]
    booked = [credit for credit in host.credits if credit.card == card and credit.state]
    went_on_from = {tap.intent.writes: tap.intent.read for tap in taps}
    went_on_from.update((credit.writes, credit.read) for credit in booked)
    found = list(cards[card].log[: host.seen[card]])
    found += [tap.intent.writes for tap in taps if tap.proof]
    found += [credit.writes for credit in booked if credit.state == PROVEN]
    if not rules.proven_witness:
        found += [tap.intent.read for tap in taps if tap.intent.read.writer != tap.terminal]
    proven = set()
    while found:
        record = found.pop()
        if record.writer == ISSUE or record in proven:
            continue
        proven.add(record)
        if rules.proof_reaches_back and record in went_on_from:
            found.append(went_on_from[record])
    return frozenset(proven)


def _taken(record: Record, proven: frozenset[Record], rules: Rules) -> bool:
    """Another record is proven to stand at this one's place."""
    return rules.one_record_a_place and any(
        other.counter == record.counter and other != record for other in proven
    )


def _verdict(tap: Tap, host: Host, proven: frozenset[Record], rules: Rules) -> int:
    writes = tap.intent.writes
    if writes in proven:
        return PROVEN
    if tap.result == NOT_DONE or _taken(writes, proven, rules):
        return REFUTED
    if tap.result == DONE:
        return UNPROVEN if rules.proof_or_suspense else PROVEN
    if any(
        later.terminal == tap.terminal
        and later.intent.card == tap.intent.card
        and later.intent.number > tap.intent.number
        and later.intent.read.counter < writes.counter
        for later in host.taps
    ):
        return REFUTED
    return OPEN


def refund_due(host: Host, tap: Tap, rules: Rules) -> bool:
    """The customer's money is to go back on the card: paid otherwise, or the goods came back."""
    owed = tap.result == ABANDONED if rules.refund_by_itself else False
    if not owed and not tap.refund_wanted:
        return False
    debited = tap.state == PROVEN or (not rules.refund_after_proof and tap.state == OPEN)
    return debited and not (rules.refund_once and refunds(host, tap))


def refund_source(tap: Tap) -> int:
    """What a refund names as the sale that it gives back."""
    return tap.terminal * 100 + tap.intent.number


def refunds(host: Host, tap: Tap) -> list[Credit]:
    """The refunds of this tap that were made, or may have been."""
    what = (REFUNDED, refund_source(tap))
    return [
        credit
        for credit in host.credits
        if (credit.why, credit.source) == what and credit.state != REFUTED
    ]
