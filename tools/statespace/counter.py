"""What happens at a counter: sales, torn cards, power cuts, doubts, abandoned sales, returns.

Owns the terminal's behaviour as designed: intent, card, outcome, success, in this order; a doubt
of the card first. Each function yields (action, state) for everything that may happen next.
"""

from collections.abc import Iterator

from tools.statespace.rules import Rules
from tools.statespace.steps import (
    committed,
    deal_of,
    in_field,
    spend,
    with_card,
    with_deal,
    with_pages,
    with_terminal,
)
from tools.statespace.world import (
    ABANDONED,
    APPLYING,
    BONUS_SALE,
    COMMITTED,
    CONCLUDED,
    DONE,
    ENTITLED,
    IDLE,
    LEASE,
    NOT_DONE,
    RELAYING,
    SALE,
    Busy,
    Deal,
    Intent,
    Outcome,
    Promise,
    Record,
    State,
    Terminal,
)

Action = tuple[str, int, int]
"""What happened, at which terminal, with which card (9 for none)."""
Steps = Iterator[tuple[Action, State]]


def at_counter(state: State, t: int, rules: Rules) -> Steps:
    """Everything that customers, cashier and a power cut can do at one terminal."""
    terminal = state.terminals[t]
    if terminal.busy != IDLE:
        yield from _continue(state, t, rules)
        return
    for c in (0, 1):
        if not in_field(state, c) and (c == 0 or state.used[0]):
            yield from _sell(state, t, c, rules)
            yield from _resolve(state, t, c, rules)
    yield from _abandon(state, t, rules)
    yield from _return(state, t)
    if not rules.only_cards_end_doubts:
        for doubt in terminal.flash.doubts:
            yield ("release", t, doubt.card), _end(state, t, doubt, NOT_DONE)


def _sell(state: State, t: int, c: int, rules: Rules) -> Steps:
    terminal, card, left = state.terminals[t], state.cards[c], state.left
    doubtful = any(doubt.card == c for doubt in terminal.flash.doubts)
    if (doubtful and rules.doubt_first) or not left.sales:
        return
    if terminal.hotlist[c] and rules.hotlist_refuses:
        return
    if rules.lease_holds and _exposure(terminal) + SALE > LEASE:
        return
    for version in range(state.host.signed[c] + 1):
        if version < card.version and rules.newer_statements_only:
            continue
        if card.paid >= SALE:
            yield ("begin", t, c), _begin(state, t, c, version, (-SALE, 0), rules)
        if left.bonus_sales and ENTITLED[version] - card.spent >= BONUS_SALE:
            cheaper = spend(state, bonus_sales=left.bonus_sales - 1)
            yield ("begin_bonus", t, c), _begin(cheaper, t, c, version, (0, BONUS_SALE), rules)


def _exposure(terminal: Terminal) -> int:
    """Value begun that the host has not acknowledged."""
    intents = [page.writes for page in terminal.flash.pages if isinstance(page, Intent)]
    return sum(record.spent - record.paid for record in intents)


def _begin(
    state: State, t: int, c: int, version: int, change: tuple[int, int], rules: Rules
) -> State:
    """The intent becomes durable; nothing on the card has changed yet."""
    terminal, card = state.terminals[t], state.cards[c]
    number = terminal.flash.following
    writes = Record(t, number, terminal.epoch, card.newest.counter + 1, *change)
    intent = Intent(number, c, version, card.newest, writes, terminal.hotlist[c])
    state = with_terminal(state, t, busy=Busy(APPLYING, c, number), unwritten=(intent,))
    state = _written(state, t) if rules.intent_before_card else state
    deal = Deal(t, number, terminal.epoch, c, False, False, False)
    return spend(state._replace(deals=(*state.deals, deal)), sales=state.left.sales - 1)


def _written(state: State, t: int) -> State:
    """The intent goes into the journal, unless it is there already."""
    terminal = state.terminals[t]
    if not terminal.unwritten:
        return state
    written = with_pages(terminal, *terminal.unwritten)
    return with_terminal(state, t, flash=written.flash, unwritten=())


