"""The reader commands, seen by a host on the serial line."""

import pytest

from tests.models.pn532.echo_card import ATS, EchoCard
from tests.models.pn532.host import Host, frame, payload_of

UID = bytes.fromhex("04112233445566")
OTHER = bytes.fromhex("04112233445577")
RECORD = bytes.fromhex("01 0344 20 07") + UID + ATS


def listed(*cards):
    host = Host(*cards)
    assert host.command("4A0200" if len(cards) > 1 else "4A0100")[0] == len(cards)
    return host


def test_diagnose_echoes_the_longest_frame():
    data = bytes(n & 0xFF for n in range(262))
    assert Host().command("0000" + data.hex()) == b"\0" + data


def test_registers_keep_what_is_written():
    host = Host()
    assert host.command("08 633D07 630580") == b""
    assert host.command("06 633D 6305 6307") == bytes.fromhex("078000")


def test_a_card_is_reported_with_its_ats():
    assert Host(EchoCard()).command("4A0100") == b"\x01" + RECORD


def test_without_automatic_rats_the_ats_is_left_to_the_host():
    host = Host(EchoCard())
    host.command("1200")
    assert host.command("4A0100") == b"\x01" + RECORD[: -len(ATS)]
    assert host.command("42E080") == b"\x00" + ATS
    assert host.command("4202 9060000000") == bytes.fromhex("00 02 9060000000")
    assert host.command("42B2") == bytes.fromhex("00 02 9060000000")  # R(NAK): the block again
    assert host.command("42C2") == bytes.fromhex("00 C2")
    assert host.command("42 02AA") == b"\x01"


def test_raw_frames_without_crc_show_the_crc_on_the_air():
    host = Host(EchoCard())
    host.command("320101")
    host.command("08 633D07")
    assert host.command("4226") == bytes.fromhex("004403")
    host.command("08 633D00")
    assert host.command("429320") == bytes.fromhex("0088041122BF")
    host.command("08 630280")
    assert host.command("42 9370 88041122BF") == bytes.fromhex("0004DA17")


@pytest.mark.parametrize("kind", ["01 00FFFF0100", "02 00FFFF0100", "03 00", "04"])
def test_other_card_types_are_not_found(kind):
    assert Host(EchoCard()).command("4A01" + kind) == b"\x00"


def test_no_card_leaves_the_request_in_the_fifo():
    host = Host()
    assert host.command("4A0100") == b"\x00"
    assert host.command("066339") == b"\x26"


@pytest.mark.parametrize("order", [(UID, OTHER), (OTHER, UID)])
def test_two_cards_are_two_targets_also_after_release(order):
    host = listed(*(EchoCard(uid) for uid in order))
    for _ in range(3):
        assert host.command("5200") == b"\x00"
        answer = host.command("4A0200")
        assert answer[0] == 2
        assert {answer[6:13], answer[24:31]} == {UID, OTHER}


def test_each_of_two_targets_is_reached():
    host = listed(
        EchoCard(UID, lambda apdu: b"A" + apdu), EchoCard(OTHER, lambda apdu: b"B" + apdu)
    )
    answers = {host.exchange(b"x", tg=tg)[1] for tg in (1, 2, 1, 2)}
    assert answers == {b"Ax", b"Bx"}


def test_one_card_is_one_target_even_if_two_are_asked_for():
    host = Host(EchoCard())
    assert host.command("4A0200") == b"\x01" + RECORD
    assert host.exchange(b"hello") == (0, b"hello")


@pytest.mark.parametrize("uid", [UID, bytes.fromhex("04AABBCC")])
def test_a_card_is_found_by_its_uid(uid):
    host = Host(EchoCard(UID), EchoCard(bytes.fromhex("04AABBCC")))
    wanted = b"\x88" + uid if len(uid) == 7 else uid
    answer = host.command("4A0100" + wanted.hex())
    assert answer[5] == len(uid)
    assert answer[6 : 6 + len(uid)] == uid
    assert host.command("4A0100 88041122 33445567") == b"\x00"


def test_a_card_not_released_is_missed_by_every_second_list():
    host = listed(EchoCard())
    found = [host.command("4A0100")[0] for _ in range(4)]
    assert found == [0, 1, 0, 1]


@pytest.mark.parametrize("release", ["5200", "5201", "4400", "320100"])
def test_a_card_released_or_without_field_is_found_again(release):
    host = listed(EchoCard())
    host.command(release)
    assert host.command("4A0100")[0] == 1


def test_an_endless_list_finds_a_card_that_was_not_released():
    host = listed(EchoCard())
    host.command("3205FF01FF")
    out = host.raw(frame(bytes.fromhex("D44A0100")))
    assert payload_of(out[6:])[:3] == bytes.fromhex("D54B01")


