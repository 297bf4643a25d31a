"""The gateway between a terminal's socket and a real host: up, down and restarted."""

import asyncio
from unittest.mock import Mock

import pytest

from firmware.core import errors, record
from firmware.core.hmac256 import hmac_sha256
from host.branch.gateway import Gateway, GatewaySettings, replay
from host.branch.store import PageStore
from host.branch.uplink import Uplink
from host.cards.objects import Kind, digest
from host.gen.vafa.v1 import config_pb2, journal_pb2, link_pb2
from host.p256 import verify
from host.tls import TlsFiles
from tests.host import journals
from tests.host.branch.cable import AWAY, PATIENCE_S, Client, linked, plugged_in, running_gateway
from tests.host.served import World
from tests.host.terminal import FakeTerminal, ask_time


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def _journal(world: World, pages: int = 6) -> journals.FakeTerminal:
    """An enrolled terminal with a journal of events."""
    terminal = journals.FakeTerminal(101, "a")
    bundle = world.app.terminals.enrol(101, "a", terminal.identity.point)
    terminal.root = bundle.journal_root
    while len(terminal.pages) < pages:
        terminal.write(record.EVENT, record.Event(200, len(terminal.pages)))
    return terminal


def test_pages_reach_the_host_and_its_acknowledgement_the_terminal(world, tmp_path):
    journal = _journal(world)

    async def main():
        async with world.serve(), linked(world, tmp_path, world.target) as client:
            await client.hello()
            stored = [await client.upload(journal.pages[:4])]
            stored.append(await client.upload(journal.pages[4:]))
            ack = (await client.next("journal_ack")).journal_ack
            while ack.through_sequence < len(journal.pages):
                ack = (await client.next("journal_ack")).journal_ack
            return stored, ack

    stored, ack = asyncio.run(main())
    assert stored == [4, 6]
    key = hmac_sha256(journal.root, record.ACK_KEY_LABEL)
    assert ack.mac == hmac_sha256(key, record.ack_label(101, 6))[:16]


def test_while_the_host_is_away_pages_are_kept_and_sessions_refused_at_once(world, tmp_path):
    journal = _journal(world)
    session = link_pb2.SessionPacket(hello=link_pb2.SessionHello(terminal_id=101))

    async def main():
        async with linked(world, tmp_path, AWAY) as client:
            welcome = await client.hello()
            stored = await client.upload(journal.pages[:4])
            client.send(request_id=3, session=session)
            refused = await client.next("error")
        # Another process, the same disk, and now there is a host.
        async with world.serve(), linked(world, tmp_path, world.target) as client:
            await client.hello()
            ack = (await client.next("journal_ack")).journal_ack
        return welcome.host_reachable, stored, refused, ack.through_sequence

    reachable, stored, refused, acknowledged = asyncio.run(main())
    assert (reachable, stored, acknowledged) == (False, 4, 4)
    assert (refused.request_id, refused.error.code) == (3, errors.LINK_HOST_AWAY)


def test_an_acknowledgement_is_repeated_at_the_next_greeting(world, tmp_path):
    journal = _journal(world)

    async def main():
        async with world.serve(), linked(world, tmp_path, world.target) as client:
            await client.hello()
            await client.upload(journal.pages[:4])
            await client.next("journal_ack")
        async with linked(world, tmp_path, AWAY) as client:
            await client.hello()
            return (await client.next("journal_ack")).journal_ack.through_sequence

    assert asyncio.run(main()) == 4


def test_a_page_missing_in_between_is_not_called_stored(world, tmp_path):
    journal = _journal(world)

    async def main():
        async with linked(world, tmp_path, AWAY) as client:
            await client.hello()
            return [
                await client.upload(journal.pages[:2]),
                await client.upload(journal.pages[3:5]),
                await client.upload(journal.pages[2:3]),
            ]

    assert asyncio.run(main()) == [2, 2, 5]


def test_a_session_is_carried_to_the_host(world, tmp_path):
    terminal = FakeTerminal(world)
    terminal.enrol()

    async def main():
        async with world.serve(), linked(world, tmp_path, world.target) as client:
            await client.hello()
            client.send(request_id=5, session=terminal.hello())
            answer = (await client.next("session")).session
            client.send(session=terminal.finish(answer.answer))
            client.send(request_id=6, session=terminal.seal(ask_time()))
            reply = await client.next("session")
            return reply.request_id, terminal.open(reply.session).time.now

    assert asyncio.run(main()) == (6, world.clock.seconds)


