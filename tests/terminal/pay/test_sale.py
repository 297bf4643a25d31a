import pytest

from firmware.core import errors, purse, record, tmac
from firmware.terminal.pay import result
from host.crypto import Aes
from tests.terminal.pay.visits import AMOUNT, EXCHANGES, PAID, check_books, sell
from tests.terminal.rig import (
    NOW,
    TERMINAL,
    Rig,
    card_key,
    config_body,
    issued_card,
    newest_on,
    paid_on,
    sale_elsewhere,
    tear,
)
from tools.models.card import Card
from tools.models.power import PowerCutError


def tmv_is_proven(rig, card, outcome):
    """The host's check: the card's transaction MAC over what the journal kept."""
    header, intent = next(
        (h, c) for h, c in rig.pages() if h.kind == record.INTENT and h.sequence == outcome.ref
    )
    tmi = purse.sale_tmi(
        intent.statement,
        intent.record,
        intent.paid_before,
        intent.amount,
        purse.intent_record(intent, header),
    )
    master = card_key(card.state.uid, purse.KEY_TRANSACTION_MAC)
    keys = tmac.session_keys(Aes, master, outcome.counter, card.state.uid)
    return tmac.tmv(Aes, keys[0], tmi) == outcome.tmv


def test_a_sale_takes_nine_exchanges_and_leaves_what_the_host_needs_to_prove_it():
    rig, card = Rig(), issued_card(paid=PAID)
    ending = sell(rig, card)
    assert (ending.kind, ending.paid_after) == (result.DONE, PAID - AMOUNT)
    assert rig.reader.exchanges == EXCHANGES
    (outcome,) = rig.contents(record.OUTCOME)
    assert (outcome.result, outcome.how) == (record.DONE, record.BY_ANSWER)
    assert outcome.counter == card.truth(0x564146).tmc
    assert tmv_is_proven(rig, card, outcome)
    newest = newest_on(card)
    assert (newest.terminal, newest.sequence) == (TERMINAL, outcome.ref)
    assert check_books(rig, card) == AMOUNT


def test_the_intent_is_durable_before_the_debit_and_the_outcome_before_success():
    rig, card = Rig(), issued_card(paid=PAID)
    seen = {}

    def look(exchange):
        seen[exchange] = [h.kind for h, _ in rig.pages()]

    rig.reader.on_exchange = look
    sell(rig, card)
    assert record.INTENT not in seen[6]
    assert record.INTENT in seen[7]
    assert record.OUTCOME not in seen[EXCHANGES]


@pytest.mark.parametrize("at", range(1, EXCHANGES + 1))
@pytest.mark.parametrize("phase", ["before", "after", "rolled_back", "done"])
def test_a_card_torn_at_any_exchange_ends_done_or_not_done_at_the_next_tap(at, phase):
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(at, phase) if phase in {"before", "after"} else tear(at, "during", phase)
    first = sell(rig, card)
    assert first.kind == (result.DOUBT if at == EXCHANGES else result.AGAIN)
    check_books(rig, card)
    was_taken = paid_on(card) < PAID
    assert was_taken == (at == EXCHANGES and phase in {"after", "done"})
    second = sell(rig, card, resumes=first.sequence)
    assert second.kind == result.DONE
    assert check_books(rig, card) == AMOUNT  # never twice
    if was_taken:
        (outcome,) = rig.contents(record.OUTCOME)
        assert outcome.how == record.BY_CARD
        assert tmv_is_proven(rig, card, outcome)


