"""Any batches, any order, any number of times, damaged on the way: one and the same books.

Stories are made of sales with every fate; the cards know the truth, a second model in model.py
says what the journals prove, and the host must say the same whatever way they reached it.
"""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.core import record
from host.intake.service import Intake
from host.intake.tap import State
from tests.host.intake.books import accounts, states
from tests.host.intake.model import Evidence
from tests.host.journals import World

FATES = ("done", "silent", "torn", "denied", "unproven", "mac unknown", "seen", "noticed late")
CARDS = 2

stories = st.lists(
    st.tuples(
        st.sampled_from((101, 102, 201)),
        st.integers(1, CARDS),
        st.sampled_from(FATES),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=14,
)
quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def play(story):
    world = World(cards=CARDS, paid=10_000)
    late = []
    for terminal_id, card_number, fate, amount in story:
        terminal, card = world.terminals[terminal_id], world.cards[card_number]
        if fate == "seen":
            terminal.seen(card)
            continue
        attempt = terminal.intent(card, amount)
        if fate not in ("torn", "denied"):
            attempt.commit()
        if fate == "done":
            attempt.outcome(record.DONE)
        elif fate == "denied":
            attempt.outcome(record.NOT_DONE)
        elif fate == "unproven":
            attempt.outcome(record.DONE, b"wrong...")
        elif fate == "mac unknown":
            attempt.outcome(record.DONE, bytes(8))
        elif fate == "noticed late":
            late.append(attempt)
    for attempt in late:
        attempt.outcome(record.DONE)
    return world


@pytest.fixture
def fresh(host):
    """Make a host with empty books for one world, over one engine: statements compile once."""

    def empty(world):
        host.wipe(world)
        host.intake = Intake(host.engine, world.directory, host.clock)
        return host

    return empty


@quick
@given(story=stories, data=st.data())
def test_any_delivery_gives_what_the_second_model_says(fresh, story, data):
    world = play(story)
    expected = Evidence(world.terminals.values()).balances()
    pages = world.pages()
    order = data.draw(st.permutations(pages))
    repeats = data.draw(st.lists(st.sampled_from(pages), max_size=5))
    delivery = [*order, *repeats]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(delivery)), max_size=5)))
    bounds = [0, *cuts, len(delivery)]
    host = fresh(world)
    for start, end in itertools.pairwise(bounds):
        host.intake.upload(delivery[start:end])
    assert accounts(host) == expected


@quick
@given(story=stories, data=st.data())
def test_damage_on_the_way_is_as_if_it_had_not_been_sent(fresh, story, data):
    world = play(story)
    expected = Evidence(world.terminals.values()).balances()
    damaged = []
    for page in data.draw(st.lists(st.sampled_from(world.pages()), max_size=6)):
        bit = data.draw(st.integers(0, record.PAGE * 8 - 1))
        changed = bytearray(page)
        changed[bit // 8] ^= 1 << bit % 8
        size = data.draw(st.sampled_from([record.PAGE, record.PAGE, bit // 8]))
        damaged.append(bytes(changed[:size]))
    host = fresh(world)
    host.intake.upload(damaged)
    host.intake.upload(world.pages()[::2])
    host.intake.upload(damaged)
    host.intake.upload(world.pages())
    assert accounts(host) == expected


@quick
@given(story=stories)
def test_after_one_more_tap_of_every_card_the_books_are_the_truth(fresh, story):
    world = play(story)
    for number, card in world.cards.items():
        # Elsewhere than the newest record, and here too, so that every claim meets the card.
        for terminal in world.terminals.values():
            terminal.sale(card, number)
    host = fresh(world)
    for terminal in world.terminals.values():
        host.intake.upload(terminal.pages, terminal.branch)
    books = accounts(host)
    assert set(states(host).values()) <= {State.PROVEN, State.NOT_DONE}
    for card in world.cards.values():
        taken = books.get(f"card:{card.number:010}:paid", 0)
        assert card.opening - card.paid == taken
        assert f"card:{card.number:010}:unknown" not in books
    assert not [account for account in books if account.startswith("suspense:")]
