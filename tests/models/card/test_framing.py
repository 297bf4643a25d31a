import pytest

from tests.models.card.host import (
    FULL,
    UID,
    Host,
    commit,
    data_file,
    new_card,
    purse_card,
    read_records,
    record_file,
    rights,
    tap,
    u24,
    wrapped,
    write_record,
)
from tools.models.card import Card, CardProfile


def fresh(profile=None):
    card = Card.create(None, UID, profile=profile)
    card.field_on()
    return card


def test_native_framing():
    card = fresh()
    assert card.exchange(b"\x60").hex().upper() == "AF04010112001A05"
    assert card.exchange(b"\xaf")[0] == 0xAF
    assert card.exchange(b"\xaf")[1:8] == UID
    assert card.exchange(b"\x62") == b"\x1c"


def test_one_framing_for_an_activation():
    card = fresh()
    card.exchange(wrapped(0x6A))
    assert card.exchange(b"\x6a") == b"\x1c"
    card.field_off()
    card.field_on()
    assert card.exchange(b"\x6a") == b"\x00"
    card = fresh(CardProfile(single_framing=False))
    card.exchange(wrapped(0x6A))
    assert card.exchange(b"\x6a") == b"\x00"


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("90600000", "6700"),  # no Le
        ("906000000200", "6700"),  # Lc without its data
        ("9060010000", "6a86"),
        ("9060000001", "91af"),
        ("90", "6700"),
        ("", "6700"),
        ("00b0000000", "6985"),
        ("00ca000000", "6d00"),
    ],
)
def test_malformed_apdus(apdu, sw):
    assert fresh().exchange(bytes.fromhex(apdu))[-2:].hex() == sw


@pytest.mark.parametrize("frame", [20, 54, 60])
def test_af_chaining_both_ways_under_full_protection(frame):
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(0, 0, 0), 150)
    data = bytes(range(150))
    host.secure(0x3D, b"\x01" + u24(0) + u24(150), data, FULL, frame=frame)
    assert host.secure(0xBD, b"\x01" + u24(0) + u24(0), mode=FULL) == data
    assert host.secure(0xAD, b"\x01" + u24(0) + u24(0), mode=FULL) == data
    # Frames themselves are not counted: the next command still verifies.
    assert host.secure(0x64, b"\x00") == b"\x01"


def test_answer_frames_hold_59_bytes():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(0xE, 0xE, 0xE), 100)
    host.select()
    status, first = host.raw(0xBD, b"\x01" + u24(0) + u24(0))
    assert (status, len(first)) == (0xAF, 59)
    assert host.raw(0xAF)[0] == 0


def test_too_many_bytes_in_a_chain():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(0xE, 0xE, 0xE), 100)
    host.select()
    assert host.raw(0x3D, b"\x01" + u24(0) + u24(10) + b"12345")[0] == 0xAF
    assert host.raw(0xAF, b"678901")[0] == 0x7E
    assert host.raw(0xAD, b"\x01" + u24(0) + u24(10)) == (0, bytes(10))


def test_another_command_aborts_a_chain():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(0xE, 0xE, 0xE), 100)
    host.select()
    assert host.raw(0x3D, b"\x01" + u24(0) + u24(10) + b"12345")[0] == 0xAF
    assert host.raw(0x6F)[0] == 0xCA
    assert host.raw(0xAF, b"67890")[0] == 0x1C


def test_both_instructions_of_records():
    host = new_card()
    host.authenticate(0)
    record_file(host, 4, rights(1, 1, 2), 80, 3)
    tap(host, 1)
    record = bytes(range(80))
    host.secure(0x3B, b"\x04" + u24(0) + u24(80), record, FULL, frame=50)
    commit(host)
    assert read_records(host, ins=0xBB) == record
    write_record(host, b"x", ins=0x3B)
    commit(host)
    assert read_records(host, 0, 1)[:1] == b"x"


def test_more_than_nineteen_applications_need_two_frames():
    card = fresh()
    host = Host(card)
    for number in range(1, 22):
        host.plain(0xCA, u24(number) + b"\x0f\x81")
    status, first = host.raw(0x6A)
    assert (status, len(first)) == (0xAF, 57)
    assert host.raw(0xAF) == (0, u24(20) + u24(21))
    host.authenticate(0, bytes(16))
    assert host.secure(0x6A) == b"".join(u24(number) for number in range(1, 22))


def test_version_in_a_session_is_macced_over_all_frames():
    host = purse_card()
    tap(host)
    version = host.secure(0x60)
    assert len(version) == 28
    assert version[14:21] == UID
