"""Small changes to a state that several kinds of actions share. Decides nothing."""

from typing import Any

from tools.statespace.world import (
    ENTITLED,
    Card,
    Deal,
    Intent,
    Outcome,
    Page,
    Record,
    State,
    Terminal,
)


def with_terminal(state: State, number: int, **changes: Any) -> State:
    """The state in which one terminal has changed."""
    first, second = state.terminals
    if number == 0:
        return state._replace(terminals=(first._replace(**changes), second))
    return state._replace(terminals=(first, second._replace(**changes)))


def with_card(state: State, number: int, card: Card) -> State:
    """The state in which one card is another."""
    first, second = state.cards
    return state._replace(cards=(card, second) if number == 0 else (first, card))


def with_pages(terminal: Terminal, *pages: Page) -> Terminal:
    """Program pages; an intent opens a doubt, an outcome closes it."""
    flash = terminal.flash
    doubts = list(flash.doubts)
    for page in pages:
        if isinstance(page, Intent):
            doubts.append(page)
        elif isinstance(page, Outcome):
            doubts = [doubt for doubt in doubts if doubt.number != page.ref]
    flash = flash._replace(
        pages=flash.pages + pages,
        doubts=tuple(doubts),
        following=flash.following + len(pages),
    )
    return terminal._replace(flash=flash)


def spend(state: State, **left: int) -> State:
    """Use up some of the budget."""
    return state._replace(left=state.left._replace(**left))


def in_field(state: State, card: int) -> bool:
    """The card is held to some terminal."""
    return any(terminal.busy.card == card for terminal in state.terminals)


def committed(card: Card, record: Record, version: int) -> Card:
    """The card after a commit: purse, meter, statement and record change together."""
    spent = card.spent + record.spent
    due = ENTITLED[max(card.newest_version, version)]
    older = record.spent and version < card.newest_version
    return card._replace(
        paid=card.paid + record.paid,
        spent=spent,
        version=version,
        log=(*card.log, record),
        newest_version=max(card.newest_version, version),
        regained=card.regained + (max(0, spent - max(due, card.spent)) if older else 0),
    )


def with_deal(state: State, deal: Deal, **changes: bool) -> State:
    """The state in which customer and cashier have lived something more of a sale."""
    changed = deal._replace(**changes)
    return state._replace(deals=tuple(changed if old == deal else old for old in state.deals))


def deal_of(state: State, terminal: int, number: int) -> Deal:
    """The sale of an intent, of the terminal's present life first."""
    deals = [deal for deal in state.deals if (deal.terminal, deal.number) == (terminal, number)]
    return deals[-1]
