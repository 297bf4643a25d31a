import asyncio

import pytest

from firmware.core import errors, record
from firmware.terminal.app import _watch
from firmware.terminal.pay import result
from firmware.terminal.pay.result import Result
from firmware.terminal.pay.topup import TopUp
from firmware.terminal.ui.desk import Desk
from tests.terminal.rig import Rig, issued_card, paid_on, tear

PAID = 1_000_000


def play(rig, *steps):
    """Run the desk until the last of the steps, each (view or tone, action in that moment)."""
    rig.front.script = list(steps)

    async def run():
        desk = asyncio.create_task(_watch(rig.terminal, "desk", Desk(rig.terminal).run, 0))
        for _ in range(20_000):
            if not rig.front.script or desk.done():
                break
            await asyncio.sleep(0)
        desk.cancel()
        (end,) = await asyncio.gather(desk, return_exceptions=True)
        assert not rig.front.script, (rig.front.script[0][0], rig.front.names(), end)

    asyncio.run(run())
    return [entry for entry in rig.front.seen if not entry[0].startswith("tone")]


def press(rig, keys):
    return lambda: rig.front.keys.extend(keys)


def hold(rig, *cards):
    return lambda: setattr(rig.reader, "cards", list(cards))


def test_a_sale_shows_the_amount_before_the_card_and_success_after_the_outcome():
    rig, card = Rig(), issued_card(paid=PAID)
    seen = play(
        rig,
        ("welcome", press(rig, "250000#")),
        ("present", hold(rig, card)),
        ("tone success", None),
        ("done", hold(rig)),
        ("welcome", None),
    )
    assert ("present", "250,000 rial", "25,000 toman", "Hold your card", "* cancel") in seen
    assert ("done", "Done", "250,000 rial", "25,000 toman", "Balance: 750,000 rial") in seen
    assert paid_on(card) == 750_000


def test_other_tasks_rest_while_a_card_is_spoken_to_and_go_on_afterwards():
    rig, card = Rig(), issued_card(paid=PAID)
    busy = []
    rig.reader.on_exchange = lambda _: busy.append(rig.terminal.busy)
    play(
        rig,
        ("welcome", lambda: (busy.append(rig.terminal.busy), press(rig, "100#")())),
        ("present", hold(rig, card)),
        ("done", hold(rig)),
        ("welcome", lambda: busy.append(rig.terminal.busy)),
    )
    assert busy == [False] + [True] * 9 + [False]


def test_a_card_of_a_doubt_that_only_fails_is_asked_to_leave_before_it_is_tried_again():
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(9, "after")
    random, tries, looks, find = rig.se.random, [], [], rig.reader.find

    def break_down(count):
        tries.append(count)
        return bytes(count) if len(tries) <= 3 else random(count)

    async def leave_at_the_sixth_look(max_cards=2):
        looks.append(len(tries))
        rig.reader.cards = [] if tries and looks.count(len(tries)) == 6 else [card]
        return await find(max_cards)

    rig.reader.find = leave_at_the_sixth_look
    play(
        rig,
        ("welcome", press(rig, "5000#")),
        ("present", None),
        ("doubt", lambda: setattr(rig.se, "random", break_down)),
        ("doubt", None),
        ("doubt", None),
        ("doubt", None),
        ("done", None),
    )
    assert [looks.count(number) for number in (1, 2, 3)] == [7, 7, 7]
    assert paid_on(card) == PAID - 5000


def test_the_card_must_leave_before_the_next_operation():
    rig, card = Rig(), issued_card(paid=PAID)
    looks = []
    find = rig.reader.find

    async def count(max_cards=2):
        looks.append(rig.front.names().count("present"))
        if len(looks) == 20:
            rig.reader.cards = []  # at last it is taken away
        return await find(max_cards)

    rig.reader.find = count
    play(
        rig,
        ("welcome", press(rig, "100#")),
        ("present", hold(rig, card)),
        ("done", press(rig, "200#")),
        ("present", hold(rig, card)),
        ("done", None),
    )
    assert looks[:20] == [1] * 20
    assert paid_on(card) == PAID - 300


