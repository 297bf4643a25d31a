import pytest

from tests.models.card.host import (
    FULL,
    KEYS,
    MAC,
    RefusedError,
    cbc,
    change_key,
    commit,
    crc,
    data_file,
    debit,
    get_value,
    new_card,
    purse_card,
    rights,
    rotl,
    status_of,
    tap,
    u24,
    wrapped_change,
    xor,
)


def test_plain_commands_count_too():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(0xE, 0xE, 0xE), 4, comm=FULL)
    before = host.ctr
    # Free access and not the session's key: no MAC in either direction.
    assert host.plain(0xAD, b"\x01" + u24(0) + u24(4), counted=True) == bytes(4)
    assert host.ctr == before + 1
    assert host.secure(0x64, b"\x00") == b"\x01"


@pytest.mark.parametrize("damage", ["mac", "body", "counter"])
def test_a_wrong_mac_ends_the_session(damage):
    host = purse_card()
    tap(host)
    if damage == "counter":
        host.ctr += 1
    body = b"\x02" + host.tag(0x6C, b"\x02")
    if damage == "mac":
        body = body[:-1] + bytes([body[-1] ^ 1])
    if damage == "body":
        body = b"\x03" + body[1:]
        assert host.raw(0xF5, body)[0] == 0x1E
    else:
        assert host.raw(0x6C, body)[0] == 0x1E
    # Without a session the trailing MAC is a wrong length, not a wrong MAC.
    assert host.raw(0x6C, b"\x02" + bytes(8))[0] == 0x7E
    assert host.raw(0x6C, b"\x02")[0] == 0xAE


def test_a_replayed_command_is_refused():
    host = purse_card()
    tap(host)
    body = b"\x02" + host.tag(0x6C, b"\x02")
    assert host.raw(0x6C, body)[0] == 0
    assert host.raw(0x6C, body)[0] == 0x1E


def test_wrong_padding_is_an_integrity_error_even_with_a_good_mac():
    host = purse_card()
    tap(host)
    data = cbc(host.enc, (5).to_bytes(4, "little") + bytes(12), host.iv("A55A"))
    body = b"\x02" + data
    assert host.raw(0xDC, body + host.tag(0xDC, body))[0] == 0x1E


@pytest.mark.parametrize(
    "body", [b"", b"\x02", b"\x02" + bytes(7), b"\x02" + bytes(15), b"\x02" + bytes(8)]
)
def test_lengths_come_before_macs(body):
    host = purse_card()
    tap(host)
    assert host.raw(0xDC, body)[0] == 0x7E


def test_the_counter_never_wraps():
    host = purse_card()
    tap(host)
    host.card._context.session.counter = host.ctr = 0xFFFE
    get_value(host)
    assert status_of(get_value, host) == 0x1E


def test_card_uid_needs_a_session_and_its_mac():
    host = purse_card()
    tap(host)
    assert host.secure(0x51, mode=FULL).hex() == "045a1b2c3d4e80"
    assert host.raw(0x51)[0] == 0x7E
    assert host.raw(0x51)[0] == 0xAE


def test_wrong_key_and_missing_key():
    host = purse_card()
    host.select()
    assert status_of(host.authenticate, 1, bytes(16)) == 0xAE
    assert host.raw(0x71, b"\x05\x00")[0] == 0x40
    assert host.raw(0x71, b"\x01")[0] == 0x7E
    assert host.raw(0x71, b"\x01\x02\x00")[0] == 0x7E
    assert host.raw(0x71, b"\x01\x01\x02")[0] == 0x9E  # LRP
    assert host.raw(0x77, b"\x01")[0] == 0xAE  # no session to continue


def test_second_half_must_be_a_continuation():
    host = purse_card()
    host.select()
    assert host.raw(0x71, b"\x01\x00")[0] == 0xAF
    assert host.raw(0x60)[0] == 0xCA
    assert host.raw(0xAF, bytes(32))[0] == 0x1C
    assert host.raw(0x71, b"\x01\x00")[0] == 0xAF
    assert host.raw(0xAF, bytes(31))[0] == 0x7E


def test_capabilities_are_echoed():
    host = purse_card()
    host.select()
    _, challenge = host.raw(0x71, b"\x01\x03\x00\xa2\xa3")
    key = bytes([0x20] * 16)
    rnd_b = cbc(key, challenge, decrypt=True)
    _, answer = host.raw(0xAF, cbc(key, bytes(16) + rotl(rnd_b)))
    assert cbc(key, answer, decrypt=True)[20:] == bytes(6) + bytes.fromhex("00a2a3000000")


def test_selecting_again_ends_session_and_transaction():
    host = purse_card()
    tap(host)
    debit(host, 10)
    host.select()
    assert host.raw(0xC7)[0] == 0x0C
    assert host.raw(0x6C, b"\x02")[0] == 0xAE


def test_mac_mode_file():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(1, 1, 1), 20, comm=MAC)
    tap(host)
    host.secure(0x8D, b"\x01" + u24(2) + u24(5), b"abcde", MAC)
    assert host.secure(0xAD, b"\x01" + u24(0) + u24(8), mode=MAC) == b"\0\0abcde\0"
    with pytest.raises(RefusedError, match="7E"):
        host.secure(0x8D, b"\x01" + u24(2) + u24(6), b"abcde", MAC)


def test_after_an_error_nothing_carries_a_mac():
    host = purse_card()
    tap(host)
    body = b"\x02" + host.tag(0xF5, b"\x1f")
    status, data = host.raw(0xF5, body)
    assert (status, data) == (0x1E, b"")
    tap(host)
    with pytest.raises(RefusedError, match="F0"):
        host.secure(0xF5, b"\x1e")
    with pytest.raises(RefusedError, match="0C"):
        host.plain(0xC7)


def test_changing_the_own_key_answers_bare_and_logs_out():
    host = new_card()
    host.authenticate(0)
    assert wrapped_change(host, 0, bytes(range(16)) + b"\x07") == b""
    assert host.raw(0x64, b"\x00") == (0, b"\x07")
    host.authenticate(0, bytes(range(16)))


def test_changing_another_key_checks_the_crc_of_the_new_one():
    host = new_card()
    host.authenticate(0)
    change_key(host, 3, KEYS[3], b"3" * 16, 9)
    assert host.secure(0x64, b"\x03") == b"\x09"
    payload = xor(b"4" * 16, KEYS[4]) + b"\x01" + crc(b"5" * 16)
    assert status_of(host.secure, 0xC4, b"\x04", payload, FULL) == 0x1E
    host.authenticate(3, b"3" * 16)
    # Only the master may change keys here; EV3 answers AE, not 9D.
    assert status_of(change_key, host, 4, KEYS[4], b"4" * 16, 1) == 0xAE


def test_commit_in_a_session_needs_its_mac():
    host = purse_card()
    tap(host)
    debit(host, 10)
    assert host.raw(0xC7)[0] == 0x7E
    tap(host)
    assert get_value(host) == 1_000
    debit(host, 10)
    commit(host)
    tap(host)
    assert get_value(host) == 990