@pytest.mark.parametrize("at", range(1, EXCHANGES + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_power_lost_at_any_exchange_is_settled_after_the_restart(at, when):
    rig, card = Rig(), issued_card(paid=PAID)
    rig.reader.cut = (at, when)
    with pytest.raises(PowerCutError):
        sell(rig, card)
    rig.boot()
    check_books(rig, card)
    was_taken = paid_on(card) < PAID
    # After a restart nobody can say whether the same amount is the same purchase: not taken twice.
    assert sell(rig, card).kind == (result.EARLIER if was_taken else result.DONE)
    assert check_books(rig, card) == AMOUNT
    assert rig.terminal.journal.refuse_sale() == 0


@pytest.mark.parametrize("effect", ["none", "torn", "complete"])
@pytest.mark.parametrize("operation", [1, 2])
@pytest.mark.parametrize("filled", [0, 11, 12, 13])
def test_power_lost_at_any_flash_operation_of_a_sale(effect, operation, filled):
    """`filled` moves the sale over the sector's end, where more happens."""
    rig, card = Rig(), issued_card(paid=PAID)
    for value in range(filled):
        rig.terminal.journal.append(record.EVENT, record.Event(221, value))
    rig.nor.cut_at(operation, effect)
    with pytest.raises(PowerCutError):
        sell(rig, card)
    rig.nor.cut_at(1, effect)  # and again during recovery
    with pytest.raises(PowerCutError):
        rig.boot()
    rig.boot()
    was_done = check_books(rig, card) == AMOUNT
    was_taken = paid_on(card) < PAID
    ending = sell(rig, card)
    if was_done:
        # A sale whose success nobody may have seen asks before it is repeated.
        assert ending.kind == result.CONFIRM
    else:
        assert ending.kind == (result.EARLIER if was_taken else result.DONE)
    assert check_books(rig, card) == AMOUNT


def test_a_doubt_torn_again_while_it_is_resolved_stays_open_until_it_is_read():
    for at in range(1, 8):
        rig, card = Rig(), issued_card(paid=PAID)
        card.tear = tear(EXCHANGES, "after")
        doubt = sell(rig, card)
        assert doubt.kind == result.DOUBT
        card.tear = tear(at, "before")
        assert sell(rig, card, resumes=doubt.sequence).kind == result.AGAIN
        assert len(rig.terminal.journal.doubts) == 1
        assert sell(rig, card, resumes=doubt.sequence).kind == result.DONE
        assert check_books(rig, card) == AMOUNT


@pytest.mark.parametrize("later", [AMOUNT, AMOUNT + 1])
def test_a_new_sale_is_not_begun_in_the_tap_that_settles_an_earlier_one(later):
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(EXCHANGES, "after")
    sell(rig, card)
    ending = sell(rig, card, later)
    assert (ending.kind, ending.reason, ending.amount) == (
        result.EARLIER,
        errors.DOUBT_DONE,
        AMOUNT,
    )
    assert check_books(rig, card) == AMOUNT
    assert sell(rig, card, later, confirmed=True).kind == result.DONE
    assert check_books(rig, card) == AMOUNT + later


@pytest.mark.parametrize(
    ("others", "phase"),
    [(others, phase) for others in (1, 2, 4, 7) for phase in ("before", "after")]
    + [(8, "before")],  # the oldest record that the card still shows is the one in our place
)
def test_a_doubt_is_found_in_the_log_after_taps_elsewhere(phase, others):
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(EXCHANGES, phase)
    sell(rig, card)
    for sequence in range(others):
        sale_elsewhere(card, 10, sequence=sequence + 1)
    start = PAID - 10 * others
    ending = sell(rig, card, 300)
    outcome = rig.contents(record.OUTCOME)[0]
    if phase == "after":
        assert ending.kind == result.EARLIER
        assert (outcome.result, outcome.how, outcome.tmv) == (
            record.DONE,
            record.BY_CARD,
            bytes(8),
        )
        assert outcome.paid_after == PAID - AMOUNT
        assert check_books(rig, card, start) == AMOUNT
    else:
        # Its own transaction: what the search read is not in the new sale's transaction MAC.
        assert ending.kind == result.DONE
        assert (outcome.result, outcome.how) == (record.NOT_DONE, record.BY_CARD)
        assert tmv_is_proven(rig, card, rig.contents(record.OUTCOME)[1])
        assert check_books(rig, card, start) == 300


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_doubt_beyond_the_cards_memory_is_left_to_the_host(phase):
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(EXCHANGES, phase)
    sell(rig, card)
    for sequence in range(9):
        sale_elsewhere(card, 10, sequence=sequence + 1)
    assert sell(rig, card, 300).kind == result.DONE
    assert [o.ref for o in rig.contents(record.OUTCOME)] == [rig.pages()[-1][0].sequence - 1]
    handed = [e for e in rig.contents(record.EVENT) if e.code == errors.DOUBT_HANDED_OVER]
    assert len(handed) == 1
    rig.boot()
    assert len(rig.terminal.journal.doubts) == 0


def test_a_doubt_stays_one_when_the_card_is_refused_before_it_has_told():
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(EXCHANGES, "after")
    doubt = sell(rig, card)
    random, rig.se.random = rig.se.random, lambda count: bytes([7] * count)
    ending = sell(rig, card, resumes=doubt.sequence)
    assert (ending.kind, ending.reason) == (result.DOUBT, errors.RANDOM_STUCK)
    assert ending.sequence == doubt.sequence
    # A new sale of that card is another matter: of its amount nothing was taken.
    assert sell(rig, card, 300).kind == result.REFUSED
    rig.se.random = random
    assert sell(rig, card, resumes=doubt.sequence).kind == result.DONE
    assert check_books(rig, card) == AMOUNT


def test_a_counter_beyond_the_expected_is_booked_and_reported():
    rig, card = Rig(), issued_card(paid=PAID)

    # Somebody with key 1 commits a transaction that only reads: the counter moves, no record does.
    def commit_of_reads():
        sale_elsewhere(card, 5)
        card.alter_value(0x564146, purse.FILE_PAID, PAID)

    before = card.truth(0x564146).newest_records[purse.FILE_LOG]
    commit_of_reads()
    log = card.state.applications[0x564146].files[purse.FILE_LOG]
    log.records[-1] = before
    ending = sell(rig, card)
    assert ending.kind == result.DONE
    (outcome,) = rig.contents(record.OUTCOME)
    (intent,) = rig.contents(record.INTENT)
    assert outcome.counter == intent.counter + 1
    assert [e.value for e in rig.contents(record.EVENT) if e.code == errors.COUNTER_JUMP] == [
        outcome.counter
    ]
    assert tmv_is_proven(rig, card, outcome)


def test_a_note_that_fails_after_the_outcome_changes_nothing():
    rig, card = Rig(), issued_card(paid=PAID)
    before = card.truth(0x564146).newest_records[purse.FILE_LOG]
    sale_elsewhere(card, 5)  # so that the counter jumps
    card.alter_value(0x564146, purse.FILE_PAID, PAID)
    card.state.applications[0x564146].files[purse.FILE_LOG].records[-1] = before
    for _ in range(11):  # the outcome is the last page of its sector
        rig.terminal.journal.append(record.EVENT, record.Event(221, 0))

    sign = rig.se.sign

    def fail_once(_):
        rig.se.sign = sign
        raise errors.VafaError(errors.SE_FAULT)

    rig.se.sign = fail_once
    ending = sell(rig, card)
    assert (ending.kind, ending.paid_after) == (result.DONE, PAID - AMOUNT)
    (outcome,) = rig.contents(record.OUTCOME)
    assert outcome.result == record.DONE


def foreign_card():
    return Card.create(None, bytes.fromhex("04112233445566"))


def card_of_other_keys():
    card = issued_card(3)
    card.state.uid = bytes.fromhex("04998877665544")
    return card


REFUSALS = {
    "foreign application": (foreign_card, {}, {}, errors.CARD_FOREIGN),
    "wrong keys": (card_of_other_keys, {}, {}, errors.CARD_AUTH),
    "too little on the card": (
        lambda: issued_card(paid=AMOUNT - 1),
        {},
        {},
        errors.PURSE_TOO_SMALL,
    ),
    "blocked": (lambda: issued_card(flags=1), {}, {}, errors.PURSE_BLOCKED),
    "expired": (
        lambda: issued_card(expiry_day=NOW // 86400 - 1),
        {},
        {},
        errors.PURSE_EXPIRED,
    ),
    "another currency unit": (lambda: issued_card(currency_unit=2), {}, {}, errors.PURSE_CURRENCY),
    "hotlisted": (lambda: issued_card(7), {}, {"hotlist": (3, 7, 9)}, errors.PURSE_HOTLISTED),
    "amount above the limit": (issued_card, {"max_tap_minor": 99}, {}, errors.AMOUNT_LIMIT),
    "expired lease": (issued_card, {"lease": {"expires_at": NOW}}, {}, errors.LEASE_EXPIRED),
    "lease without records": (
        issued_card,
        {"lease": {"max_records": 0}},
        {},
        errors.LEASE_RECORDS,
    ),
    "lease without value": (
        issued_card,
        {"lease": {"max_value_minor": AMOUNT - 1}},
        {},
        errors.LEASE_VALUE,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_why_is_journalled_and_takes_nothing(name):
    make, config, options, reason = REFUSALS[name]
    rig, card = Rig(config_body(**config), **options), make()
    before = card.truth(0x564146).values if 0x564146 in card.state.applications else None
    ending = sell(rig, card)
    assert (ending.kind, ending.reason) == (result.REFUSED, reason)
    (refusal,) = rig.contents(record.REFUSAL)
    assert (refusal.reason, refusal.amount, refusal.uid) == (reason, AMOUNT, card.state.uid)
    assert not rig.contents(record.INTENT)
    if before is not None:
        assert card.truth(0x564146).values == before


def test_a_full_journal_refuses_before_anything_is_written_on_the_card():
    rig, card = Rig(), issued_card(paid=PAID)
    journal = rig.terminal.journal
    while not journal.refuse_note():
        journal.append(record.EVENT, record.Event(221, 0))
    while not journal.refuse_sale():
        journal.append(record.EVENT, record.Event(221, 0))
    ending = sell(rig, card)
    assert (ending.kind, ending.reason) == (result.REFUSED, errors.JOURNAL_FULL)
    assert paid_on(card) == PAID


def test_files_that_disagree_are_refused():
    rig, card = Rig(), issued_card(paid=PAID)
    card.alter_value(0x564146, purse.FILE_PAID, PAID + 1)
    ending = sell(rig, card)
    assert (ending.kind, ending.reason) == (result.REFUSED, errors.PURSE_FORMAT)


def test_a_stuck_random_source_stops_the_tap():
    rig, card = Rig(), issued_card(paid=PAID)
    rig.se.random = lambda count: bytes([7] * count)
    ending = sell(rig, card)
    assert (ending.kind, ending.reason) == (result.REFUSED, errors.RANDOM_STUCK)


def test_the_same_card_and_amount_within_a_minute_asks_first():
    rig, card = Rig(), issued_card(paid=PAID)
    sell(rig, card, 100)
    assert sell(rig, card, 100).kind == result.CONFIRM
    assert sell(rig, card, 101).kind == result.DONE
    assert sell(rig, card, 100, confirmed=True).kind == result.DONE
    rig.time.now_ms += 60_000
    assert sell(rig, card, 100).kind == result.DONE
    assert check_books(rig, card) == 401