def _continue(state: State, t: int, rules: Rules) -> Steps:
    """An operation is in progress: its next step, a torn card, or a power cut."""
    busy = state.terminals[t].busy
    if busy.phase == APPLYING:
        yield from _apply(state, t, rules)
    elif busy.phase == COMMITTED:
        intent = _intent(_written(state, t), t)
        concluded = _end(_written(state, t), t, intent, DONE, proof=True)
        deal = deal_of(concluded, t, busy.number)
        if deal.shown:
            yield ("conclude", t, busy.card), concluded
        else:
            waiting = with_terminal(concluded, t, busy=busy._replace(phase=CONCLUDED))
            yield ("conclude", t, busy.card), waiting
    elif busy.phase == CONCLUDED:
        shown = with_deal(state, deal_of(state, t, busy.number), shown=True)
        yield ("show", t, busy.card), with_terminal(shown, t, busy=IDLE)
    if state.left.cuts and busy.phase != RELAYING:
        dark = with_terminal(state, t, busy=IDLE, unwritten=())
        yield ("cut", t, busy.card), spend(dark, cuts=state.left.cuts - 1)


def _intent(state: State, t: int) -> Intent:
    terminal = state.terminals[t]
    return next(
        doubt
        for doubt in (*terminal.flash.doubts, *terminal.unwritten)
        if doubt.number == terminal.busy.number
    )


def _apply(state: State, t: int, rules: Rules) -> Steps:
    """The card commits, or is torn away before, in or after its commit."""
    busy, intent = state.terminals[t].busy, _intent(state, t)
    card = committed(state.cards[busy.card], intent.writes, intent.version)
    changed = with_card(state, busy.card, card)
    answered = with_terminal(changed, t, busy=busy._replace(phase=COMMITTED))
    if not rules.outcome_before_success:
        answered = with_deal(answered, deal_of(state, t, busy.number), shown=True)
    yield ("commit", t, busy.card), answered
    if not state.left.tears:
        return
    torn = _written(spend(state, tears=state.left.tears - 1), t)
    yield ("torn_before", t, busy.card), _end(torn, t, intent, NOT_DONE)
    unanswered = with_terminal(torn, t, busy=IDLE)
    for name, silent in (
        ("torn_in_commit", unanswered),
        ("torn_after", with_card(unanswered, busy.card, card)),
    ):
        guessed = silent if rules.silence_is_doubt else _end(silent, t, intent, NOT_DONE)
        yield (name, t, busy.card), guessed


def _end(state: State, t: int, intent: Intent, result: int, *, proof: bool = False) -> State:
    """An outcome becomes durable; the terminal is free."""
    terminal = state.terminals[t]
    outcome = Outcome(terminal.flash.following, intent.number, result, proof)
    return with_terminal(state, t, flash=with_pages(terminal, outcome).flash, busy=IDLE)


def _resolve(state: State, t: int, c: int, rules: Rules) -> Steps:
    """The card is held again: its log answers what became of the doubt."""
    log = state.cards[c].log
    for doubt in state.terminals[t].flash.doubts:
        if doubt.card != c:
            continue
        if not rules.record_names_sale:
            done = log[-1].counter >= doubt.writes.counter
        else:
            done = any(record[:2] == doubt.writes[:2] for record in log)
        if not done:
            yield ("resolve_not_done", t, c), _end(state, t, doubt, NOT_DONE)
            continue
        proof = log[-1] == doubt.writes
        ended = _end(state, t, doubt, DONE, proof=proof)
        yield ("resolve_done", t, c), with_deal(ended, deal_of(ended, t, doubt.number), shown=True)


def _abandon(state: State, t: int, rules: Rules) -> Steps:
    """The customer won't wait and pays in cash."""
    if not state.left.abandons:
        return
    for doubt in state.terminals[t].flash.doubts:
        deal = deal_of(state, t, doubt.number)
        if deal.cash:
            continue
        ended = _end(state, t, doubt, ABANDONED)
        if not rules.abandoning_ends:
            flash = ended.terminals[t].flash
            open_again = flash._replace(doubts=state.terminals[t].flash.doubts)
            ended = with_terminal(ended, t, flash=open_again)
        paid = spend(with_deal(ended, deal, cash=True), abandons=state.left.abandons - 1)
        yield ("abandon", t, doubt.card), paid


def _return(state: State, t: int) -> Steps:
    """Goods come back; their money is promised, for the host to refund when it can."""
    if not state.left.returns:
        return
    for deal in state.deals:
        terminal = state.terminals[t]
        if deal.terminal != t or not deal.shown or deal.cash or deal.returned:
            continue
        promise = Promise(terminal.flash.following, deal.number, terminal.epoch)
        promised = with_terminal(state, t, flash=with_pages(terminal, promise).flash)
        promised = with_deal(promised, deal, returned=True)
        yield ("return", t, deal.card), spend(promised, returns=state.left.returns - 1)
