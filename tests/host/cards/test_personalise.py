"""Issuing against the model card: what is on it, and a tear at every exchange."""

import pytest
from sqlalchemy import delete

from firmware.core import errors, identity, purse
from host import p256
from host.cards import store
from host.cards.desk import Answer, Outcome
from host.db.engine import reading, writing
from host.db.tables.cards import cards
from tests.host.club import AID, Club
from tools.models.card import Card, Tear

_EXCHANGES = 47


@pytest.fixture
def club(tmp_path):
    return Club(tmp_path)


def _data(card: Card, file_no: int) -> bytes:
    return bytes(card.state.applications[AID].files[file_no].content)


def test_an_issued_card_holds_what_the_host_signed(club):
    card = club.issued()
    issued = identity.parse_identity(_data(card, purse.FILE_IDENTITY))
    statement = purse.parse_statement(_data(card, purse.FILE_STATEMENT))
    point = club.keys.public_point
    assert issued.card_number == statement.card_number == 1_000_000_001
    assert issued.uid == card.state.uid
    signature = _data(card, purse.FILE_IDENTITY)[identity.BODY :]
    assert p256.verify(point, issued.digest(), signature)
    signature = _data(card, purse.FILE_STATEMENT)[purse.STATEMENT_BODY :]
    assert p256.verify(point, statement.digest(card.state.uid), signature)


def test_an_issued_card_starts_empty_with_full_meters(club):
    truth = club.issued().truth(AID)
    full = purse.METER_FULL
    assert truth.values == {
        purse.FILE_PAID: 0,
        purse.FILE_BONUS_SPENT: full,
        purse.FILE_POINTS_SPENT: full,
    }
    assert truth.tmc == 1


def test_no_key_of_an_issued_card_is_the_factorys(club):
    card = club.issued()
    keys = [key.value for key in card.state.applications[AID].keys]
    assert len(set(keys)) == purse.KEY_COUNT
    assert bytes(16) not in keys


def test_issuing_again_by_the_same_request_repeats_the_answer(club):
    card = club.blank()
    request = club.request(card)
    first = club.issue(card, request)
    assert first == Answer(Outcome.DONE, 1_000_000_001)
    assert club.issue(card, request) == first


def test_an_issued_card_is_never_formatted(club):
    card = club.issued()
    club.top_up(card, 250_000)
    answer = club.issue(card)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_DONE, errors.CARD_ISSUED)
    assert card.truth(AID).values[purse.FILE_PAID] == 250_000


def test_issuing_takes_the_exchanges_that_the_tear_test_counts(club):
    card = club.blank()
    card.tear = Tear(_EXCHANGES + 1, "before")
    assert club.issue(card).reason == 0
    assert card.tear is not None
    card.tear = None


@pytest.mark.parametrize("phase", ["before", "during-back", "during-done", "after"])
def test_a_tear_at_any_exchange_is_healed_by_issuing_again(club, phase):
    kind, _, end = phase.partition("-")
    outcome = "done" if end == "done" else "rolled_back"
    for exchange in range(1, _EXCHANGES + 1):
        card = club.blank(exchange)
        card.tear = Tear(exchange, kind, outcome=outcome)
        torn = club.issue(card)
        if card.tear is None and torn.outcome != Outcome.DONE:
            with reading(club.engine) as conn:
                row = store.card_by_uid(conn, card.state.uid)
            assert row.state == store.CardState.UNCONFIRMED
            assert club.top_up(card, 1_000).reason == errors.CARD_UNFINISHED
        card.tear = None
        again = club.issue(card)
        if torn.outcome == Outcome.DONE:
            assert again.reason == errors.CARD_ISSUED
        else:
            assert again.outcome == Outcome.DONE, (exchange, again)
        assert club.top_up(card, 1_000).paid_minor == 1_000


def test_a_card_keeps_its_number_over_interrupted_tries(club):
    card = club.blank()
    for exchange in (5, 20, 40):
        card.tear = Tear(exchange, "before")
        club.issue(card)
    assert club.issue(card).card_number == 1_000_000_001
    assert club.issue(club.blank(2)).card_number == 1_000_000_002


def test_a_card_with_our_keys_that_the_host_forgot_is_left_alone(club):
    card = club.issued()
    club.top_up(card, 250_000)
    with writing(club.engine) as conn:
        conn.execute(delete(cards))
    assert club.issue(card).reason == errors.CARD_ISSUED
    assert card.truth(AID).values[purse.FILE_PAID] == 250_000


def test_another_card_than_announced_is_left_alone(club):
    card = club.blank(1)
    answer = club.issue(card, club.request(club.blank(2)))
    assert answer.reason == errors.CARD_INCONSISTENT
    assert AID not in card.state.applications


def test_a_chip_without_transaction_mac_is_refused(club):
    uid = bytes.fromhex("04112233445566")
    card = Card.create(None, uid, "ntag424", random_bytes=club.randomness.bytes)
    assert club.issue(card).outcome == Outcome.NOT_DONE


def test_a_card_that_another_club_issued_is_refused(club, tmp_path):
    card = club.issued()
    (tmp_path / "other").mkdir()
    assert Club(tmp_path / "other").issue(card).reason == errors.CARD_ISSUED
    assert AID in card.state.applications


def test_a_card_whose_key_is_a_strangers_is_refused(club):
    card = club.blank()
    card.state.picc.keys[0].value = bytes(range(16))
    assert club.issue(card).reason == errors.CARD_AUTH
    assert AID not in card.state.applications
