from firmware.core import apdu
from firmware.core.errors import CARD_FORMAT, CARD_REQUEST, CardStatusError, VafaError
from tests.mp_runner import raises


def test_lc_and_body_are_left_out_together():
    assert apdu.wrap(0x60) == bytes.fromhex("9060000000")
    assert apdu.wrap(0x6C, b"\x02") == bytes.fromhex("906C0000010200")


def test_longest_body_fits_and_one_more_is_refused():
    longest = apdu.wrap(0x8D, bytes(255))
    assert longest[4] == 255 and len(longest) == 261
    assert raises(VafaError, apdu.wrap, 0x8D, bytes(256)).code == CARD_REQUEST


def test_af_chaining_cuts_after_54_bytes_and_loses_nothing():
    body = bytes(range(109))
    first, second, third = apdu.chain(0x3D, body)
    assert first[:5] == bytes.fromhex("903D000036")
    assert second[:5] == bytes.fromhex("90AF000036")
    assert third == bytes.fromhex("90AF0000016C00")
    assert first[5:-1] + second[5:-1] + third[5:-1] == body
    assert len(apdu.chain(0x3D, bytes(54))) == 1
    assert len(apdu.chain(0x3D, bytes(55))) == 2


def test_iso_chained_commands_stay_whole():
    assert len(apdu.chain(0x8D, bytes(255))) == 1


def test_split_separates_data_and_status():
    assert apdu.split(bytes.fromhex("01029100")) == (b"\x01\x02", 0x00)
    assert apdu.split(bytes.fromhex("91AE")) == (b"", 0xAE)
    assert raises(VafaError, apdu.split, b"\x91").code == CARD_FORMAT
    assert raises(VafaError, apdu.split, b"").code == CARD_FORMAT


def test_iso_status_word_is_kept_whole():
    error = raises(CardStatusError, apdu.split, bytes.fromhex("6A82"))
    assert error.status == 0x6A82


def test_refusal_names_status_and_command():
    error = apdu.refuse(0xDC, 0xBE)
    assert error.status == 0xBE
    assert "boundary" in str(error) and "DC" in str(error)
    assert "unknown status" in str(apdu.refuse(0xDC, 0x33))
