"""Top-ups by the host: presumed given until the card has said what became of them."""

import pytest

from firmware.core import purse
from host.db.engine import reading, writing
from host.intake import top_ups
from host.intake.tap import State
from tests.host.intake.books import accounts
from tests.host.journals import NOW

PAID, UNKNOWN = "card:0000000001:paid", "card:0000000001:unknown"
CASH_A = "branch:a:cash_in"
REQUEST = bytes(range(16))
OTHER_REQUEST = bytes(16)


@pytest.fixture
def card(world):
    return world.cards[1]


@pytest.fixture
def start(host, card):
    def begin(request=REQUEST, amount=5_000):
        with writing(host.engine) as conn:
            number = top_ups.next_record_number(conn)
            written = card.next(purse.KIND_TOP_UP, 0, number, amount)
            top_ups.start_top_up(
                conn,
                request_id=request,
                sequence=number,
                card_number=card.number,
                branch="a",
                amount_minor=amount,
                predecessor=card.newest,
                as_of=number - 1,
                now=NOW,
            )
        return written

    return begin


def finish(host, request=REQUEST):
    with writing(host.engine) as conn:
        return top_ups.finish_top_up(conn, request, now=NOW)


def seen(host, card, depth=1, as_of=None):
    """A session that began now, or at an earlier event, read the newest `depth` records."""
    records = [purse.parse_record(raw) for raw in reversed(card.log[-depth:])]
    with writing(host.engine) as conn:
        began = top_ups.last_event(conn) if as_of is None else as_of
        top_ups.seen(conn, card.number, records, as_of=began, now=NOW)


def test_presumed_then_done(host, card, start):
    card.commit(start())
    assert accounts(host) == {CASH_A: 5_000, UNKNOWN: -5_000}
    assert finish(host).state is State.PROVEN
    assert accounts(host) == {CASH_A: 5_000, PAID: -5_000}


def test_proof_that_comes_after_a_denial_counts(host, card, start):
    written = start()
    seen(host, card)
    assert accounts(host) == {}
    card.commit(written)
    assert finish(host).state is State.PROVEN
    assert accounts(host) == {CASH_A: 5_000, PAID: -5_000}


def test_answer_again_changes_nothing(host, card, start):
    card.commit(start())
    for _ in range(2):
        assert finish(host).state is State.PROVEN
    assert accounts(host) == {CASH_A: 5_000, PAID: -5_000}


def test_same_request_again_is_the_same_top_up(host, start):
    start()
    start()
    assert accounts(host) == {CASH_A: 5_000, UNKNOWN: -5_000}


def test_same_request_with_another_amount_is_refused(host, start):
    start()
    with pytest.raises(Exception, match="421"):
        start(amount=6_000)
    assert accounts(host) == {CASH_A: 5_000, UNKNOWN: -5_000}


def test_unknown_request(host):
    with pytest.raises(Exception, match="467"):
        finish(host)


def test_reading_the_card_proves_a_presumed_top_up(host, card, start):
    card.commit(start())
    seen(host, card)
    assert accounts(host) == {CASH_A: 5_000, PAID: -5_000}


def test_reading_the_card_disproves_a_presumed_top_up(host, card, start):
    start()
    seen(host, card)
    assert accounts(host) == {}


def test_a_reading_that_began_before_the_top_up_denies_nothing(host, card, start):
    with reading(host.engine) as conn:
        began = top_ups.last_event(conn)
    start()
    seen(host, card, as_of=began)
    assert accounts(host) == {CASH_A: 5_000, UNKNOWN: -5_000}


def test_the_next_top_up_resolves_the_one_before(host, card, start):
    card.commit(start())
    card.commit(start(OTHER_REQUEST, 700))
    assert accounts(host) == {CASH_A: 5_700, PAID: -5_000, UNKNOWN: -700}
    with reading(host.engine) as conn:
        assert top_ups.open_top_up(conn, card.number).request_id == OTHER_REQUEST
        assert top_ups.find_top_up(conn, REQUEST).state is State.PROVEN


def test_a_sale_in_between_hides_the_top_up_from_the_newest_record(world, host, card, start):
    card.commit(start())
    world.terminals[201].sale(card, 200)
    with pytest.raises(Exception, match="427"):
        start(OTHER_REQUEST, 700)
    seen(host, card, depth=2)
    card.commit(start(OTHER_REQUEST, 700))
    assert accounts(host) == {CASH_A: 5_700, PAID: -5_000, UNKNOWN: -700}


def test_the_terminals_journal_shows_it_too(world, host, card, start):
    card.commit(start())
    world.terminals[201].sale(card, 200)
    host.intake.upload(world.terminals[201].pages)
    assert accounts(host) == {CASH_A: 5_000, PAID: -4_800, "branch:b:clearing": -200}


def test_a_sale_at_its_place_disproves_it(world, host, card, start):
    start()
    world.terminals[201].sale(card, 200)
    host.intake.upload(world.terminals[201].pages)
    assert accounts(host) == {PAID: 200, "branch:b:clearing": -200}


def test_reading_the_card_settles_terminals_doubt(world, host, card):
    world.terminals[101].intent(card, 1_000).commit()
    host.intake.upload(world.terminals[101].pages)
    seen(host, card)
    assert accounts(host) == {PAID: 1_000, "branch:a:clearing": -1_000}


def test_reading_an_older_record_proves_it_once_the_newest_is_reported(world, host, card):
    """Only a balance shows that money was taken, and the card shows the newest one alone."""
    world.terminals[101].intent(card, 1_000).commit()
    world.terminals[201].intent(card, 100).commit()
    host.intake.upload(world.terminals[101].pages)
    seen(host, card, depth=2)
    assert accounts(host) == {PAID: 1_000, UNKNOWN: -1_000}
    host.intake.upload(world.terminals[201].pages)
    assert accounts(host) == {PAID: 1_100, "branch:a:clearing": -1_000, "branch:b:clearing": -100}
