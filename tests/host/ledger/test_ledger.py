"""Postings balance, stand once, and every kind of tampering with them shows."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from firmware.core.errors import VafaError
from host.db.engine import reading, writing
from host.db.tables.ledger import balances, legs, postings
from host.ledger import service as ledger
from host.ledger.rules import MAX_MINOR, Leg, Posting, check, digest

SALE = Posting("sale.done", "101/2", (Leg("a", 700), Leg("b", -700)))


def post(engine, *entries):
    with writing(engine) as conn:
        return ledger.post(conn, entries, 1)


def balance(engine, account):
    with reading(engine) as conn:
        return ledger.balance(conn, account)


def differences(engine):
    with reading(engine) as conn:
        return [difference.what for difference in ledger.prove(conn)]


@pytest.mark.parametrize(
    "entry",
    [
        (),
        (Leg("a", 1),),
        (Leg("a", 1), Leg("b", -2)),
        (Leg("a", 0), Leg("b", 0)),
        (Leg("a", 1), Leg("b", -1, "EUR.1")),
        (Leg("a", 1.0), Leg("b", -1.0)),
        (Leg("a", True), Leg("b", -1)),
        (Leg("a", MAX_MINOR + 1), Leg("b", -MAX_MINOR - 1)),
    ],
)
def test_legs_that_are_no_posting(engine, entry):
    with pytest.raises(VafaError, match="403"):
        post(engine, SALE, Posting("kind", "key", entry))
    assert balance(engine, "a") == 0


def test_several_units_balance_each_alone():
    check(Posting("k", "1", (Leg("a", 5), Leg("b", -5), Leg("a", 2, "P"), Leg("b", -2, "P"))))


def test_same_posting_again_is_passed_over(engine):
    assert post(engine, SALE) == 1
    assert post(engine, SALE, SALE) == 0
    assert (balance(engine, "a"), balance(engine, "b")) == (700, -700)


@pytest.mark.parametrize("together", [True, False])
def test_same_identity_with_other_content_is_refused(engine, together):
    other = Posting(SALE.kind, SALE.key, (Leg("a", 701), Leg("b", -701)))
    if not together:
        post(engine, SALE)
    with pytest.raises(VafaError, match="404"):
        post(engine, *([SALE, other] if together else [other]))
    assert balance(engine, "a") == (0 if together else 700)


def test_balance_stays_in_its_bounds_and_a_failed_batch_leaves_nothing(engine):
    post(engine, Posting("k", "1", (Leg("a", MAX_MINOR), Leg("b", -MAX_MINOR))))
    with pytest.raises(VafaError, match="405"):
        post(engine, Posting("k", "2", (Leg("a", 1), Leg("c", -1))))
    assert balance(engine, "c") == 0
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(postings)).scalar_one() == 1


def test_whole_books_have_no_differences(engine):
    post(engine, SALE, Posting("sale.done", "101/4", (Leg("a", 1), Leg("c", -1))))
    assert differences(engine) == []


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (
            update(legs).where(legs.c.number == 0).values(amount_minor=-700),
            {"sum of posting", "content of posting", "balance of a"},
        ),
        (update(legs).values(amount_minor=legs.c.amount_minor * 2), {"content of posting"}),
        (update(legs).where(legs.c.number == 1).values(account="c"), {"content of posting"}),
        (legs.delete().where(legs.c.number == 1), {"sum of posting", "balance of b"}),
        (legs.delete(), {"sum of posting", "content of posting"}),
        (update(postings).values(key="101/3"), {"content of posting"}),
        (
            update(balances).where(balances.c.account == "a").values(amount_minor=1),
            {"balance of a", "sum of all balances"},
        ),
    ],
)
def test_tampering_shows(engine, tamper, found):
    post(engine, SALE)
    with writing(engine) as conn:
        conn.execute(tamper)
    shown = differences(engine)
    for what in found:
        assert any(difference.startswith(what) for difference in shown), (what, shown)


def test_digest_of_a_posting_is_fixed_forever():
    """Stored digests must be found right by every later version."""
    golden = "a08bb09018ad6b20e7048d0766e5d69656a8eeabe1b34a34f360d542f47393b9"
    assert digest("sale.done", "101/2", SALE.legs).hex() == golden


accounts = st.sampled_from("abcde")
pairs = st.tuples(accounts, accounts, st.integers(1, 10**9))
batches = st.lists(
    st.lists(st.tuples(st.integers(0, 12), pairs), min_size=1, max_size=6), max_size=6
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=batches)
def test_books_agree_with_a_dictionary(engine, batches):
    """Differential: whatever is posted, repeated or refused, a dictionary says the same."""
    with writing(engine) as conn:
        for table in (legs, postings, balances):
            conn.execute(table.delete())
    known, expected = {}, Counter()
    for batch in batches:
        entries = [
            Posting("k", str(key), (Leg(source, amount), Leg(target, -amount)))
            for key, (source, target, amount) in batch
        ]
        fits = all(
            known.get(one.key, one.legs) == one.legs
            and all(two.legs == one.legs for two in entries if two.key == one.key)
            for one in entries
        )
        if not fits:
            with pytest.raises(VafaError, match="404"):
                post(engine, *entries)
            continue
        new = {one.key: one.legs for one in entries if one.key not in known}
        assert post(engine, *entries) == len(new)
        known |= new
        for posted in new.values():
            for leg in posted:
                expected[leg.account] += leg.amount_minor
    assert differences(engine) == []
    for account in "abcde":
        assert balance(engine, account) == expected[account]
