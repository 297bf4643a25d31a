"""Relayed top-ups against the model card: proofs, tears at every exchange, replays."""

import pytest

from firmware.core import errors, purse
from host.cards import relay
from host.cards.desk import Answer, Outcome, Request
from host.cards.policy import Policy
from tests.host.club import AID, Club, paid_on, replies_to, tap
from tools.models.card import Tear

AMOUNT = 250_000
_EXCHANGES = 9
_COMMIT = 9


@pytest.fixture
def club(tmp_path):
    return Club(tmp_path)


def test_a_top_up_is_on_the_card_and_in_the_ledger(club):
    card = club.issued()
    answer = club.top_up(card, AMOUNT)
    assert answer == Answer(Outcome.DONE, 1_000_000_001, AMOUNT)
    assert paid_on(card) == AMOUNT
    assert club.ledger_of(answer.card_number) == (AMOUNT, 0)
    assert club.ledger_sum() == 0


def test_the_cards_record_names_the_host_and_the_next_counter(club):
    card = club.issued()
    club.top_up(card, AMOUNT)
    record = purse.parse_record(card.truth(AID).newest_records[purse.FILE_LOG])
    assert (record.kind, record.terminal, record.counter) == (purse.KIND_TOP_UP, 0, 2)
    assert (record.paid_delta, record.paid_after) == (AMOUNT, AMOUNT)


def test_the_same_request_never_credits_twice(club):
    card = club.issued()
    request = club.request(card, AMOUNT)
    first = club.top_up(card, request=request)
    assert club.top_up(card, request=request) == first
    assert paid_on(card) == AMOUNT


def test_the_same_request_with_another_amount_is_refused(club):
    card = club.issued()
    request = club.request(card, AMOUNT)
    club.top_up(card, request=request)
    other = club.request(card, AMOUNT + 1, request.request_id)
    assert club.top_up(card, request=other).reason == errors.REQUEST_CONFLICT
    assert paid_on(card) == AMOUNT


@pytest.mark.parametrize("exchange", range(1, _EXCHANGES + 1))
@pytest.mark.parametrize("phase", ["before", "during-back", "during-done", "after"])
def test_a_tear_at_any_exchange_is_resolved_by_the_next_read(club, exchange, phase):
    card = club.issued()
    club.top_up(card, AMOUNT)
    kind, _, end = phase.partition("-")
    card.tear = Tear(exchange, kind, outcome="done" if end == "done" else "rolled_back")
    request = club.request(card, AMOUNT)
    answer = club.top_up(card, request=request)
    truly = paid_on(card) - AMOUNT
    committed = exchange == _COMMIT and phase in ("during-done", "after")
    assert truly == (AMOUNT if committed else 0)
    # Once the script with the commit is out, only the card can say that nothing was credited.
    expected = Outcome.NOT_DONE if exchange < 7 else Outcome.PRESUMED
    assert answer.outcome == expected
    if expected == Outcome.PRESUMED:
        assert club.ledger_of(answer.card_number) == (AMOUNT, AMOUNT)

    read = club.read(card)
    assert read == Answer(Outcome.DONE, 1_000_000_001, AMOUNT + truly)
    assert club.ledger_of(read.card_number) == (AMOUNT + truly, 0)
    assert club.ledger_sum() == 0


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_repeated_request_learns_what_became_of_a_torn_commit(club, phase):
    card = club.issued()
    card.tear = Tear(_COMMIT, phase)
    request = club.request(card, AMOUNT)
    assert club.top_up(card, request=request).outcome == Outcome.PRESUMED
    truly = paid_on(card)
    answer = club.top_up(card, request=request)
    assert answer.outcome == (Outcome.DONE if truly else Outcome.NOT_DONE)
    assert answer.paid_minor == truly == paid_on(card)
    assert club.top_up(card, request=request) == answer


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_new_top_up_first_resolves_the_presumed_one(club, phase):
    card = club.issued()
    card.tear = Tear(_COMMIT, phase)
    club.top_up(card, AMOUNT)
    truly = paid_on(card)
    answer = club.top_up(card, 70_000)
    assert answer == Answer(Outcome.DONE, 1_000_000_001, truly + 70_000)
    assert club.ledger_of(answer.card_number) == (truly + 70_000, 0)


def test_a_lost_card_counts_as_credited_until_it_is_read(club):
    card = club.issued()
    card.tear = Tear(_COMMIT, "before")
    answer = club.top_up(card, AMOUNT)
    assert (answer.outcome, answer.reason) == (Outcome.PRESUMED, errors.TOP_UP_PRESUMED)
    assert club.ledger_of(answer.card_number) == (0, AMOUNT)


