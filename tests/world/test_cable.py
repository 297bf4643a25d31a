"""The cable carries bytes both ways, and nothing at all while it is cut."""

import asyncio

from tools.world.cable import Cable


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
        await writer.drain()
    writer.close()


async def through(cable: Cable) -> bytes:
    """What comes back of a word sent through the cable; b"" when it is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
    writer.write(b"salam")
    try:
        return await reader.read(100)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def scenario() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    cable = Cable(server.sockets[0].getsockname()[:2])
    await cable.start()
    assert await through(cable) == b"salam"

    reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
    writer.write(b"x")
    assert await reader.read(1) == b"x"
    cable.cut()
    assert await reader.read(1) == b""
    writer.close()
    assert await through(cable) == b""

    cable.mend()
    assert await through(cable) == b"salam"
    await cable.stop()
    server.close()


def test_a_cable_can_be_cut_and_mended() -> None:
    asyncio.run(asyncio.wait_for(scenario(), 20))
