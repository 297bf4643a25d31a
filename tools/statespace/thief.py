"""Old flash put back, and a stolen terminal in the hands of a thief who knows its secrets.

He has the debit key, the journal's keys and the counted float key; not the credit key, not the
cards' MAC keys. The host never learns of the theft here, which is the worst case.
"""

from tools.statespace.counter import Action, Steps
from tools.statespace.rules import Rules
from tools.statespace.steps import (
    committed,
    in_field,
    spend,
    with_card,
    with_pages,
    with_terminal,
)
from tools.statespace.world import (
    DONE,
    FLOAT_LIMIT,
    IDLE,
    NOT_DONE,
    SALE,
    Flash,
    Intent,
    Outcome,
    Record,
    State,
)

_UNREPORTED = 50
"""Numbers of records that the thief writes without a journal page start here."""


def old_flash(state: State, t: int) -> Steps:
    """Somebody copies a terminal's flash and puts the copy back later."""
    terminal = state.terminals[t]
    if not state.left.restores or terminal.busy != IDLE:
        return
    if not terminal.images:
        yield ("copy_flash", t, 9), with_terminal(state, t, images=(terminal.flash,))
        return
    image = terminal.images[0]
    if image.following >= terminal.flash.following:
        return
    after = with_terminal(
        state,
        t,
        flash=image,
        images=(),
        epoch=terminal.epoch + 1,
        lost_minor=terminal.lost_minor + _lost(terminal.flash, image),
    )
    yield ("restore_flash", t, 9), spend(after, restores=state.left.restores - 1)


def _lost(flash: Flash, image: Flash) -> int:
    """Value of the sales that only the overwritten flash could have reported."""
    lost = [page for page in flash.pages if page not in image.pages]
    return sum(page.writes.spent - page.writes.paid for page in lost if isinstance(page, Intent))


def steal(state: State, t: int) -> Steps:
    """The terminal is taken away, whatever it was doing."""
    if state.left.thefts:
        gone = with_terminal(state, t, stolen=True, busy=IDLE)
        yield ("steal", t, 9), spend(gone, thefts=state.left.thefts - 1)


def with_stolen(state: State, t: int, rules: Rules) -> Steps:
    """Everything that the thief can do with cards that come near him."""
    terminal, left = state.terminals[t], state.left
    for c in (0, 1) if left.forgeries else ():
        if in_field(state, c) or (c == 1 and not state.used[0]):
            continue
        acted = spend(state, forgeries=left.forgeries - 1)
        if terminal.float_uses or not rules.float_counted:
            filled = _write(acted, t, c, paid=FLOAT_LIMIT)
            uses = max(0, terminal.float_uses - 1)
            yield ("float", t, c), with_terminal(filled, t, float_uses=uses)
        if state.cards[c].paid >= SALE:
            yield ("secret_debit", t, c), _write(acted, t, c, paid=-SALE)
            yield ("denied_debit", t, c), _deny(acted, t, c)
        yield ("forge_claim", t, c), _claim(acted, t, c, state.cards[c].newest)
        yield from _false_witness(acted, t, c)
        if state.cards[c].version:
            yield ("old_statement", t, c), _write(acted, t, c, version=0)


def _write(state: State, t: int, c: int, *, paid: int = 0, version: int | None = None) -> State:
    """Commit something to a card without a word in any journal."""
    card = state.cards[c]
    record = Record(t, _UNREPORTED + len(card.log), 0, card.newest.counter + 1, paid, 0)
    written = committed(card, record, card.version if version is None else version)
    return with_card(state, c, written._replace(tampered=True))


def _intent(state: State, t: int, c: int, read: Record) -> Intent:
    terminal, card = state.terminals[t], state.cards[c]
    number = terminal.flash.following
    writes = Record(t, number, terminal.epoch, read.counter + 1, -SALE, 0)
    return Intent(number, c, card.version, read, writes, False)


def _deny(state: State, t: int, c: int) -> State:
    """Debit the card and report that nothing was done."""
    intent = _intent(state, t, c, state.cards[c].newest)
    denial = Outcome(intent.number + 1, intent.number, NOT_DONE, False)
    flash = with_pages(state.terminals[t], intent, denial).flash
    card = state.cards[c]
    written = committed(card, intent.writes, card.version)._replace(tampered=True)
    return with_card(with_terminal(state, t, flash=flash), c, written)


def _claim(state: State, t: int, c: int, read: Record) -> State:
    """Report a sale that never was; the card's MAC can't be forged."""
    intent = _intent(state, t, c, read)
    claim = Outcome(intent.number + 1, intent.number, DONE, False)
    return with_terminal(state, t, flash=with_pages(state.terminals[t], intent, claim).flash)


def _false_witness(state: State, t: int, c: int) -> Steps:
    """Report to have read on the card what another terminal has only tried to write."""
    for doubt in state.terminals[1 - t].flash.doubts:
        if doubt.card == c:
            action: Action = ("false_witness", t, c)
            yield action, _claim(state, t, c, doubt.writes)
