from firmware.core import apdu, desfire, dialogue, ev2
from firmware.core.apdu import Command
from firmware.core.cmac import Cmac
from firmware.core.errors import CARD_FORMAT, CardStatusError, VafaError
from tests.core.mp.aes import Aes
from tests.mp_runner import raises

TI = b"\x01\x02\x03\x04"
KEY = bytes(range(16))


class Script:
    """Answers in order, and what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        return self.answers.pop(0)


def tagged(counter, data=b""):
    return data + Cmac(Aes, KEY).tag8(ev2.mac_input(0, counter, TI, data))


def session():
    return ev2.Session(Aes, KEY, KEY, TI)


def run(command, script, running=None):
    return dialogue.drive(dialogue.perform(command, running), script)


def test_frames_of_an_answer_are_joined():
    script = Script(b"one\x91\xaf", b"two\x91\xaf", b"three\x91\x00")
    assert run(desfire.get_version(), script) == b"onetwothree"
    assert script.asked == [apdu.wrap(0x60), apdu.wrap(0xAF), apdu.wrap(0xAF)]


def test_a_joined_answer_has_one_mac_and_counts_once():
    answer = tagged(1, b"first second")
    script = Script(answer[:5] + b"\x91\xaf", answer[5:] + b"\x91\x00")
    running = session()
    assert run(Command(0x60, mode=apdu.MAC), script, running) == b"first second"
    assert running.counter == 1
    assert script.asked[1] == apdu.wrap(0xAF)


def test_frames_of_a_command_wait_for_af():
    script = Script(b"\x91\xaf", b"\x91\x00")
    assert run(Command(0x3D, bytes(7), bytes(60)), script) == b""
    assert [request[1] for request in script.asked] == [0x3D, 0xAF]


def test_a_refusal_in_the_middle_of_a_command_stops_the_sending():
    script = Script(b"\x91\xbe")
    assert raises(CardStatusError, run, Command(0x3D, bytes(7), bytes(60)), script).status == 0xBE
    assert len(script.asked) == 1


def test_an_endless_answer_is_cut_off():
    assert raises(VafaError, run, Command(0x60), lambda _: b"\x91\xaf").code == CARD_FORMAT
    big = bytes(59) + b"\x91\xaf"
    assert raises(VafaError, run, Command(0x60), lambda _: big).code == CARD_FORMAT


def test_an_empty_answer_is_malformed():
    assert raises(VafaError, run, Command(0x60), lambda _: b"").code == CARD_FORMAT


def test_a_broken_off_command_ends_the_session():
    def lost(_request):
        raise OSError("card gone")

    running = session()
    raises(OSError, run, Command(0x6C, b"\x02", mode=apdu.MAC), lost, running)
    steps = dialogue.perform(Command(0x6C, b"\x02", mode=apdu.MAC), session())
    next(steps)
    steps.close()
    running = session()
    steps = dialogue.perform(Command(0x6C, b"\x02", mode=apdu.MAC), running)
    next(steps)
    steps.close()
    assert not running.alive


def test_select_inside_a_session_ends_it():
    running = session()
    assert run(desfire.select_application(b"\x01\x02\x03"), Script(b"\x91\x00"), running) == b""
    assert not running.alive
    refused = Script(b"\x91\xa0")
    error = raises(CardStatusError, run, desfire.select_application(b"\x01\x02\x03"), refused)
    assert error.status == 0xA0


def test_a_handshake_has_two_exchanges():
    # AN12343, AuthenticateEV2First example
    script = Script(
        bytes.fromhex("24677DDBD46349E623798FD729006E7991AF"),
        bytes.fromhex("04C6DBD67417ED0D31DDDE4D2E3FFAC2B4B074F638EEF7FFF9254963B65C77599100"),
    )
    rnd_a = bytes.fromhex("B04D0787C93EE0CC8CACC8E86F16C6FE")
    steps = dialogue.authenticate_first(Aes, bytes(16), 0, rnd_a)
    started = dialogue.drive(steps, script)
    assert started.ti == bytes.fromhex("8CF141F3")
    assert script.asked[0] == bytes.fromhex("9071000002000000")