def test_a_torn_commit_asks_for_the_same_card_and_turns_another_away():
    rig, card, other = Rig(), issued_card(1, paid=PAID), issued_card(2, paid=PAID)
    card.tear = tear(9, "after")
    seen = play(
        rig,
        ("welcome", press(rig, "5000#")),
        ("present", hold(rig, card)),
        ("tone again", hold(rig)),
        ("doubt", hold(rig, other)),
        ("refused", hold(rig)),
        ("doubt", hold(rig, card)),
        ("done", None),
    )
    refused = next(entry for entry in seen if entry[0] == "refused")
    assert errors.text_of(errors.DOUBT_OTHER_CARD) in refused
    assert (paid_on(card), paid_on(other)) == (PAID - 5000, PAID)


def test_two_cards_do_not_end_a_doubt():
    rig, card, other = Rig(), issued_card(1, paid=PAID), issued_card(2, paid=PAID)
    card.tear = tear(9, "after")
    seen = play(
        rig,
        ("welcome", press(rig, "5000#")),
        ("present", hold(rig, card)),
        ("doubt", hold(rig, card, other)),
        ("refused", hold(rig)),
        ("doubt", hold(rig, card)),
        ("done", None),
    )
    assert errors.text_of(errors.CARDS_TWO) in next(e for e in seen if e[0] == "refused")
    assert (paid_on(card), paid_on(other)) == (PAID - 5000, PAID)


def test_success_is_heard_and_shown_before_the_card_is_let_go():
    rig, card = Rig(), issued_card(paid=PAID)
    release, heard = rig.reader.release, []

    async def listen():
        heard.append(rig.front.names())
        if "done" in rig.front.names():
            raise errors.VafaError(errors.READER_FAULT)  # not even that may hide the success
        await release()

    rig.reader.release = listen
    play(
        rig,
        ("welcome", press(rig, "100#")),
        ("present", hold(rig, card)),
        ("tone success", None),
        ("done", None),
    )
    after_the_tap = next(names for names in heard if "present" in names and "done" in names)
    assert after_the_tap[-2:] == ["tone success", "done"]


def test_a_reader_that_breaks_down_at_the_commit_leaves_the_doubt_on_the_screen():
    rig, card = Rig(), issued_card(paid=PAID)
    start, breakdown = rig.reader.start, errors.VafaError(errors.READER_FAULT)
    exchange, release = rig.reader.exchange, rig.reader.release

    async def broken(*_):
        raise breakdown

    async def repaired():
        rig.reader.start, rig.reader.release, rig.reader.exchange = start, release, exchange
        await start()

    async def break_at_commit(tg, apdu):
        if rig.reader.exchanges < 8:
            return await exchange(tg, apdu)
        await exchange(tg, apdu)
        rig.reader.exchange = rig.reader.release = rig.reader.start = broken
        raise breakdown

    rig.reader.exchange = break_at_commit
    play(
        rig,
        ("welcome", press(rig, "5000#")),
        ("present", hold(rig, card)),
        ("doubt", None),
        ("out_of_order", lambda: setattr(rig.reader, "start", repaired)),
        ("doubt", None),
        ("done", None),
    )
    assert paid_on(card) == PAID - 5000


def test_a_doubt_can_be_left_and_another_card_served():
    rig, card, other = Rig(), issued_card(1, paid=PAID), issued_card(2, paid=PAID)
    card.tear = tear(9, "before")

    def leave():
        rig.reader.cards = []
        rig.front.keys.append("*")

    play(
        rig,
        ("welcome", press(rig, "5000#")),
        ("present", hold(rig, card)),
        ("doubt", leave),
        ("welcome", press(rig, "7000#")),
        ("present", hold(rig, other)),
        ("done", None),
    )
    assert paid_on(other) == PAID - 7000
    assert len(rig.terminal.journal.doubts) == 1


def test_a_card_that_leaves_too_early_is_asked_again_and_then_served():
    rig, card = Rig(), issued_card(paid=PAID)
    card.tear = tear(7, "after")
    play(
        rig,
        ("welcome", press(rig, "5000#")),
        ("present", hold(rig, card)),
        ("again", None),
        ("done", None),
    )
    assert paid_on(card) == PAID - 5000


def test_the_same_sale_again_is_confirmed_or_not():
    rig, card = Rig(), issued_card(paid=PAID)
    play(
        rig,
        ("welcome", press(rig, "100#")),
        ("present", hold(rig, card)),
        ("done", hold(rig)),
        ("welcome", press(rig, "100#")),
        ("present", hold(rig, card)),
        ("tone again", hold(rig)),
        ("confirm", press(rig, "*")),
        ("welcome", press(rig, "100#")),
        ("present", hold(rig, card)),
        ("confirm", press(rig, "#")),
        ("done", None),
    )
    assert paid_on(card) == PAID - 200