def test_deselect_and_select_start_the_card_anew():
    host = listed(EchoCard())
    host.exchange(b"one")
    assert host.command("4401") == b"\x00"
    assert host.command("5401") == b"\x00"
    assert host.exchange(b"two") == (0, b"two")
    assert host.command("4402") == host.command("5402") == host.command("5203") == b"\x27"


@pytest.mark.parametrize("size", [0, 1, 60, 61, 62, 122, 261, 262])
def test_commands_and_answers_of_any_size_are_chained(size):
    data = bytes(n & 0xFF for n in range(size))
    assert listed(EchoCard()).exchange(data) == (0, data)


def test_a_long_answer_comes_in_parts():
    whole = bytes(n % 251 for n in range(900))
    host = listed(EchoCard(answer=lambda _: whole))
    status, part = host.exchange(b"go")
    sizes, got = [len(part)], part
    while status == 0x40:
        status, part = host.exchange(b"")
        sizes.append(len(part))
        got += part
    assert (status, got, sizes) == (0, whole, [262, 262, 262, 114])


def test_an_answer_of_the_very_size_of_the_buffer_needs_no_second_part():
    assert listed(EchoCard(answer=lambda _: bytes(262))).exchange(b"go") == (0, bytes(262))


def test_a_command_is_given_in_parts():
    host = listed(EchoCard())
    assert host.exchange(b"a" * 200, tg=0x41) == (0, b"")
    assert host.exchange(b"b" * 50) == (0, b"a" * 200 + b"b" * 50)


def test_waiting_time_is_granted():
    card = EchoCard()
    host = listed(card)
    card.waits = 3
    assert host.exchange(b"slow") == (0, b"slow")
    assert card.frames.count(b"\xf2\x01") == 3


@pytest.mark.parametrize("lost", range(1, 9))
def test_one_lost_frame_is_repaired_and_nothing_runs_twice(lost):
    runs = []

    def answer(apdu):
        runs.append(apdu)
        return apdu + bytes(100)

    card = EchoCard(answer=answer)
    host = listed(card)
    card.silent_for = {lost}
    data = bytes(range(100))
    assert host.exchange(data) == (0, data + bytes(100))
    assert runs == [data]


def test_inside_a_chain_of_the_card_s_the_acknowledgement_is_repeated():
    card = EchoCard(answer=lambda _: bytes(100))
    host = listed(card)
    card.silent_for = {2}  # after RATS and the command
    assert host.exchange(b"x") == (0, bytes(100))
    assert card.frames[2:4] == [b"\xa3", b"\xa3"]


def test_a_card_that_has_gone_is_a_time_out():
    card = EchoCard()
    host = listed(card)
    host.field.remove(card)
    assert host.exchange(b"x") == (1, b"")
    assert host.command("04")[0] == 1


def test_a_card_that_does_not_answer_rats_is_no_target():
    card = EchoCard()
    host = Host(card)
    host.command("320101")
    card.silent_for = {0}
    assert host.command("4A0100") == b"\x00"
    assert host.command("4A0100")[0] == 1


def test_a_target_that_cannot_be_woken_stays_unreached():
    card = EchoCard()
    host = listed(card)
    host.command("4401")
    card.silent_for = set(range(len(card.frames) + 1, 100))  # hears WUPA, then nothing
    assert host.exchange(b"x") == host.exchange(b"y") == (1, b"")
    assert not any(frame[1:] in {b"x", b"y"} for frame in card.frames)


def test_presence_is_checked_by_r_nak():
    card = EchoCard()
    host = listed(card)
    host.exchange(b"x")
    assert host.command("0006") == b"\x00"
    assert card.frames[-1] == b"\xb3"
    assert host.exchange(b"y") == (0, b"y")
    host.field.remove(card)
    assert host.command("0006") == b"\x01"


def test_no_target_is_the_wrong_context():
    host = Host()
    assert host.exchange(b"x") == (0x27, b"")
    assert host.command("4E010101") == host.command("0006") == b"\x27"


def test_a_protocol_error_of_the_card_is_told():
    card = EchoCard()
    host = listed(card)
    card._remember = lambda block: bytes((block[0] ^ 1,)) + block[1:]
    assert host.exchange(b"x")[0] == 0x0B


def test_bit_rates_are_changed_once_and_right_after_activation():
    card = EchoCard()
    host = listed(card)
    assert host.command("4E010302") == b"\x10"
    assert host.command("4E010201") == b"\x00"
    assert card.frames[-1] == bytes.fromhex("D0 11 06")  # DSI 1 from the card, DRI 2 to it
    assert host.command("04") == bytes.fromhex("00 01 01 01 01 02 00 00")
    host.exchange(b"x")
    assert host.command("4E010101") == b"\x01"


def test_automatic_polling_finds_the_card_as_what_was_asked_for():
    host = Host(EchoCard())
    assert host.command("60010120") == bytes((1, 0x20, len(RECORD))) + RECORD
    host.command("5200")
    assert host.command("6001011103") == b"\x00"
