"""The sealed session between terminal and host: handshake, time, top-up, and every forgery."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from firmware.core import errors
from host.gen.vafa.v1 import link_pb2, link_pb2_grpc
from tests.host.club import paid_on, replies_to
from tests.host.served import DEADLINE_S, World, on_reader
from tests.host.terminal import FakeTerminal, ask_time

_OPENING = [bytes.fromhex("905A00000346415600"), bytes.fromhex("9071000002020000")]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


class _Stream:
    def __init__(self, call, terminal_id: int) -> None:
        self._call = call
        self._terminal_id = terminal_id

    async def send(self, packet: link_pb2.SessionPacket) -> None:
        request = link_pb2.ConnectRequest(terminal_id=self._terminal_id, packet=packet)
        await self._call.write(request)

    async def exchange(self, packet: link_pb2.SessionPacket) -> link_pb2.SessionPacket:
        await self.send(packet)
        return (await self._call.read()).packet


@asynccontextmanager
async def _stream(world: World, terminal_id: int = 101, branch: str = "a"):
    async with world.serve(), world.channel("gateway", branch) as channel:
        call = link_pb2_grpc.TerminalLinkServiceStub(channel).Connect(timeout=DEADLINE_S)
        yield _Stream(call, terminal_id)


async def _established(stream: _Stream, terminal: FakeTerminal) -> None:
    answer = await stream.exchange(terminal.hello())
    await stream.send(terminal.finish(answer.answer))


def test_a_terminal_learns_the_time(world):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with _stream(world) as stream:
            await _established(stream, terminal)
            replies = []
            for _ in range(2):
                packet = await stream.exchange(terminal.seal(ask_time()))
                replies.append(terminal.open(packet).time.now)
            return replies

    assert asyncio.run(main()) == [world.clock.seconds] * 2


@pytest.mark.parametrize(
    ("terminal_id", "branch"), [(101, "b"), (102, "a")], ids=["other branch", "not enrolled"]
)
def test_a_terminal_that_is_not_of_the_branch_is_refused(world, terminal_id, branch):
    FakeTerminal(world).enrol("a")

    async def main():
        async with _stream(world, terminal_id, branch) as stream:
            return await stream.exchange(FakeTerminal(world, terminal_id).hello())

    assert asyncio.run(main()).refused.code == errors.LINK_TERMINAL


def test_a_terminal_with_another_identity_key_is_refused(world):
    FakeTerminal(world).enrol()
    impostor = FakeTerminal(world)

    async def main():
        async with _stream(world) as stream:
            answer = await stream.exchange(impostor.hello())
            return await stream.exchange(impostor.finish(answer.answer))

    assert asyncio.run(main()).refused.code == errors.LINK_SESSION


def _flip(packet: link_pb2.SessionPacket, part: str) -> link_pb2.SessionPacket:
    changed = link_pb2.SessionPacket.FromString(packet.SerializeToString())
    value = bytearray(getattr(changed.sealed, part))
    value[0] ^= 1
    setattr(changed.sealed, part, bytes(value))
    return changed


@pytest.mark.parametrize("part", ["ciphertext", "tag"])
def test_a_forged_packet_ends_the_session(world, part):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with _stream(world) as stream:
            await _established(stream, terminal)
            return await stream.exchange(_flip(terminal.seal(ask_time()), part))

    assert asyncio.run(main()).refused.code == errors.LINK_SESSION


def test_a_replayed_packet_ends_the_session(world):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with _stream(world) as stream:
            await _established(stream, terminal)
            packet = terminal.seal(ask_time())
            await stream.exchange(packet)
            return await stream.exchange(packet)

    assert asyncio.run(main()).refused.code == errors.LINK_SESSION


def test_a_packet_of_an_earlier_session_is_refused(world):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with _stream(world) as stream:
            await _established(stream, terminal)
            old = terminal.seal(ask_time())
        async with _stream(world) as stream:
            await _established(stream, terminal)
            return await stream.exchange(old)

    assert asyncio.run(main()).refused.code == errors.LINK_SESSION


def test_nothing_is_opened_before_the_handshake(world):
    async def main():
        async with _stream(world) as stream:
            sealed = link_pb2.Sealed(counter=1, ciphertext=bytes(16), tag=bytes(16))
            return await stream.exchange(link_pb2.SessionPacket(sealed=sealed))

    assert asyncio.run(main()).refused.code == errors.LINK_SESSION


def test_a_malformed_point_is_refused(world):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with _stream(world) as stream:
            packet = terminal.hello()
            packet.hello.ephemeral = bytes(64)
            return await stream.exchange(packet)

    assert asyncio.run(main()).refused.code == errors.LINK_SESSION


def test_a_top_up_is_relayed_through_the_terminal(world):
    terminal = FakeTerminal(world)
    terminal.enrol()
    card = world.blank()

    async def main():
        async with _stream(world) as stream:
            async with world.station() as station:
                with on_reader(card) as reader:
                    await station.personalise(reader, bytes(16))
            await _established(stream, terminal)
            card.field_on()
            opening = link_pb2.TopUpOpen(
                request_id=bytes(15) + b"\x07",
                amount_minor=250_000,
                uid=card.state.uid,
                opening_replies=replies_to(card, _OPENING),
            )
            request = link_pb2.TerminalRequest(top_up_open=opening)
            trips = 0
            while True:
                trips += 1
                reply = terminal.open(await stream.exchange(terminal.seal(request)))
                if reply.WhichOneof("body") != "card_script":
                    return reply, trips
                replies = replies_to(card, reply.card_script.commands)
                request = link_pb2.TerminalRequest(
                    card_replies=link_pb2.CardReplies(replies=replies)
                )

    reply, trips = asyncio.run(main())
    assert reply.top_up_result.outcome == link_pb2.TOP_UP_OUTCOME_DONE
    assert reply.top_up_result.paid_after_minor == 250_000 == paid_on(card)
    assert trips == 4


def test_replies_without_a_script_are_refused_inside_the_session(world):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with _stream(world) as stream:
            await _established(stream, terminal)
            replies = link_pb2.CardReplies(replies=[b"\x91\x00"])
            request = link_pb2.TerminalRequest(card_replies=replies)
            first = terminal.open(await stream.exchange(terminal.seal(request)))
            again = terminal.open(await stream.exchange(terminal.seal(ask_time())))
            return first.error.code, again.time.now

    assert asyncio.run(main()) == (errors.LINK_MESSAGE, world.clock.seconds)
