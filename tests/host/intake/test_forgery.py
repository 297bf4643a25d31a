"""Thieves who own terminals: right tags over invented content must never be paid out.

They know what their terminals' secure elements do for them: page tags, debit keys. What they
don't have is a card's transaction MAC key, so only what honest cards signed may turn into money.
"""

import pytest

from firmware.core import purse, record
from firmware.core.errors import TAP_CONTRADICTED
from host.intake.tap import State
from tests.host.intake.books import accounts, alarmed, states

PAID = "card:0000000001:paid"


@pytest.fixture
def card(world):
    return world.cards[1]


@pytest.fixture
def upload(world, host):
    """Send everything of these terminals; what was sent before is a duplicate."""

    def send(*numbers):
        for number in numbers:
            terminal = world.terminals[number]
            host.intake.upload(terminal.pages, terminal.branch)
        return accounts(host)

    return send


def sold_on_paper(terminal, card, amount):
    """A sale that no card ever saw, and what the card would say if it had."""
    attempt = terminal.intent(card, amount)
    attempt.outcome(record.DONE, b"forged..")
    return purse.parse_record(attempt.written)


def shown(terminal, card, newest, kind):
    """The terminal claims to have read `newest` from the card."""
    if kind == record.SEEN:
        seen = record.Seen(card.number, card.uid, newest.paid_after, card.statement, newest.pack())
        terminal.write(record.SEEN, seen)
    else:
        terminal.intent(
            card,
            1,
            paid_before=newest.paid_after,
            counter=newest.counter + 1,
            record=newest.pack(),
        )


@pytest.mark.parametrize("kind", [record.SEEN, record.INTENT])
@pytest.mark.parametrize("order", [(101, 102), (102, 101)])
@pytest.mark.parametrize("witness", [102, 201])
def test_terminals_that_vouch_for_each_other_prove_nothing(
    world, host, card, upload, kind, order, witness
):
    newest = sold_on_paper(world.terminals[101], card, 500_000)
    shown(world.terminals[witness], card, newest, kind)
    books = upload(*(witness if number == 102 else number for number in order))
    assert "branch:a:clearing" not in books
    assert states(host)[101, newest.sequence] is State.UNPROVEN


@pytest.mark.parametrize("kind", [record.SEEN, record.INTENT])
def test_an_invented_record_takes_nothing_from_an_honest_sale(world, host, card, upload, kind):
    """A stolen terminal invents a record at the place of a sale whose outcome isn't known yet."""
    honest = world.terminals[101].intent(card, 1_000)
    rival = purse.parse_record(card.next(purse.KIND_SALE, 102, 77, -9))
    shown(world.terminals[201], card, rival, kind)
    upload(201, 101)
    assert states(host)[101, honest.sequence] is State.OPEN


def write_without_debit(terminal, card, amount):
    """Write a log record of a sale on the card and debit nothing; report it as a sale.

    The record's balance must be the true one, or the next terminal refuses the card; so the
    intent claims a higher balance before, and an invented record to go with it.
    """
    before = card.newest
    before.paid_after += amount
    attempt = terminal.intent(card, amount, paid_before=card.paid + amount, record=before.pack())
    logged = purse.parse_record(attempt.written)
    logged.paid_after = card.paid
    card.commit(logged.pack())
    attempt.outcome(record.DONE, b"forged..")
    return attempt


@pytest.mark.parametrize("order", [(101, 201), (201, 101)])
def test_a_record_without_a_debit_is_not_paid(world, host, card, upload, order):
    world.terminals[201].sale(card, 10)
    forged = write_without_debit(world.terminals[101], card, 400_000)
    world.terminals[201].sale(card, 20)
    books = upload(*order)
    assert books == {
        PAID: 400_030,
        "branch:b:clearing": -30,
        "suspense:a": -400_000,
    }
    assert states(host)[101, forged.sequence] is State.UNPROVEN
    assert (TAP_CONTRADICTED, 101, forged.sequence) in alarmed(host)


def test_a_record_without_a_debit_waits_for_the_one_before(world, host, card, upload):
    """The page that would show the lie is held back: nothing is paid until it comes."""
    world.terminals[102].sale(card, 10)
    forged = write_without_debit(world.terminals[101], card, 400_000)
    world.terminals[201].sale(card, 20)
    books = upload(101, 201)
    assert "branch:a:clearing" not in books
    assert states(host)[101, forged.sequence] is State.UNPROVEN
    assert upload(102)["branch:a:clearing"] == -10


def test_two_sales_without_debits_do_not_support_each_other(world, host, card, upload):
    world.terminals[201].sale(card, 10)
    write_without_debit(world.terminals[101], card, 400_000)
    write_without_debit(world.terminals[102], card, 300_000)
    world.terminals[201].sale(card, 20)
    assert "branch:a:clearing" not in upload(101, 102, 201)


def test_an_honest_sale_without_its_answer_is_paid_once_the_list_is_whole(
    world, host, card, upload
):
    world.terminals[102].sale(card, 10)
    lost = world.terminals[101].intent(card, 1_000)
    lost.commit()
    world.terminals[201].sale(card, 20)
    assert "branch:a:clearing" not in upload(201, 101)
    assert states(host)[101, lost.sequence] is State.OPEN
    assert upload(102) == {
        PAID: 1_030,
        "branch:a:clearing": -1_010,
        "branch:b:clearing": -20,
    }
