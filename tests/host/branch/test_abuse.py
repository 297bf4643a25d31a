"""The gateway abused: nonsense, damage, strangers, too many, a taken port."""

import asyncio
import random

import pytest

from firmware.core import errors, frame
from host.gen.vafa.v1 import link_pb2
from tests.host.branch.cable import AWAY, linked, plugged_in, running_gateway
from tests.host.served import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        {"journal_pages": link_pb2.JournalPages(pages=[])},
        {"journal_pages": link_pb2.JournalPages(pages=[bytes(256)] * 5)},
        {"journal_pages": link_pb2.JournalPages(pages=[bytes(256)])},
        {"journal_pages": link_pb2.JournalPages(pages=[bytes(255)])},
        {"session": link_pb2.SessionPacket(sealed=link_pb2.Sealed(counter=1))},
        {"hello": link_pb2.Hello(terminal_id=102)},
        {},
    ],
)
def test_requests_that_make_no_sense_are_refused_and_the_connection_goes_on(world, tmp_path, body):
    async def main():
        async with linked(world, tmp_path, AWAY) as client:
            await client.hello()
            client.send(request_id=4, **body)
            code = await client.refused()
            await client.hello()
            return code

    assert asyncio.run(main()) == errors.LINK_MESSAGE


def test_nothing_is_answered_before_the_greeting(world, tmp_path):
    async def main():
        async with linked(world, tmp_path, AWAY) as client:
            client.send(request_id=4, object_request=link_pb2.ObjectRequest(kind=1))
            return await client.refused()

    assert asyncio.run(main()) == errors.LINK_MESSAGE


@pytest.mark.parametrize("noise", [b"\x05\x01\x02\x00", bytes([7]) * 5000 + b"\0", b"\0\0\0"])
def test_damaged_and_overlong_frames_are_passed_over(world, tmp_path, noise):
    async def main():
        async with linked(world, tmp_path, AWAY) as client:
            client.writer.write(noise)
            return await client.hello()

    assert asyncio.run(main()) == link_pb2.Welcome()


def test_no_message_of_chance_ends_the_gateway(world, tmp_path):
    """Bodies cut, changed and lengthened by chance: refused or passed over, never fatal."""
    chance = random.Random(7)
    session = link_pb2.SessionPacket(finish=link_pb2.SessionFinish(signature=bytes(64)))
    good = [
        link_pb2.TerminalFrame(request_id=3, hello=link_pb2.Hello(terminal_id=101)),
        link_pb2.TerminalFrame(
            request_id=4, object_request=link_pb2.ObjectRequest(kind=2, offset=5)
        ),
        link_pb2.TerminalFrame(
            request_id=5, journal_pages=link_pb2.JournalPages(pages=[bytes(256)])
        ),
        link_pb2.TerminalFrame(request_id=6, session=session),
    ]

    async def main():
        async with linked(world, tmp_path, AWAY) as client:
            await client.hello()
            for _ in range(300):
                body = bytearray(chance.choice(good).SerializeToString())
                for _ in range(chance.randrange(1, 4)):
                    body[chance.randrange(len(body))] = chance.randrange(256)
                cut = body[: chance.randrange(len(body) + 1)]
                client.writer.write(frame.encode(chance.randrange(6), 1, bytes(cut)))
        async with linked(world, tmp_path, AWAY) as client:
            return await client.hello()

    assert asyncio.run(main()) == link_pb2.Welcome()


def test_connections_are_bounded_and_the_newest_of_a_terminal_counts(world, tmp_path):
    async def main():
        async with (
            running_gateway(world, tmp_path, AWAY, max_connections=2) as gateway,
            plugged_in(gateway) as first,
            plugged_in(gateway) as second,
        ):
            await first.hello()
            await second.hello()
            # The terminal came again: its first connection is hung up on.
            with pytest.raises(EOFError):
                await first.next("welcome")
            async with plugged_in(gateway) as third, plugged_in(gateway) as fourth:
                await third.hello(102)
                return await fourth.refused()

    assert asyncio.run(main()) == errors.LINK_BUSY


def test_a_connection_that_never_greets_is_hung_up_on(world, tmp_path):
    async def main():
        async with (
            running_gateway(world, tmp_path, AWAY, greeting_ms=1) as gateway,
            plugged_in(gateway) as client,
        ):
            with pytest.raises(EOFError):
                await client.next("welcome")

    asyncio.run(main())


def test_a_taken_port_is_named(world, tmp_path):
    async def main():
        async with running_gateway(world, tmp_path, AWAY) as gateway:
            with pytest.raises(errors.VafaError) as caught:
                async with running_gateway(
                    world, tmp_path / "other", AWAY, listen=("127.0.0.1", gateway.port)
                ):
                    pass
            return caught.value.code

    (tmp_path / "other").mkdir()
    assert asyncio.run(main()) == errors.PORT_IN_USE
