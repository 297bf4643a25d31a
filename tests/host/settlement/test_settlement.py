"""Windows over real books: nothing twice, nothing lost, the same bytes after any kill."""

import json

import pytest
from sqlalchemy import func, select, update

from firmware.core import record
from firmware.core.errors import VafaError
from host.db.engine import reading, writing
from host.db.tables.intake import pages, taps
from host.db.tables.ledger import balances, legs, postings
from host.ledger import service as ledger
from host.settlement import rules, store
from host.settlement.render import readable
from host.settlement.rules import Position
from host.settlement.service import Settlement
from tests.host.settlement.conftest import sign

FIRST, SECOND = b"1" * 16, b"2" * 16
STATES = ["cut", "matched", "proposed", "agreed", "settled"]


def balance(host, account):
    with reading(host.engine) as conn:
        assert ledger.prove(conn) == []
        return ledger.balance(conn, account)


def clearings(host):
    with reading(host.engine) as conn:
        kind = postings.c.kind == "settlement.clear"
        return conn.execute(select(func.count()).select_from(postings).where(kind)).scalar_one()


@pytest.fixture
def day(world, upload, top_up):
    """Branch a tops up and sells; branch b sells; one sale is in doubt and one in suspense."""
    one, two, three = world.cards.values()
    top_up(one, "a", 500_000)
    top_up(two, "b", 90_000)
    top_up(three, "a", 1_000, done=False)
    world.terminals[101].sale(one, 100_000)
    world.terminals[201].sale(one, 30_000)
    world.terminals[201].sale(two, 5_000)
    world.terminals[101].intent(three, 70).commit()
    attempt = world.terminals[201].intent(two, 8)
    attempt.commit()
    attempt.outcome(record.DONE, b"wrong...")
    upload()


def test_branches_are_netted_against_the_float(host, settlement, day):
    published = settlement.settle(FIRST)
    assert published.positions == [
        Position("a", 500_000, 100_000, -400_000),
        Position("b", 90_000, 35_000, -55_000),
        Position("float", -590_000, -135_000, 455_000),
    ]
    for account in (
        "branch:a:clearing",
        "branch:a:cash_in",
        "branch:b:clearing",
        "branch:b:cash_in",
    ):
        assert balance(host, account) == 0
    assert balance(host, "float") == 455_000


def test_statement_lists_doubt_suspense_and_terminals(settlement, day):
    raw = json.loads(settlement.settle(FIRST).canonical_json)
    assert [(item["card_number"], item["amount_minor"]) for item in raw["in_doubt"]] == [(3, 70)]
    assert [(item["card_number"], item["amount_minor"]) for item in raw["suspense"]] == [(2, 8)]
    shares = {row["terminal"]: row["proven"] for row in raw["terminals"]}
    assert shares == {
        101: {"count": 1, "sum_minor": 100_000},
        201: {"count": 2, "sum_minor": 35_000},
    }
    assert {row["branch"]: row["given"]["count"] for row in raw["top_ups"]} == {"a": 2, "b": 1}
    assert raw["top_ups"][0]["taken_back"] == {"count": 1, "sum_minor": 1_000}
    assert raw["totals"]["net_sum_minor"] == 0


def test_same_request_gives_the_same_statement(host, settlement, day, world, upload):
    first = settlement.settle(FIRST)
    world.terminals[101].sale(world.cards[1], 5)
    upload()
    assert settlement.settle(FIRST) == first
    assert settlement.statement() == settlement.statement(1) == first
    assert clearings(host) == 1


def test_late_records_and_late_proof_fall_into_the_next_window(settlement, day, world, upload):
    settlement.settle(FIRST)
    # The tap in doubt and the one in suspense are proven by later ones elsewhere.
    world.terminals[201].sale(world.cards[3], 1)
    world.terminals[102].sale(world.cards[2], 2)
    upload()
    second = settlement.settle(SECOND)
    assert second.positions == [
        Position("a", 0, 72, 72),
        Position("b", 0, 9, 9),
        Position("float", 0, -81, -81),
    ]
    raw = json.loads(second.canonical_json)
    assert (raw["in_doubt"], raw["suspense"]) == ([], [])


def test_last_record_of_a_window_is_not_in_the_next(settlement, world, upload, top_up):
    top_up(world.cards[1], "a", 5_000)
    world.terminals[101].sale(world.cards[1], 100)
    upload()
    first, second = settlement.settle(FIRST), settlement.settle(SECOND)
    assert first.positions[0] == Position("a", 5_000, 100, -4_900)
    assert second.positions == [Position("a", 0, 0, 0), Position("float", 0, 0, 0)]


def test_empty_window_settles(host, settlement):
    published = settlement.settle(FIRST)
    assert published.positions == [Position("float", 0, 0, 0)]
    assert clearings(host) == 0


@pytest.mark.parametrize("kills", range(5))
def test_killed_after_any_step_the_rerun_gives_the_same_bytes(
    host, settlement, day, world, upload, kills
):
    """Each run dies before one more step; business goes on meanwhile, outside the window."""
    number = settlement._cut(FIRST)
    for _ in range(kills):
        Settlement(host.engine, sign, host.clock).advance(number)
        host.clock.time += 60
        world.terminals[101].sale(world.cards[1], 3)
        upload()
    published = Settlement(host.engine, sign, host.clock).settle(FIRST)
    raw = json.loads(published.canonical_json)
    assert raw["totals"]["redeemed_minor"] == 135_000
    assert [item["amount_minor"] for item in raw["in_doubt"]] == [70]
    with reading(host.engine) as conn:
        cut = store.load_window(conn, number).cut
        assert [state for state, _ in store.events(conn, number)] == STATES
        movements = store.movements(conn, rules.ranges({}, cut))
    assert rules.statement(number, {}, cut, movements) == published.canonical_json
    assert clearings(host) == 1
    assert settlement.settle(FIRST) == published


