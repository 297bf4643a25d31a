"""The reader driver against the model chip, on both transports, with faults on the way."""

import asyncio

import pytest

from firmware.core.errors import CARD_LOST, CARD_REQUEST, READER_FAULT, VafaError
from firmware.terminal.drivers.pn532 import CardLost, Pn532, ReaderFault
from firmware.terminal.drivers.pn532_hsu import Pn532Hsu
from firmware.terminal.drivers.pn532_spi import Pn532Spi
from tests.terminal.drivers.bench import HsuBench, SpiBench, VirtualTime
from tests.tools.board.cards import PlainCard
from tools.models.pn532 import Action, Fault, Part

VERSION = b"\x90\x60\x00\x00\x00"


class Desk:
    """A reader that has started, with one card that counts what reaches it."""

    def __init__(self, kind):
        self.time = VirtualTime()
        if kind == "hsu":
            self.bench = HsuBench()
            transport = Pn532Hsu(self.bench, self.time)
        else:
            self.bench = SpiBench()
            irq = self.bench.irq if kind == "spi with irq" else None
            transport = Pn532Spi(self.bench, self.time, irq)
        self.reader = Pn532(transport, self.time)
        self.card = PlainCard("04112233445566")
        self.do(self.reader.start())

    def do(self, steps):
        return asyncio.run(steps)

    def tap(self):
        self.bench.field.insert(self.card)
        (found,) = self.do(self.reader.find(2))
        return found.tg

    def fault(self, part, action, amount=0, after=1):
        """Place a fault on the `after`-th command from now."""
        number = self.bench.chip.commands_accepted + after
        self.bench.chip.faults.place(Fault(number, part, action, amount))


@pytest.fixture(params=["spi", "spi with irq", "hsu"])
def desk(request):
    return Desk(request.param)


def test_finds_nothing_then_a_card_with_all_that_identifies_it(desk):
    assert desk.do(desk.reader.find(2)) == []
    desk.bench.field.insert(desk.card)
    (found,) = desk.do(desk.reader.find(2))
    assert (found.uid, found.atqa, found.sak) == (desk.card.uid, desk.card.atqa, 0x20)
    assert found.ats == desk.card.ats[1:]
    assert found.iso_dep


def test_finds_the_same_card_at_every_poll(desk):
    desk.bench.field.insert(desk.card)
    assert [len(desk.do(desk.reader.find(2))) for _ in range(4)] == [1, 1, 1, 1]


def test_two_cards_are_two_targets_that_can_be_told_apart(desk):
    other = PlainCard("04998877665544", answer=b"\x91\x7e")
    desk.bench.field.insert(desk.card)
    desk.bench.field.insert(other)
    found = {card.uid: card.tg for card in desk.do(desk.reader.find(2))}
    assert len(found) == 2
    assert desk.do(desk.reader.exchange(found[other.uid], VERSION)) == other.answer
    assert desk.do(desk.reader.exchange(found[desk.card.uid], VERSION)) == desk.card.answer


def test_release_takes_power_from_the_card(desk):
    tg = desk.tap()
    assert desk.bench.field.on
    desk.do(desk.reader.release())
    assert not desk.bench.field.on
    with pytest.raises(CardLost):
        desk.do(desk.reader.exchange(tg, VERSION))
    assert desk.card.apdus == []


@pytest.mark.parametrize("size", [1, 59, 60, 61, 243, 244, 246, 247, 248, 260, 263, 600])
def test_answers_of_every_length_come_whole(desk, size):
    """The frame changes form at 255 bytes; one block of the card holds 61; 262 fit the chip."""
    tg = desk.tap()
    desk.card.answer = bytes(at % 251 for at in range(size))
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer


def test_longest_apdu_goes_out_in_one_extended_frame(desk):
    tg = desk.tap()
    before = desk.bench.chip.commands_accepted
    desk.do(desk.reader.exchange(tg, bytes(range(256)) + bytes(5)))
    assert desk.card.apdus == [bytes(range(256)) + bytes(5)]
    assert desk.bench.chip.commands_accepted == before + 1


