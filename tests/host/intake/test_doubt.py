"""What is known of a sale whose outcome was lost, and where its amount stands meanwhile."""

import pytest
from sqlalchemy import select

from firmware.core import record
from firmware.core.errors import TAP_CONTRADICTED, TAP_MAC_UNKNOWN, TAP_MAC_WRONG
from host.db.engine import reading
from host.db.tables.intake import taps
from host.intake.tap import State
from host.settlement.status import read_status
from tests.host.intake.books import accounts, alarmed, states

PAID, UNKNOWN = "card:0000000001:paid", "card:0000000001:unknown"
CLEARING_A, CLEARING_B = "branch:a:clearing", "branch:b:clearing"


@pytest.fixture
def card(world):
    return world.cards[1]


@pytest.fixture
def here(world):
    return world.terminals[101]


@pytest.fixture
def elsewhere(world):
    return world.terminals[201]


@pytest.fixture
def upload(world, host):
    """Send everything of these terminals; what was sent before is a duplicate."""

    def send(*terminals):
        for terminal in terminals or world.terminals.values():
            if terminal.pages:
                host.intake.upload(terminal.pages, terminal.branch)
        return accounts(host)

    return send


def test_intent_alone_stands_in_the_unknown_account(card, here, upload):
    here.intent(card, 1_000).commit()
    assert upload() == {PAID: 1_000, UNKNOWN: -1_000}


def test_late_outcome_settles_the_doubt(card, here, upload):
    attempt = here.intent(card, 1_000)
    attempt.commit()
    upload()
    attempt.outcome(record.DONE)
    assert upload() == {PAID: 1_000, CLEARING_A: -1_000}


def test_not_done_gives_back(card, here, upload):
    attempt = here.intent(card, 1_000)
    upload()
    attempt.outcome(record.NOT_DONE)
    assert upload() == {}


def test_next_tap_at_another_branch_proves_it(card, here, elsewhere, upload):
    here.intent(card, 1_000).commit()
    upload()
    elsewhere.sale(card, 200)
    assert upload() == {PAID: 1_200, CLEARING_A: -1_000, CLEARING_B: -200}


def test_next_tap_at_another_branch_disproves_it(card, here, elsewhere, upload):
    here.intent(card, 1_000)
    upload()
    elsewhere.sale(card, 200)
    assert upload() == {PAID: 200, CLEARING_B: -200}


def test_proof_may_arrive_before_what_it_proves(card, here, elsewhere, upload, host):
    attempt = here.intent(card, 1_000)
    attempt.commit()
    elsewhere.sale(card, 200)
    assert upload(elsewhere) == {PAID: 200, CLEARING_B: -200}
    assert states(host)[101, attempt.sequence] is State.MISSING
    with reading(host.engine) as conn:
        status = read_status(conn, 0, 0)
    assert (status.suspense, status.suspense_minor) == (1, 1_000)
    assert upload(here) == {PAID: 1_200, CLEARING_A: -1_000, CLEARING_B: -200}


def test_disproof_may_arrive_before_what_it_disproves(card, here, elsewhere, upload, host):
    attempt = here.intent(card, 1_000)
    elsewhere.sale(card, 200)
    upload(elsewhere)
    assert upload(here) == {PAID: 200, CLEARING_B: -200}
    assert states(host)[101, attempt.sequence] is State.NOT_DONE


def test_card_seen_elsewhere_proves_nothing_without_its_mac(card, here, elsewhere, upload):
    here.intent(card, 1_000).commit()
    upload()
    elsewhere.seen(card)
    assert upload() == {PAID: 1_000, UNKNOWN: -1_000}


def test_card_seen_elsewhere_disproves_nothing(card, here, elsewhere, upload):
    """The sighting may have been before the tap: branches' clocks and journals aren't in order."""
    elsewhere.seen(card)
    here.intent(card, 1_000).commit()
    upload(here)
    assert upload() == {PAID: 1_000, UNKNOWN: -1_000}


def test_terminals_own_later_sighting_disproves(card, here, upload, host):
    attempt = here.intent(card, 1_000)
    here.seen(card)
    assert upload() == {}
    assert states(host)[101, attempt.sequence] is State.NOT_DONE


def test_terminals_own_sighting_is_only_a_claim(card, here, upload):
    here.intent(card, 1_000).commit()
    here.seen(card)
    assert upload() == {PAID: 1_000, "suspense:a": -1_000}


@pytest.mark.parametrize("tmv", [bytes(8), b"wrong..."])
def test_sale_without_the_cards_proof_is_in_suspense(card, here, upload, tmv, host):
    attempt = here.intent(card, 1_000)
    attempt.commit()
    attempt.outcome(record.DONE, tmv)
    assert upload() == {PAID: 1_000, "suspense:a": -1_000}


def test_later_proven_tap_releases_suspense(card, here, upload):
    attempt = here.intent(card, 1_000)
    attempt.commit()
    attempt.outcome(record.DONE, b"wrong...")
    upload()
    here.sale(card, 200)
    assert upload() == {PAID: 1_200, CLEARING_A: -1_200}


def test_claim_of_a_terminal_gives_way_to_the_cards_list(card, here, elsewhere, upload, host):
    """A terminal says done, but the card went on from the record before: no money was taken."""
    attempt = here.intent(card, 1_000)
    attempt.outcome(record.DONE, b"forged..")
    upload()
    elsewhere.sale(card, 200)
    assert upload() == {PAID: 200, CLEARING_B: -200}
    assert (TAP_CONTRADICTED, 101, attempt.sequence) in alarmed(host)


def test_denial_of_a_terminal_gives_way_to_the_cards_list(card, here, elsewhere, upload, host):
    attempt = here.intent(card, 1_000)
    attempt.commit()
    attempt.outcome(record.NOT_DONE)
    upload()
    elsewhere.sale(card, 200)
    assert upload() == {PAID: 1_200, CLEARING_A: -1_000, CLEARING_B: -200}
    assert (TAP_CONTRADICTED, 101, attempt.sequence) in alarmed(host)


def test_reported_amount_that_the_card_contradicts(card, here, elsewhere, upload, host):
    """A terminal debits one amount and reports another: nothing of it is proven."""
    attempt = here.intent(card, 1_000)
    card.commit(card.next(2, 101, attempt.sequence, -5_000))
    elsewhere.sale(card, 200)
    assert upload() == {PAID: 1_200, UNKNOWN: -1_000, CLEARING_B: -200}
    assert (TAP_CONTRADICTED, 101, attempt.sequence) in alarmed(host)


def test_chain_of_three_unreported_commits(card, here, elsewhere, world, upload):
    """Each tap proves the one before, across terminals, though only the last has its answer."""
    here.intent(card, 100).commit()
    world.terminals[102].intent(card, 20).commit()
    elsewhere.sale(card, 3)
    assert upload() == {PAID: 123, CLEARING_A: -120, CLEARING_B: -3}


def test_reasons_are_kept_with_the_tap(card, here, upload, host):
    for counter, tmv in ((3, bytes(8)), (4, b"wrong..."), (0, b"nonsense")):
        attempt = here.intent(card, 1_000)
        attempt.commit()
        attempt.counter = counter
        attempt.outcome(record.DONE, tmv)
        here.seen(card)
    upload()
    with reading(host.engine) as conn:
        sales = select(taps.c.reason).where(taps.c.terminal == 101).order_by(taps.c.sequence)
        reasons = conn.execute(sales).scalars().all()
    assert reasons == [TAP_MAC_UNKNOWN, TAP_MAC_WRONG, TAP_MAC_UNKNOWN]
