"""Rules of the card's list that only forged or partial evidence reaches."""

import pytest

from firmware.core import purse
from host.intake.history import History
from host.intake.tap import State, Tap
from host.ledger.rules import Cause

CAUSE = Cause(201, 9)


def tap(terminal, sequence, place, **changed):
    fields = {
        "terminal": terminal,
        "sequence": sequence,
        "card_number": 1,
        "kind": purse.KIND_SALE,
        "branch": "a",
        "amount_minor": 10,
        "paid_after_minor": 1_000 - 10 * place,
        "counter": place,
        "predecessor": (101, sequence - 1),
    }
    return Tap(**(fields | changed))


def record_of(one, **changed):
    fields = {
        "kind": one.kind,
        "terminal": one.terminal,
        "sequence": one.sequence,
        "paid_delta": -one.amount_minor,
        "paid_after": one.paid_after_minor,
        "counter": one.counter,
    }
    return purse.LogRecord(**(fields | changed))


BEFORE = tap(0, 7, 1, kind=purse.KIND_TOP_UP, state=State.PROVEN, stored=State.PROVEN)
"""What the first sale of these tests goes on from."""

HOST = (purse.ISSUER_TERMINAL, 1 << 62)


@pytest.fixture
def history():
    return History([BEFORE], {101: "a", 201: "b"}.get)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, State.PROVEN),
        ({"counter": 7}, State.OPEN),
        ({"paid_after_minor": 900}, State.OPEN),
        ({"card_number": 2}, State.OPEN),
    ],
)
def test_only_a_fitting_predecessor_is_proven(history, before, expected):
    first, second = tap(101, 1, 2, **({"predecessor": BEFORE.key} | before)), tap(101, 2, 3)
    history.report(first, CAUSE)
    history.report(second, CAUSE)
    history.prove(second, None, CAUSE)
    assert first.state is expected


@pytest.mark.parametrize(
    "lie",
    [{"counter": 9}, {"paid_after": 1}, {"paid_delta": -11}, {"kind": purse.KIND_TOP_UP}],
)
def test_record_that_disagrees_with_the_report_proves_nothing(history, lie):
    one = tap(101, 1, 2)
    history.report(one, CAUSE)
    history.sight(1, record_of(one, **lie), HOST, CAUSE)
    assert one.state is State.OPEN
    assert [(alarm.terminal, alarm.sequence) for alarm in history.alarms] == [(101, 1)]


def test_record_of_another_card_proves_nothing(history):
    one = tap(101, 1, 2)
    history.report(one, CAUSE)
    history.sight(2, record_of(one), HOST, CAUSE)
    assert one.state is State.OPEN


def test_terminal_can_not_show_its_own_unreported_record(history):
    history.sight(1, record_of(tap(201, 3, 2)), (201, 5), CAUSE)
    assert history.changed() == []
    assert len(history.alarms) == 1


def test_report_that_disagrees_with_what_was_seen_before_it_stays_open(history):
    history.sight(1, record_of(tap(101, 1, 2)), HOST, CAUSE)
    late = tap(101, 1, 2, amount_minor=11)
    history.report(late, CAUSE)
    assert late.state is State.OPEN
    assert len(history.alarms) == 1


def test_two_proven_taps_at_one_place_are_alarmed(history):
    """A cloned card: both were paid with, so both branches are owed; a person has to look."""
    one, two = tap(101, 1, 2), tap(201, 1, 2, branch="b")
    for each in (one, two):
        history.report(each, CAUSE)
    history.prove(one, None, CAUSE)
    history.prove(two, None, CAUSE)
    assert (one.state, two.state) == (State.PROVEN, State.PROVEN)
    assert history.alarms


def test_first_record_of_a_card_needs_no_tap(history):
    issue = purse.LogRecord(kind=purse.KIND_ISSUE, sequence=1, counter=1)
    history.sight(1, issue, (201, 5), CAUSE)
    assert (history.changed(), history.alarms) == ([], [])


def test_place_of_an_unreported_record_is_taken(history):
    history.sight(1, record_of(tap(101, 1, 2)), HOST, CAUSE)
    rival = tap(102, 1, 2)
    history.report(rival, CAUSE)
    assert rival.state is State.NOT_DONE


def test_unreported_record_shows_that_its_rival_was_not_done(history):
    rival = tap(102, 1, 2)
    history.report(rival, CAUSE)
    history.sight(1, record_of(tap(101, 1, 2)), HOST, CAUSE)
    assert rival.state is State.NOT_DONE


def test_an_older_record_in_the_log_takes_its_place_and_proves_no_amount(history):
    """Whoever writes records without debits can hide one below a record whose balance is true."""
    one, rival = tap(101, 1, 2, predecessor=BEFORE.key), tap(102, 1, 2)
    for each in (one, rival):
        history.report(each, CAUSE)
    history.attest(1, record_of(one), CAUSE)
    assert (one.state, rival.state) == (State.OPEN, State.NOT_DONE)


def test_place_is_taken_by_what_a_proven_tap_went_on_from(history):
    """The record at the place waits for its own proof, but nothing else can stand there."""
    waiting, above, rival = tap(101, 1, 5), tap(201, 2, 6, predecessor=(101, 1)), tap(102, 1, 5)
    history.report(waiting, CAUSE)
    history.report(above, CAUSE)
    history.prove(above, record_of(waiting), CAUSE)
    history.report(rival, CAUSE)
    assert (waiting.state, rival.state) == (State.OPEN, State.NOT_DONE)