def test_invented_silence_sends_no_cash_back(club):
    """A reader that hides the commit's answer can't make the host say "not done"."""
    card = club.issued()
    session = relay.RelaySession(
        relay.top_up(club.desk, club.request(card, AMOUNT), club.randomness.bytes)
    )
    card.field_on()
    step = session.start()
    while not isinstance(step, Answer):
        replies = replies_to(card, step)
        hidden = [b""] if len(step) == 3 and step[0][1] == 0x0C else replies
        step = session.advance(hidden)
    assert paid_on(card) == AMOUNT
    assert step.outcome == Outcome.PRESUMED


def test_a_forged_proof_does_not_end_the_doubt(club):
    card = club.issued()
    session = relay.RelaySession(
        relay.top_up(club.desk, club.request(card, AMOUNT), club.randomness.bytes)
    )
    card.field_on()
    step = session.start()
    while not isinstance(step, Answer):
        replies = replies_to(card, step)
        if step[-1][1] == 0xC7:
            replies[-1] = bytes(20) + b"\x91\x00"
        step = session.advance(replies)
    assert step.outcome == Outcome.PRESUMED


def test_a_proof_under_another_key_does_not_end_the_doubt(club, monkeypatch):
    card = club.issued()
    monkeypatch.setattr(club.desk, "transaction_mac_key", lambda _: bytes(16))
    answer = club.top_up(card, AMOUNT)
    assert (answer.outcome, answer.reason) == (Outcome.PRESUMED, errors.TOP_UP_UNPROVEN)
    assert club.ledger_of(answer.card_number) == (0, AMOUNT)


def test_a_proof_over_other_amounts_does_not_end_the_doubt(club, monkeypatch):
    card = club.issued()
    honest = purse.top_up_tmi

    def smaller(statement, newest, paid, amount, record):
        return honest(statement, newest, paid, amount - 1, record)

    monkeypatch.setattr(purse, "top_up_tmi", smaller)
    assert club.top_up(card, AMOUNT).reason == errors.TOP_UP_UNPROVEN


def test_a_counter_that_ran_ahead_of_the_records_is_no_hindrance(club):
    """A commit without changes moves the card's counter and writes no record."""
    card = club.issued()
    card.state.applications[AID].transaction_mac_file().counter += 3
    assert club.top_up(card, AMOUNT).outcome == Outcome.DONE


@pytest.mark.parametrize("sales", [1, 3, 4, 7])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_the_log_tells_also_when_terminals_came_after(club, phase, sales):
    card = club.issued()
    club.top_up(card, 100_000)
    card.tear = Tear(_COMMIT, phase)
    request = club.request(card, AMOUNT)
    assert club.top_up(card, request=request).outcome == Outcome.PRESUMED
    for sequence in range(1, sales + 1):
        club.spend(card, 1_000, 101, sequence)
    club.read(card)
    answer = club.top_up(card, request=request)
    assert answer.outcome == (Outcome.DONE if phase == "after" else Outcome.NOT_DONE)


def test_a_log_too_short_to_tell_leaves_the_doubt(club):
    card = club.issued()
    club.top_up(card, 100_000)
    card.tear = Tear(_COMMIT, "after")
    club.top_up(card, AMOUNT)
    for sequence in range(1, 10):
        club.spend(card, 1_000, 101, sequence)
    assert club.top_up(card, AMOUNT).reason == errors.TOP_UP_OPEN
    assert paid_on(card) == 100_000 + AMOUNT - 9_000


@pytest.mark.parametrize("amount", [0, 1_000_001])
def test_amounts_beyond_the_purse_are_refused_before_anything_is_booked(tmp_path, amount):
    club = Club(tmp_path, Policy(paid_limit_minor=1_000_000, max_tap_minor=1_000_000))
    card = club.issued()
    answer = club.top_up(card, amount)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_DONE, errors.TOP_UP_LIMIT)
    assert club.ledger_of(1_000_000_001) == (0, 0)


def test_a_blocked_card_can_be_read_and_not_topped_up(club):
    card = club.issued()
    club.hotlist.block(1_000_000_001, "lost")
    assert club.top_up(card, AMOUNT).reason == errors.CARD_BLOCKED
    assert club.read(card).outcome == Outcome.DONE


def test_an_unknown_card_is_refused_before_a_key_is_used(club):
    session = relay.RelaySession(
        relay.read_card(club.desk, club.request(club.blank(9)), club.randomness.bytes)
    )
    assert session.start() == Answer(Outcome.NOT_DONE, reason=errors.CARD_UNKNOWN)


