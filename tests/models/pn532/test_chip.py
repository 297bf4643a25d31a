"""The host interface: acknowledgement, abort, repetition, faults, sleep and waking."""

import pytest

from tests.models.pn532.echo_card import EchoCard
from tests.models.pn532.host import ACK, ERROR, NACK, SAM_CONFIGURATION, Host, frame, payload_of
from tools.models.pn532 import Action, Chip, Fault, Field, HsuLine, Part


def test_a_sleeping_line_is_woken_by_edges_and_loses_what_woke_it():
    host = Host(awake=False)
    assert host.raw(SAM_CONFIGURATION) == b""  # the frame itself woke the chip
    assert host.raw(SAM_CONFIGURATION) == ACK + bytes.fromhex("0000FF02FED5151600")


@pytest.mark.parametrize("preamble", [b"\x55\x55" + bytes(14), bytes(10)])
def test_the_preambles_of_libnfc_and_nfcpy_wake_the_chip(preamble):
    assert Host(awake=False).raw(preamble + SAM_CONFIGURATION).startswith(ACK)


def test_before_sam_configuration_only_the_version_is_told():
    host = Host(EchoCard(), awake=False)
    host.raw(bytes(10))
    assert host.command("02") == bytes.fromhex("32010607")
    assert host.raw(frame(bytes.fromhex("D44A0100"))) == b""
    assert host.chip.normal is False


def test_unknown_commands_and_wrong_lengths_get_the_error_frame():
    host = Host()
    for text in ("99", "0201", "10", "1009", "32", "3201", "320501", "4A00 00", "4A03 00",
                 "4A01 05", "4A0100 112233", "0663", "086302", "6000 01 00", "1400"):  # fmt: skip
        assert host.refused(text), text
    assert host.raw(frame(b"\xd5\x02")) == ERROR  # not the host's identifier


def test_a_damaged_frame_is_met_with_silence():
    broken = bytearray(frame(b"\xd4\x02"))
    broken[-2] ^= 1
    host = Host()
    assert host.raw(bytes(broken)) == b""
    assert host.command("02") == bytes.fromhex("32010607")


def test_nack_repeats_the_answer_without_doing_the_command_again():
    card = EchoCard()
    host = Host(card)
    host.command("4A0100")
    out = host.raw(frame(bytes.fromhex("D4400190")))
    seen = len(card.frames)
    assert host.raw(NACK) == out[len(ACK) :]
    assert len(card.frames) == seen


def test_an_endless_list_waits_for_a_card_and_an_ack_ends_it():
    host = Host()
    assert host.command("3205FF01FF") == b""
    assert host.raw(frame(bytes.fromhex("D44A0100"))) == ACK
    assert host.line.send() == b""
    card = EchoCard()
    host.field.insert(card)
    assert payload_of(host.line.send())[:3] == bytes.fromhex("D54B01")
    host.command("5200")
    host.field.remove(card)
    assert host.raw(frame(bytes.fromhex("D44A0100"))) == ACK
    assert host.raw(ACK) == b""
    host.field.insert(card)
    assert host.line.send() == b""
    assert host.command("02") == bytes.fromhex("32010607")


def test_a_new_command_ends_the_endless_one():
    host = Host()
    host.command("3205FF01FF")
    host.raw(frame(bytes.fromhex("D460FF0100")))
    assert host.command("02") == bytes.fromhex("32010607")
    host.field.insert(EchoCard())
    assert host.line.send() == b""


def test_faults_on_acknowledgement_and_answer():
    # SAMConfiguration and RFConfiguration of the set-up are commands 1 and 2.
    faults = [
        Fault(3, Part.ACK, Action.DROP),
        Fault(4, Part.ANSWER, Action.DROP),
        Fault(5, Part.ANSWER, Action.CORRUPT, 7),
        Fault(6, Part.ACK, Action.DELAY, 1),
        Fault(6, Part.ANSWER, Action.DELAY, 2),
    ]
    host = Host(faults=faults)
    version = frame(b"\xd4\x02")
    answer = frame(bytes.fromhex("D50332010607"))
    assert host.raw(version) == answer
    assert host.raw(version) == ACK
    assert host.raw(NACK) == answer
    damaged = host.raw(version)[len(ACK) :]
    assert [at for at in range(len(answer)) if answer[at] != damaged[at]] == [7]
    assert [host.raw(version), *(host.line.send() for _ in range(4))] == [
        b"", ACK, b"", answer, b"",
    ]  # fmt: skip


def test_power_down_sleeps_after_its_answer_and_forgets_the_card():
    host = Host(EchoCard())
    host.command("4A0100")
    assert host.command("16B0") == b"\x00"
    assert host.chip.asleep
    assert not host.field.on
    assert host.raw(frame(b"\xd4\x02")) == b""
    host.raw(bytes(10))
    assert not host.chip.asleep
    assert host.raw(frame(bytes.fromhex("D44A0100"))) == b""  # low battery again


def test_a_line_that_is_no_wake_up_source_does_not_wake():
    host = Host()
    host.command("1620")
    host.raw(bytes(50) + SAM_CONFIGURATION)
    assert host.chip.asleep
    host.chip.reset()
    assert host.raw(bytes(10) + SAM_CONFIGURATION).startswith(ACK)


def test_a_new_baud_rate_holds_from_the_host_s_acknowledgement():
    host = Host()
    assert host.command("1008") == b""
    assert host.chip.baud_rate == 115200
    host.line.receive(frame(b"\xd4\x02"), baud_rate=1288000)
    assert host.line.send() == b""
    host.line.receive(ACK, baud_rate=115200)
    assert host.chip.baud_rate == 1288000
    host.line.receive(frame(b"\xd4\x02"), baud_rate=115200)
    assert host.line.send() == b""
    host.line.receive(frame(b"\xd4\x02"), baud_rate=1288000)
    assert host.line.send().startswith(ACK)


def test_a_rate_not_confirmed_is_dropped():
    line = HsuLine(Chip(Field()))
    line.receive(SAM_CONFIGURATION)
    line.send()
    line.receive(frame(bytes.fromhex("D41007")))
    line.receive(ACK)  # before the answer was read: an abort
    assert line.chip.baud_rate == 115200
