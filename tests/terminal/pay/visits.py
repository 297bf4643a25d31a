"""Visits of model cards at a terminal, and its books afterwards; shared by the tests beside."""

import asyncio

from firmware.core import record
from firmware.terminal.pay.sale import Sale
from tests.terminal.rig import paid_on

AMOUNT = 250_000
PAID = 1_000_000
EXCHANGES = 9


def sell(rig, card, amount=AMOUNT, confirmed=False, resumes=0):
    """One visit of one card."""

    async def visit():
        rig.reader.cards = [card]
        target = (await rig.reader.find())[0]
        try:
            return await Sale(rig.terminal, target, amount, 0, confirmed, resumes).run()
        finally:
            await rig.reader.release()

    return asyncio.run(visit())


def check_books(rig, card, start=PAID):
    """What the journal says was done is what the card lost; no intent has two ends."""
    intents = {h.sequence: c for h, c in rig.pages() if h.kind == record.INTENT}
    outcomes = rig.contents(record.OUTCOME)
    ended = [outcome.ref for outcome in outcomes]
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(intents)
    done = sum(intents[o.ref].amount for o in outcomes if o.result == record.DONE)
    open_doubt = rig.terminal.journal.doubts.of_card(card.state.uid)
    if open_doubt is None:
        assert paid_on(card) == start - done
        assert set(ended) == set(intents)
    else:
        assert start - paid_on(card) - done in (0, open_doubt.amount)
    return done
