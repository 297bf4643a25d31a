"""The board: every part through real MicroPython, the supply that fails, what is seen outside."""

import asyncio
import hashlib
import hmac
import json
import signal
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from host.crypto import Aes
from tests.tools.board.cards import PlainCard
from tools.board import Board, BoardConfig, Bundle
from tools.board.provision import ProvisionError

EXERCISE = ("tests/tools/board/exercise.py",)
WAIT_S = 20
HOST_KEY = ec.derive_private_key(12345, ec.SECP256R1())


def raw(key):
    numbers = key.public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def point(text):
    x, y = int(text[:64], 16), int(text[64:], 16)
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


BUNDLE = Bundle(bytes(range(32)), bytes(range(16)), raw(HOST_KEY.public_key()))


def make(directory, program=EXERCISE, reader="spi"):
    config = BoardConfig(
        directory,
        101,
        ("127.0.0.1", 9),
        clock=lambda: 1000,
        reader=reader,
        seed=5,
        program=program,
    )
    return Board(config)


def scenario(directory, play, **options):
    """Run `play(board)` on a provisioned, started board that stands idle."""

    async def run():
        async with make(directory, **options) as board:
            await board.provision(BUNDLE)
            await board.power_on()
            await play(board)

    asyncio.run(run())


async def screen(board, view):
    event = await board.wait_for(
        lambda e: (e.kind, e.name) in {("screen", view), ("power", "exited")}, WAIT_S
    )
    assert event.name == view, event
    return list(event.lines)


@pytest.mark.parametrize("reader", ["spi", "hsu"])
def test_every_part_answers_through_its_driver_in_micropython(tmp_path, reader):
    async def play(board):
        assert await screen(board, "clock") == ["None"]
        assert await screen(board, "clock set") == ["123456789"]
        assert await screen(board, "flash") == [str(4 << 20), b"vafa".hex() + "ff" * 4]
        identity, signature, accepted = await screen(board, "signature")
        assert accepted == "True"
        r, s = int(signature[:64], 16), int(signature[64:], 16)
        digest = bytes(range(32))
        point(identity).verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))
        assert await screen(board, "refused") == ["False"]
        tag = hmac.new(BUNDLE.journal_root, bytes(100), hashlib.sha256).hexdigest()
        block = Aes(BUNDLE.debit_master).encrypt(bytes(16)).hex()
        assert await screen(board, "keyed") == [block, tag]
        host, serial, number = await screen(board, "host")
        assert host == BUNDLE.host_public_key.hex()
        assert (serial[:4], len(serial), number) == ("0123", 18, "101")
        assert await screen(board, "random") == ["40"]
        assert await screen(board, "counter") == ["0", "1", "1"]
        mine, shared = await screen(board, "ecdh")
        slots = json.loads((tmp_path / "se.json").read_text("ascii"))["slots"]
        private = ec.derive_private_key(int(slots[0][8:72], 16), ec.SECP256R1())
        assert shared == private.exchange(ec.ECDH(), point(mine)).hex()
        await screen(board, "reader")

    scenario(tmp_path, play, reader=reader)


def test_same_firmware_runs_on_cpython(tmp_path, monkeypatch):
    code = (
        "import functools, runpy; from firmware.terminal.hal import sim;"
        "from host.crypto import Aes; sim.build = functools.partial(sim.build, aes=Aes);"
        "runpy.run_path('tests/tools/board/exercise.py', run_name='__main__')"
    )
    monkeypatch.setattr(
        "tools.board.board.micropython.command",
        lambda *args, **_: [sys.executable, "-c", code, *args[len(EXERCISE) :]],
    )
    card = PlainCard("04112233445566")

    async def play(board):
        assert await screen(board, "clock set") == ["123456789"]
        assert (await screen(board, "signature"))[2] == "True"
        board.insert(card)
        assert await screen(board, "version") == ["01029100"]
        board.press("*")
        await board.wait_for(lambda e: e.lines == ("exit code 3",), WAIT_S)

    scenario(tmp_path, play)


@pytest.mark.parametrize("reader", ["spi", "hsu"])
def test_cards_come_and_go_in_the_field(tmp_path, reader):
    one, two = PlainCard("04112233445566"), PlainCard("04998877665544")

    async def play(board):
        await screen(board, "reader")
        board.insert(one)
        assert await screen(board, "cards") == ["04112233445566"]
        assert await screen(board, "version") == ["01029100"]
        board.insert(two)
        assert len((await board.wait_for(lambda e: len(e.lines) == 2, WAIT_S)).lines) == 2
        board.remove(one)
        await board.wait_for(lambda e: e.lines == ("04998877665544",), WAIT_S)
        assert set(one.apdus) == {b"\x90\x60\x00\x00\x00"}

    scenario(tmp_path, play, reader=reader)


def test_more_keys_than_the_controller_queues_arrive_in_order(tmp_path):
    keys = "1234567890BTL250"

    async def play(board):
        await screen(board, "reader")
        board.press(keys)
        assert "".join([(await screen(board, "key"))[0] for _ in keys]) == keys
        with pytest.raises(ValueError, match="'X'"):
            board.press("X")

    scenario(tmp_path, play)


