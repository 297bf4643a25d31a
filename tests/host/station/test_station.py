"""The card desk over gRPC, with a model card on a model reader."""

import asyncio

import pytest

from firmware.core import errors
from host.gen.vafa.v1 import cards_pb2, cards_pb2_grpc, link_pb2
from host.station.client import run_script
from host.station.reader import CardLostError
from tests.host.club import paid_on
from tests.host.served import DEADLINE_S, World, on_reader
from tools.models.card import Tear

AMOUNT = 1_000_000


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_card_is_issued_topped_up_and_read(world):
    card = world.blank()
    seen: list[tuple[int, int]] = []

    async def main():
        async with world.serve(), world.station() as station:
            with on_reader(card) as reader:
                issued = await station.personalise(reader, station.new_request_id())
            with on_reader(card) as reader:
                request_id = station.new_request_id()
                topped_up = await station.top_up(
                    reader, request_id, AMOUNT, lambda *count: seen.append(count)
                )
            with on_reader(card) as reader:
                read = await station.read(reader)
            async with world.channel("operator", "night") as channel:
                stub = cards_pb2_grpc.CardsServiceStub(channel)
                shown = await stub.GetCard(
                    cards_pb2.GetCardRequest(card_number=issued.card_number), timeout=DEADLINE_S
                )
            return issued, topped_up, read, shown.card

    issued, topped_up, read, shown = asyncio.run(main())
    assert issued.done
    assert (topped_up.done, topped_up.paid_minor) == (True, AMOUNT)
    assert (read.card_number, read.paid_minor) == (issued.card_number, AMOUNT)
    assert paid_on(card) == AMOUNT
    assert (shown.paid_minor, shown.unknown_minor) == (AMOUNT, 0)
    assert shown.state == cards_pb2.CARD_STATE_ACTIVE
    assert shown.uid == card.state.uid
    assert seen == [(1, 2), (2, 3), (3, 6), (4, 9)]


def test_a_torn_commit_is_presumed_and_a_repeat_tells(world):
    card = world.blank()

    async def main():
        async with world.serve(), world.station() as station:
            with on_reader(card) as reader:
                await station.personalise(reader, station.new_request_id())
            request_id = station.new_request_id()
            with on_reader(card) as reader:
                # Exchanges are counted from field on; the commit is the ninth of a top-up.
                card.tear = Tear(9, "after")
                torn = await station.top_up(reader, request_id, AMOUNT)
            with on_reader(card) as reader:
                return torn, await station.top_up(reader, request_id, AMOUNT)

    torn, repeated = asyncio.run(main())
    assert (torn.outcome, torn.reason) == (
        link_pb2.TOP_UP_OUTCOME_PRESUMED,
        errors.TOP_UP_PRESUMED,
    )
    assert (repeated.done, repeated.paid_minor) == (True, AMOUNT)
    assert paid_on(card) == AMOUNT


def test_an_unknown_card_is_reported_with_its_number(world):
    async def main():
        async with world.serve(), world.station() as station:
            with on_reader(world.blank()) as reader:
                return await station.read(reader)

    result = asyncio.run(main())
    assert (result.done, result.reason) == (False, errors.CARD_UNKNOWN)


def test_a_host_that_is_away_is_said_to_be_away(world):
    async def main():
        async with world.serve():
            pass
        async with world.station() as station:
            with on_reader(world.blank()) as reader, pytest.raises(errors.VafaError) as caught:
                await station.read(reader)
            return caught.value.code

    assert asyncio.run(main()) == errors.LINK_HOST_AWAY


class _Silent:
    uid = bytes(7)

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = iter(answers)

    def transmit(self, apdu: bytes) -> bytes:
        answer = next(self._answers, b"")
        if not answer:
            raise CardLostError
        return answer


@pytest.mark.parametrize(
    ("answers", "replies"),
    [
        ([b"\x91\x00", b"\x01\x91\xaf", b"\x91\x00"], [b"\x91\x00", b"\x01\x91\xaf", b"\x91\x00"]),
        ([b"\x91\x00", b"\x91\xae", b"\x91\x00"], [b"\x91\x00", b"\x91\xae"]),
        ([b"\x91\x00"], [b"\x91\x00", b""]),
    ],
)
def test_a_script_stops_at_silence_and_at_a_refusal(answers, replies):
    assert run_script(_Silent(answers), [b"\x90"] * 3) == replies