def test_apdu_beyond_one_frame_goes_in_parts(desk):
    tg = desk.tap()
    before = desk.bench.chip.commands_accepted
    desk.do(desk.reader.exchange(tg, bytes(600)))
    assert desk.card.apdus == [bytes(600)]
    assert desk.bench.chip.commands_accepted == before + 3


def test_empty_apdu_is_refused_before_the_wire(desk):
    tg = desk.tap()
    before = desk.bench.chip.commands_accepted
    with pytest.raises(VafaError) as error:
        desk.do(desk.reader.exchange(tg, b""))
    assert error.value.code == CARD_REQUEST
    assert desk.bench.chip.commands_accepted == before


def test_card_that_left_is_lost(desk):
    tg = desk.tap()
    desk.bench.field.remove(desk.card)
    with pytest.raises(CardLost) as error:
        desk.do(desk.reader.exchange(tg, VERSION))
    assert error.value.code == CARD_LOST


@pytest.mark.parametrize("byte", range(13))
def test_damaged_answer_is_asked_for_again_and_reaches_the_card_once(desk, byte):
    tg = desk.tap()
    desk.fault(Part.ANSWER, Action.CORRUPT, byte)
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer
    assert len(desk.card.apdus) == 1
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer


@pytest.mark.parametrize("action", [Action.DROP, Action.CORRUPT])
def test_lost_acknowledgement_never_repeats_an_apdu(desk, action):
    tg = desk.tap()
    desk.fault(Part.ACK, action, 4)
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer
    assert len(desk.card.apdus) == 1


def test_slow_answer_is_awaited_although_its_acknowledgement_got_lost(desk):
    tg = desk.tap()
    desk.fault(Part.ACK, Action.DROP)
    desk.fault(Part.ANSWER, Action.DELAY, 500)
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer
    assert len(desk.card.apdus) == 1


def test_lost_answer_is_a_lost_card_and_never_a_repetition(desk):
    tg = desk.tap()
    desk.fault(Part.ANSWER, Action.DROP)
    with pytest.raises(CardLost):
        desk.do(desk.reader.exchange(tg, VERSION))
    assert len(desk.card.apdus) == 1


def test_lost_request_is_a_lost_card_for_nobody_knows(desk):
    tg = desk.tap()
    desk.bench.spoil = lambda out: out[:-2] + b"\x55\x55" if len(out) > 8 else out
    with pytest.raises(CardLost):
        desk.do(desk.reader.exchange(tg, VERSION))
    desk.bench.spoil = None
    assert desk.card.apdus == []
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer


@pytest.mark.parametrize("part", list(Part))
def test_late_frames_are_waited_for(desk, part):
    tg = desk.tap()
    desk.fault(part, Action.DELAY, 12)
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize("action", [Action.DROP, Action.CORRUPT])
def test_finding_cards_is_repeated_until_it_works(desk, part, action):
    desk.bench.field.insert(desk.card)
    desk.fault(part, action, 5)
    assert len(desk.do(desk.reader.find(2))) == 1


def test_silent_chip_is_a_reader_fault_in_bounded_time(desk):
    desk.bench.spoil = lambda out: bytes(len(out))
    with pytest.raises(ReaderFault) as error:
        desk.do(desk.reader.find(2))
    assert error.value.code == READER_FAULT
    assert desk.time.now_ms < 2000


def test_chip_that_forgot_its_state_starts_again(desk):
    desk.bench.chip.reset()
    desk.do(desk.reader.start())
    assert desk.tap() == 1


def test_cancelled_exchange_tells_the_chip_to_stop(desk):
    tg = desk.tap()
    desk.fault(Part.ANSWER, Action.DELAY, 100_000)

    async def cancel():
        task = asyncio.ensure_future(desk.reader.exchange(tg, VERSION))
        sleeps = desk.time.sleep_ms

        async def cancelling(ms):
            await sleeps(ms)
            task.cancel()
            await asyncio.sleep(0)

        desk.time.sleep_ms = cancelling
        with pytest.raises(asyncio.CancelledError):
            await task
        desk.time.sleep_ms = sleeps

    desk.do(cancel())
    assert not desk.bench.chip._output  # the answer that was under way is gone
    assert desk.do(desk.reader.exchange(tg, VERSION)) == desk.card.answer