def test_two_cards_are_refused():
    rig = Rig()
    cards = issued_card(1, paid=PAID), issued_card(2, paid=PAID)
    seen = play(
        rig,
        ("welcome", press(rig, "100#")),
        ("present", hold(rig, *cards)),
        ("refused", hold(rig)),
        ("welcome", None),
    )
    assert ("refused", "Not done", errors.text_of(errors.CARDS_TWO), "Code 208") in seen
    assert [paid_on(card) for card in cards] == [PAID, PAID]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("0#", errors.AMOUNT_ZERO),
        ("5000001#", errors.AMOUNT_LIMIT),
        ("T5000#", errors.TOP_UP_OFFLINE),
        ("T#", errors.AMOUNT_ZERO),
    ],
)
def test_an_impossible_amount_is_refused_before_the_field_is_on(keys, reason):
    rig = Rig()
    rig.reader.find = None
    refused = []
    rig.reader.find = _find_after(rig, refused)
    seen = play(rig, ("welcome", press(rig, keys)), ("refused", lambda: refused.append(1)))
    assert errors.text_of(reason) in seen[-1]


def _find_after(rig, refused):
    async def find(max_cards=2):
        assert "refused" in rig.front.names(), "the field went on"
        return []

    return find


def test_a_top_up_keeps_asking_for_the_card_while_it_is_presumed():
    rig, card = Rig(), issued_card(paid=0)
    endings = [
        Result(result.PRESUMED, errors.TOP_UP_UNKNOWN, 5000, uid=card.state.uid),
        Result(result.PRESUMED, errors.TOP_UP_UNKNOWN, 5000, uid=card.state.uid),
        Result(result.TOPPED_UP, 0, 5000, 5000, uid=card.state.uid),
    ]

    async def visit(self, target):
        return endings.pop(0)

    async def prepare():
        return None

    rig.terminal.session.prepare = prepare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TopUp, "visit", visit)
        seen = play(
            rig,
            ("welcome", press(rig, "T5000#")),
            ("present", hold(rig, card)),
            ("presumed", None),
            ("tone success", None),
            ("topped_up", None),
        )
    assert [entry[0] for entry in seen].count("presumed") == 1
    assert errors.text_of(errors.TOP_UP_UNKNOWN) in next(e for e in seen if e[0] == "presumed")


@pytest.mark.parametrize("two", [False, True])
def test_another_card_does_not_end_a_presumed_top_up(two):
    rig, card, other = Rig(), issued_card(1, paid=0), issued_card(2, paid=0)
    visited = []

    async def visit(self, target):
        visited.append(target.uid)
        if len(visited) == 1:
            return Result(result.PRESUMED, errors.TOP_UP_PRESUMED, 5000, uid=target.uid)
        return Result(result.TOPPED_UP, 0, 5000, 5000, uid=target.uid)

    async def prepare():
        return None

    rig.terminal.session.prepare = prepare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TopUp, "visit", visit)
        play(
            rig,
            ("welcome", press(rig, "T5000#")),
            ("present", hold(rig, card)),
            ("presumed", hold(rig, other, card) if two else hold(rig, other)),
            ("refused", hold(rig)),
            ("presumed", hold(rig, card)),
            ("topped_up", None),
        )
    assert visited == [card.state.uid] * 2


def test_without_configuration_the_welcome_says_why_nothing_can_be_sold():
    rig = Rig(config=b"")
    seen = play(rig, ("welcome", None))
    assert errors.text_of(errors.CONFIG_MISSING, "fa") in seen[0]


def test_clearing_switching_language_and_asking_the_balance():
    rig, card = Rig(), issued_card(paid=PAID)
    seen = play(
        rig,
        ("welcome", press(rig, "12*L")),
        ("welcome", None),
        ("welcome", press(rig, "B")),
        ("present", hold(rig, card)),
        ("balance", None),
    )
    assert seen[-1] == ("balance", "موجودی", "۱٬۰۰۰٬۰۰۰ ریال", "۱۰۰٬۰۰۰ تومان")
    assert not rig.contents(record.INTENT)


def test_an_order_of_the_till_starts_a_sale_and_is_named_in_the_intent():
    rig, card = Rig(), issued_card(paid=PAID)
    rig.terminal.order = (4200, 77)
    play(rig, ("present", hold(rig, card)), ("done", None))
    (intent,) = rig.contents(record.INTENT)
    assert (intent.amount, intent.order_ref) == (4200, 77)
