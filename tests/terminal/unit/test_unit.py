import pytest

from firmware.core import record
from tests.terminal.rig import issued_card, paid_on, tear
from tests.terminal.unit.stand import on_board
from tools.models.card import Card

PAID = 1_000_000
AMOUNT = 250_000
EXCHANGES = 9


def check_books(stand, card, start=PAID):
    """The journal's done sales are what the card lost; every intent has one end."""
    intents = {h.sequence: c for h, c in stand.pages() if h.kind == record.INTENT}
    outcomes = stand.contents(record.OUTCOME)
    assert sorted(o.ref for o in outcomes) == sorted(intents)
    done = sum(intents[o.ref].amount for o in outcomes if o.result == record.DONE)
    assert start - paid_on(card) == done
    return done


@pytest.mark.parametrize("reader", ["spi", "hsu"])
def test_sale_balance_and_sale_again(tmp_path, reader):
    async def play(stand):
        card = issued_card(paid=PAID)
        stand.board.press(f"{AMOUNT}#")
        await stand.until("present")
        stand.hold(card)
        await stand.heard("success")
        assert await stand.until("done") == "done"
        stand.take()
        stand.board.press("B")
        await stand.until("present")
        stand.hold(card)
        await stand.until("balance")
        assert "750,000 rial" in stand.board.screen.lines
        stand.take()
        assert await stand.sell(card, AMOUNT) == "confirm"
        stand.board.press("#")
        assert await stand.until("done") == "done"
        assert check_books(stand, card) == 2 * AMOUNT
        assert len(stand.contents(record.SEEN)) == 1

    on_board(tmp_path, play, reader)


TEARS = [(1, "before"), (7, "after"), (8, "before"), (9, "before"), (9, "after")]
ALL_TEARS = [(at, phase) for at in range(1, EXCHANGES + 1) for phase in ("before", "after")]


@pytest.mark.parametrize(
    ("at", "phase"),
    [pytest.param(*case, marks=[] if case in TEARS else [pytest.mark.slow]) for case in ALL_TEARS],
)
def test_a_torn_card_is_settled_by_holding_it_again(tmp_path, at, phase):
    async def play(stand):
        card = issued_card(paid=PAID)
        card.tear = tear(at, phase)
        seen = await stand.sell(card, AMOUNT, "again", "doubt")
        assert seen == ("doubt" if at == EXCHANGES else "again")
        await stand.until("done")
        assert check_books(stand, card) == AMOUNT

    on_board(tmp_path, play)


CUTS = [("exchange", 7, "after"), ("exchange", 9, "before"), ("exchange", 9, "after")]
CUTS += [("flash", 1, "torn"), ("flash", 2, "torn")]
ALL_CUTS = [("exchange", at, when) for at in range(1, 10) for when in ("before", "after")]
ALL_CUTS += [("flash", at, effect) for at in (1, 2) for effect in ("none", "torn", "complete")]


@pytest.mark.parametrize(
    ("what", "at", "how"),
    [pytest.param(*case, marks=[] if case in CUTS else [pytest.mark.slow]) for case in ALL_CUTS],
)
def test_a_unit_that_lost_power_in_a_sale_settles_it_after_the_restart(tmp_path, what, at, how):
    async def play(stand):
        card = issued_card(paid=PAID)
        stand.board.press(f"{AMOUNT}#")
        await stand.until("present")
        if what == "exchange":
            stand.board.cut_power_at(exchange=at, when=how)
        else:
            stand.board.cut_power_at(flash_operation=at, effect=how)
        stand.hold(card)
        await stand.until("cut")
        stand.take()
        await stand.start()
        was_taken = paid_on(card) < PAID
        ending = await stand.sell(card, AMOUNT)
        assert ending in (("earlier", "confirm") if was_taken else ("done",))
        # After a durable outcome whose tone nobody heard, the sale asks before it is repeated.
        if ending == "confirm":
            stand.board.press("*")
            stand.take()
        assert check_books(stand, card) == AMOUNT

    on_board(tmp_path, play)


def test_power_lost_during_recovery_is_recovered_too(tmp_path):
    async def play(stand):
        card = issued_card(paid=PAID)
        stand.board.press(f"{AMOUNT}#")
        await stand.until("present")
        stand.board.cut_power_at(exchange=EXCHANGES, when="after")
        stand.hold(card)
        await stand.until("cut")
        stand.take()
        for effect in ("none", "torn", "complete"):
            stand.board.cut_power_at(flash_operation=1, effect=effect)
            await stand.board.power_on()
            await stand.until("cut")
        await stand.start()
        assert await stand.sell(card, AMOUNT) == "earlier"
        assert check_books(stand, card) == AMOUNT

    on_board(tmp_path, play)


def test_foreign_cards_and_two_cards_are_refused(tmp_path):
    async def play(stand):
        foreign = Card.create(None, bytes.fromhex("04112233445566"))
        assert await stand.sell(foreign, 100) == "refused"
        assert any("not a card of this club" in line for line in stand.board.screen.lines)
        stand.take()
        stand.board.press("100#")
        await stand.until("present")
        card = issued_card(paid=PAID)
        stand.hold(foreign)
        first = stand._held
        stand._held = None
        stand.hold(card)
        await stand.until("refused", "done")
        assert stand.board.screen.name == "refused"
        stand.board.remove(first)
        stand.take()
        assert paid_on(card) == PAID

    on_board(tmp_path, play)


@pytest.mark.parametrize("taps", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_the_heap_holds_steady_over_many_taps(tmp_path, taps):
    async def play(stand):
        cards = [issued_card(number, paid=PAID) for number in range(1, 9)]
        for tap in range(taps):
            card = cards[tap % len(cards)]
            assert await stand.sell(card, 100 + tap) == "done"
            stand.take()
        assert len(stand.heap) >= taps
        assert stand.heap[10] - stand.heap[-1] < 1024
        assert stand.heap[-1] > 64 * 1024

    on_board(tmp_path, play, lease={"max_records": 10_000})