def test_a_card_whose_files_disagree_is_refused(club):
    card = club.issued()
    club.top_up(card, AMOUNT)
    card.alter_value(AID, purse.FILE_PAID, AMOUNT + 1)
    assert club.top_up(card, AMOUNT).reason == errors.CARD_INCONSISTENT


def test_a_terminal_may_have_opened_the_session_itself(club):
    card = club.issued()
    card.field_on()
    opening = [bytes.fromhex("905A00000346415600"), bytes.fromhex("9071000002020000")]
    opened = replies_to(card, opening)
    session = relay.RelaySession(
        relay.top_up(club.desk, club.request(card, AMOUNT), club.randomness.bytes, opened)
    )
    step, trips = session.start(), 1
    while not isinstance(step, Answer):
        step, trips = session.advance(replies_to(card, step)), trips + 1
    assert step.outcome == Outcome.DONE
    assert trips == 4


@pytest.mark.parametrize("replies", [[], [b"\x91\x00"] * 3, [bytes(301)]])
def test_replies_that_fit_no_script_are_refused(club, replies):
    card = club.issued()
    session = relay.RelaySession(
        relay.read_card(club.desk, club.request(card), club.randomness.bytes)
    )
    session.start()
    with pytest.raises(errors.VafaError) as caught:
        session.advance(replies)
    assert caught.value.code == errors.REQUEST_INVALID


def test_two_sessions_of_one_request_credit_once(club):
    """The second one reads the card before the first has booked, and books after it."""
    card = club.issued()
    request = club.request(card, AMOUNT)
    slow = relay.RelaySession(relay.top_up(club.desk, request, club.randomness.bytes))
    card.field_on()
    step = slow.advance(replies_to(card, slow.start()))
    read = replies_to(card, slow.advance(replies_to(card, step)))
    tap(card, relay.top_up(club.desk, request, club.randomness.bytes))
    answer = slow.advance(read)
    assert answer == Answer(Outcome.DONE, 1_000_000_001, AMOUNT)
    assert paid_on(card) == AMOUNT


def test_a_proof_that_cannot_be_booked_is_presumed(club, monkeypatch):
    """The card has the credit already: nothing that fails now may send cash back."""
    card = club.issued()
    request = club.request(card, AMOUNT)
    with monkeypatch.context() as busy:
        busy.setattr(club.desk, "finish_top_up", _busy)
        answer = club.top_up(card, request=request)
    assert (answer.outcome, answer.reason) == (Outcome.PRESUMED, errors.TOP_UP_PRESUMED)
    assert paid_on(card) == AMOUNT
    assert club.ledger_of(1_000_000_001) == (0, AMOUNT)
    assert club.top_up(card, request=request) == Answer(Outcome.DONE, 1_000_000_001, AMOUNT)


def _busy(_):
    raise errors.VafaError(errors.DATABASE_BUSY)


@pytest.mark.parametrize("exchange", range(1, 5))
def test_a_repeated_request_that_is_torn_again_stays_presumed(club, exchange):
    card = club.issued()
    card.tear = Tear(_COMMIT, "after")
    request = club.request(card, AMOUNT)
    first = club.top_up(card, request=request)
    card.tear = Tear(exchange, "before")
    assert club.top_up(card, request=request) == first
    assert first.outcome == Outcome.PRESUMED
    assert paid_on(card) == AMOUNT


@pytest.mark.parametrize("dialogue", [relay.read_card, relay.top_up])
def test_what_was_read_before_a_top_up_began_does_not_deny_it(club, dialogue):
    """A reader may hold back what the card said, let it be credited elsewhere, and then tell."""
    card = club.issued()
    asked = club.request(card, AMOUNT)
    slow = relay.RelaySession(dialogue(club.desk, asked, club.randomness.bytes))
    card.field_on()
    step = slow.advance(replies_to(card, slow.start()))
    stale = replies_to(card, slow.advance(replies_to(card, step)))
    card.tear = Tear(_COMMIT, "after")
    assert club.top_up(card, AMOUNT).outcome == Outcome.PRESUMED
    step = slow.advance(stale)
    if not isinstance(step, Answer):
        slow.advance(replies_to(card, step))
    assert club.ledger_of(1_000_000_001) == (0, AMOUNT)
    club.read(card)
    assert club.ledger_of(1_000_000_001) == (paid_on(card), 0) == (AMOUNT, 0)


@pytest.mark.parametrize("branch", ["", "float", "a\nb"])
def test_a_branch_that_no_account_may_bear_is_refused(club, branch):
    with pytest.raises(errors.VafaError) as caught:
        Request(bytes(16), club.blank().state.uid, branch, AMOUNT)
    assert caught.value.code == errors.REQUEST_INVALID