@pytest.mark.parametrize("step", range(4))
def test_killed_inside_a_step_nothing_of_it_stands(host, settlement, day, step, monkeypatch):
    number = settlement._cut(FIRST)
    for _ in range(step):
        settlement.advance(number)

    def dies(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_note", dies)
    with pytest.raises(KeyboardInterrupt):
        settlement.advance(number)
    monkeypatch.undo()
    with reading(host.engine) as conn:
        assert store.load_window(conn, number).state == STATES[step]
        assert ledger.balance(conn, "float") == 0
    assert settlement.settle(FIRST).positions[0].net_minor == -400_000
    assert clearings(host) == 1


def test_half_finished_window_is_finished_before_the_next(host, settlement, day, world, upload):
    number = settlement._cut(FIRST)
    settlement.advance(number)
    world.terminals[101].sale(world.cards[1], 3)
    upload()
    second = settlement.settle(SECOND)
    assert second.window == 2
    assert settlement.statement(1).positions[0].redeemed_minor == 100_000
    assert second.positions[0].redeemed_minor == 3


@pytest.mark.parametrize(
    "tamper",
    [
        update(legs).where(legs.c.number == 0).values(amount_minor=-legs.c.amount_minor),
        update(legs).values(amount_minor=legs.c.amount_minor + legs.c.amount_minor),
        update(balances).where(balances.c.account == "branch:a:clearing").values(amount_minor=0),
        update(taps).where(taps.c.terminal == 101).values(amount_minor=1),
        update(taps).values(state=4),
        pages.delete().where(pages.c.sequence == 3),
    ],
)
def test_disagreeing_books_hold_the_window(host, settlement, day, tamper):
    with writing(host.engine) as conn:
        conn.execute(tamper)
    for _ in range(2):
        with pytest.raises(VafaError, match="470"):
            settlement.settle(FIRST)
    with pytest.raises(VafaError, match="470"):
        settlement.settle(SECOND)
    with pytest.raises(VafaError, match="472"):
        settlement.statement()
    assert clearings(host) == 0


def test_held_window_settles_when_the_books_agree_again(host, settlement, day):
    spoiled = update(balances).where(balances.c.account == "branch:a:clearing")
    with writing(host.engine) as conn:
        conn.execute(spoiled.values(amount_minor=0))
    with pytest.raises(VafaError, match="470"):
        settlement.settle(FIRST)
    assert (settlement.status().held_window, settlement.status().last_window) == (1, 0)
    with writing(host.engine) as conn:
        conn.execute(spoiled.values(amount_minor=-100_000))
    assert settlement.settle(FIRST).positions[0].redeemed_minor == 100_000
    assert (settlement.status().held_window, settlement.status().last_window) == (0, 1)


def test_posting_changed_after_the_match_is_found_before_it_is_stated(host, settlement, day):
    number = settlement._cut(FIRST)
    settlement.advance(number)
    with writing(host.engine) as conn:
        conn.execute(update(legs).values(amount_minor=legs.c.amount_minor * 2))
    with pytest.raises(VafaError, match="470"):
        settlement.settle(FIRST)
    with reading(host.engine) as conn:
        assert store.load_window(conn, number).state == "held"


def test_signature_is_over_the_statement(settlement, day):
    published = settlement.settle(FIRST)
    assert published.signature == sign(rules.signed_digest(published.canonical_json))


def test_position_can_be_walked_down_to_taps(settlement, day):
    published = settlement.settle(FIRST)
    behind = settlement.explain(published.window, "b")
    moved = sum(
        leg.amount_minor
        for one in behind
        for leg in one.legs
        if leg.account == "branch:b:clearing"
    )
    assert -moved == published.positions[1].redeemed_minor
    assert {one.key for one in behind if one.kind == "sale.done"} == {"201/2", "201/4"}


@pytest.mark.parametrize("window", [0, 1, 9])
def test_unknown_statement(settlement, window):
    with pytest.raises(VafaError, match="472"):
        settlement.statement(window)


def test_status_counts_what_is_open(settlement, day, host, world):
    world.terminals[101].write(record.REFUSAL, record.Refusal(1, 202, 5, world.cards[1].uid))
    host.intake.upload([*world.terminals[101].pages, bytes(200)])
    settlement.settle(FIRST)
    assert settlement.status().alarms == 0
    world.terminals[201].intent(world.cards[1], 5, currency_unit=2)
    host.intake.upload(world.terminals[201].pages[-1:])
    status = settlement.status()
    assert status.alarms == 1
    assert (status.in_doubt, status.in_doubt_minor) == (1, 70)
    assert (status.suspense, status.suspense_minor) == (1, 8)
    assert status.paid_minor == 590_000 - 135_000 - 70 - 8
    assert status.duplicates_ignored == len(world.terminals[101].pages) - 1
    assert status.refusals == 1
    assert status.last_window == 1
    assert [terminal.terminal for terminal in status.terminals] == [101, 201]


def test_readable_statement_shows_every_figure(settlement, day):
    text = readable(settlement.settle(FIRST).canonical_json)
    for figure in ("500,000", "-400,000", "+455,000", "1 × 100,000", "0000000003", "نامعلوم"):
        assert figure in text
