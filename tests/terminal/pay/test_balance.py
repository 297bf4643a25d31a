import asyncio

from firmware.core import errors, purse, record
from firmware.terminal.pay import result
from firmware.terminal.pay.balance import inquire
from tests.terminal.pay.visits import AMOUNT, EXCHANGES, PAID, check_books, sell
from tests.terminal.rig import Rig, issued_card, newest_on, paid_on, tear


def ask_balance(rig, card):
    async def visit():
        rig.reader.cards = [card]
        target = (await rig.reader.find())[0]
        ending = await inquire(rig.terminal, target)
        await rig.reader.release()
        return ending

    return asyncio.run(visit())


def test_a_balance_tap_settles_a_doubt_and_never_debits():
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(EXCHANGES, "after")
    sell(rig, card)
    ending = ask_balance(rig, card)
    assert (ending.kind, ending.reason) == (result.EARLIER, errors.DOUBT_DONE)
    assert (ending.amount, ending.paid_after) == (AMOUNT, PAID - AMOUNT)
    assert check_books(rig, card) == AMOUNT
    (seen,) = rig.contents(record.SEEN)
    assert (seen.card_number, seen.paid) == (1, PAID - AMOUNT)
    assert purse.parse_record(seen.record).sequence == newest_on(card).sequence
    assert ask_balance(rig, card).kind == result.BALANCE
    assert paid_on(card) == PAID - AMOUNT
    assert sell(rig, card).kind == result.CONFIRM  # not taken twice unasked


def test_a_balance_tap_that_finds_a_doubt_not_done_is_a_balance():
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(EXCHANGES, "before")
    sell(rig, card)
    ending = ask_balance(rig, card)
    assert (ending.kind, ending.paid_after) == (result.BALANCE, PAID)
    assert check_books(rig, card) == 0