async def _fetch(client: Client, kind: int, have: int = 0) -> bytes:
    """Ask for an object until there is one, then for all of its parts."""
    content = b""
    while True:
        request = link_pb2.ObjectRequest(kind=kind, have_version=have, offset=len(content))
        client.send(request_id=9, object_request=request)
        chunk = (await client.next("object_chunk")).object_chunk
        content += chunk.data
        if chunk.total == 0:
            await asyncio.sleep(0)
        elif len(content) == chunk.total:
            return content


def test_objects_are_signed_cached_and_served_without_the_host(world, tmp_path):
    FakeTerminal(world).enrol()

    async def main():
        async with world.serve(), linked(world, tmp_path, world.target) as client:
            await client.hello()
            first = await _fetch(client, Kind.CONFIG)
            await _fetch(client, Kind.HOTLIST)
        async with linked(world, tmp_path, AWAY) as client:
            await client.hello()
            return first, await _fetch(client, Kind.CONFIG), await _fetch(client, Kind.HOTLIST)

    first, cached, hotlist = asyncio.run(main())
    assert cached == first
    for serialized in (cached, hotlist):
        signed = config_pb2.SignedObject.FromString(serialized)
        over = digest(signed.kind, signed.version, signed.terminal_id, signed.body)
        assert verify(world.app.keys.public_point, over, signed.signature)
    config = config_pb2.TerminalConfig.FromString(config_pb2.SignedObject.FromString(cached).body)
    assert config.lease.expires_at > config.issued_at == world.clock.seconds


def test_a_terminal_that_the_host_refuses_keeps_no_news_from_the_others(world, tmp_path):
    FakeTerminal(world, 101).enrol()

    async def main():
        async with (
            world.serve(),
            running_gateway(world, tmp_path, world.target) as gateway,
            plugged_in(gateway) as stranger,
            plugged_in(gateway) as client,
        ):
            await stranger.hello(7)
            await client.hello(101)
            return await _fetch(client, Kind.CONFIG)

    async def bounded():
        async with asyncio.timeout(PATIENCE_S):
            return await main()

    assert config_pb2.SignedObject.FromString(asyncio.run(bounded())).terminal_id == 101


def test_a_long_object_comes_in_parts(world, tmp_path):
    FakeTerminal(world).enrol()

    async def main():
        async with running_gateway(world, tmp_path, AWAY) as gateway:
            body = bytes(range(256)) * 10
            long = config_pb2.SignedObject(kind=2, version=3, body=body, signature=bytes(64))
            gateway.objects.put(long.SerializeToString())
            async with plugged_in(gateway) as client:
                await client.hello()
                return await _fetch(client, Kind.HOTLIST), long.SerializeToString()

    fetched, whole = asyncio.run(main())
    assert fetched == whole


def test_a_replay_changes_nothing_at_the_host(world, tmp_path):
    journal = _journal(world)

    async def main():
        async with world.serve():
            async with linked(world, tmp_path, world.target) as client:
                await client.hello()
                await client.upload(journal.pages[:4])
                await client.next("journal_ack")
            store = PageStore(tmp_path / "gateway" / "pages.db")
            uplink = Uplink(world.target, world.files("gateway", "a"))
            try:
                return await replay(uplink, store)
            finally:
                await uplink.close()
                store.close()

    results = asyncio.run(main())
    assert [result.verdict for result in results] == [journal_pb2.RECORD_VERDICT_DUPLICATE] * 4


def test_a_repeated_greeting_asks_the_host_for_nothing(tmp_path):
    settings = GatewaySettings(tmp_path, "", TlsFiles(b"", b"", b""))
    gateway = Gateway(settings, lambda _: 0)
    first, second = Mock(terminal=101), Mock(terminal=101)
    asked = []
    for connection in (first, first, second):
        gateway.greeted(connection)
        asked.append(gateway._refresh.is_set())
        gateway._refresh.clear()
    gateway.worker.close()
    assert asked == [True, False, True]