def test_torn_program_cuts_the_supply_and_the_board_boots_again(tmp_path):
    async def play(board):
        await screen(board, "reader")
        board.cut_power_at(flash_operation=1, effect="torn")
        board.press("#")
        cut = await board.wait_for(lambda e: e.kind == "power", WAIT_S)
        assert cut.name == "cut"
        assert not board.running
        page = board.devices.flash.read(8192, 256)
        assert page not in (bytes(256), b"\xff" * 256)
        assert board.devices.flash.read(8192 + 256, 256) == b"\xff" * 256
        await board.power_on()
        assert board.running
        assert await screen(board, "clock") == ["123456789"]  # on its battery
        counter = await screen(board, "counter")
        assert counter == ["1", "2", "2"]

    scenario(tmp_path, play)


@pytest.mark.parametrize(("when", "seen"), [("before", 0), ("after", 1)])
def test_cut_at_a_card_exchange_before_or_after_the_card_has_it(tmp_path, when, seen):
    card = PlainCard("04112233445566")

    async def play(board):
        await screen(board, "reader")
        board.cut_power_at(exchange=1, when=when)
        board.insert(card)
        assert (await board.wait_for(lambda e: e.kind == "power", WAIT_S)).name == "cut"
        assert len(card.apdus) == seen
        assert not board.running

    scenario(tmp_path, play)


def test_program_that_ends_is_reported_with_its_code(tmp_path):
    async def play(board):
        await screen(board, "reader")
        board.press("*")
        ended = await board.wait_for(lambda e: e.kind == "power" and e.name != "on", WAIT_S)
        assert (ended.name, ended.lines) == ("exited", ("exit code 3",))
        assert not board.running

    scenario(tmp_path, play)


def test_traceback_reaches_the_log(tmp_path):
    async def play(board):
        await board.wait_for(lambda e: e.name == "exited", WAIT_S)
        log = (tmp_path / "terminal.log").read_text("utf-8")
        assert "ImportError: no module named 'missing'" in log

    scenario(tmp_path, play, program=("-c", "import missing"))


def test_program_ends_when_the_board_is_gone(tmp_path):
    async def play(board):
        await screen(board, "reader")
        process = board._process
        board._bus.abort()
        await asyncio.wait_for(process.wait(), WAIT_S)
        assert process.returncode == 0

    scenario(tmp_path, play)


def test_cut_ends_a_program_that_never_touches_its_wires_again(tmp_path):
    code = (
        "import sys\nfrom firmware.terminal.hal.board_bus import BoardBus\n"
        "bus = BoardBus(int(sys.argv[1]))\n"
        "try:\n    bus.call(1, 2, bytes(4))\nexcept BaseException:\n    pass\n"
        "while True:\n    pass\n"
    )
    script = tmp_path / "stubborn.py"
    script.write_text(code, "ascii")

    async def run():
        async with make(tmp_path, program=(str(script),)) as board:
            board.cut_power_at(flash_operation=1, effect="complete")
            await board.power_on()
            process = board._process
            await board.wait_for(lambda e: e.name == "cut", WAIT_S)
            assert await asyncio.wait_for(process.wait(), WAIT_S) == -signal.SIGKILL

    asyncio.run(run())


def test_unknown_requests_are_refused_and_logged(tmp_path):
    code = (
        "import sys\nfrom firmware.terminal.hal.board_bus import BoardBus\n"
        "bus = BoardBus(int(sys.argv[1]))\n"
        "for device, operation, payload in ((99, 0, b''), (1, 1, bytes(2)), (1, 1, bytes(300)),"
        " (3, 9, b''), (4, 1, b'\\x07'), (5, 0, b'{')):\n"
        "    try:\n        bus.call(device, operation, payload)\n"
        "    except OSError as error:\n        print('errno', error.args[0])\n"
        "    else:\n        print('taken')\n"
    )
    script = tmp_path / "requests.py"
    script.write_text(code, "ascii")

    async def play(board):
        await board.wait_for(lambda e: e.name == "exited", WAIT_S)
        log = (tmp_path / "terminal.log").read_text("utf-8").split("\n")
        assert log[:-1] == ["errno 19", "errno 22", "errno 22", "errno 19", "errno 22", "errno 22"]

    scenario(tmp_path, play, program=(str(script),))


def test_provisioned_once_and_only_while_off(tmp_path):
    async def run():
        async with make(tmp_path) as board:
            identity = board.identity_public_key()
            assert await board.provision(BUNDLE) == identity
            with pytest.raises(ProvisionError, match="provisioned before"):
                await board.provision(BUNDLE)
            assert board.identity_public_key() == identity
            await board.power_on()
            with pytest.raises(RuntimeError):
                board.identity_public_key()
        async with make(tmp_path) as again:
            assert again.identity_public_key() == identity

    asyncio.run(run())


def test_waiting_in_vain_tells_what_came_instead(tmp_path):
    async def play(board):
        await screen(board, "reader")
        board.press("7")
        with pytest.raises(TimeoutError, match="screen key 7"):
            await board.wait_for(lambda e: e.name == "never", 0.5)

    scenario(tmp_path, play)
