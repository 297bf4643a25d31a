import pytest

from tests.models.card.host import (
    FULL,
    amount,
    data_file,
    get_value,
    new_card,
    rights,
    status_of,
    tap,
    u24,
    value_file,
)
from tools.models.card import CardProfile
from tools.models.card.profile import GET_VALUE

READ, WRITE, BOTH, OTHER = 1, 2, 3, 4
GET, DEBIT, LIMITED, CREDIT = 0x6C, 0xDC, 0x1C, 0x0C


def value_card(profile=None):
    host = new_card(profile=profile)
    host.authenticate(0)
    value_file(host, 2, rights(READ, WRITE, BOTH), flags=1)
    return host


def value_status(host, key_no, ins):
    tap(host, BOTH)
    host.secure(DEBIT, b"\x02", amount(1), FULL)
    host.secure(0xC7)
    tap(host, key_no)
    return status_of(host.secure, ins, b"\x02", b"" if ins == GET else amount(1), FULL)


@pytest.mark.parametrize(
    ("key_no", "allowed"),
    [
        (READ, {GET, DEBIT}),
        (WRITE, {GET, DEBIT, LIMITED}),
        (BOTH, {GET, DEBIT, LIMITED, CREDIT}),
        (OTHER, set()),
        (0, set()),
    ],
)
def test_value_file_matrix(key_no, allowed):
    host = value_card()
    for ins in (GET, DEBIT, LIMITED, CREDIT):
        expected = 0 if ins in allowed else 0x9D
        assert value_status(host, key_no, ins) == expected, f"{ins:02X}"


def test_another_reading_of_the_read_right():
    host = value_card(CardProfile(value_read_covers=frozenset({GET_VALUE})))
    assert value_status(host, READ, GET) == 0
    assert value_status(host, READ, DEBIT) == 0x9D


@pytest.mark.parametrize(
    ("key_no", "read", "write"),
    [(READ, 0, 0x9D), (WRITE, 0x9D, 0), (BOTH, 0, 0), (OTHER, 0x9D, 0x9D)],
)
def test_data_file_matrix(key_no, read, write):
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(READ, WRITE, BOTH), 8)
    head = b"\x01" + u24(0) + u24(1)
    tap(host, key_no)
    assert status_of(host.secure, 0xAD, head, mode=FULL) == read
    tap(host, key_no)
    assert status_of(host.secure, 0x8D, head, b"x", FULL) == write


def test_without_a_session_keyed_is_ae_and_never_is_9d():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(1, 0xF, 0xF), 8)
    host.select()
    head = b"\x01" + u24(0) + u24(1)
    assert host.raw(0xAD, head)[0] == 0xAE
    assert host.raw(0x8D, head + b"x")[0] == 0x9D


def test_free_get_value_is_plain_for_everyone():
    host = new_card()
    host.authenticate(0)
    value_file(host, 2, rights(1, 1, 2), flags=2, value=77)
    host.select()
    assert host.raw(0x6C, b"\x02") == (0, amount(77))
    tap(host, 1)
    assert get_value(host) == 77  # the key has the right itself: the file's mode


def test_an_extra_set_of_rights_lets_a_second_key_in():
    host = new_card()
    host.authenticate(0)
    data_file(host, 4, rights(1, 1, 2), 8)
    head = b"\x04" + u24(0) + u24(1)
    tap(host, 4)
    assert status_of(host.secure, 0x8D, head, b"x", FULL) == 0x9D
    tap(host, 0)
    host.secure(
        0x5F, b"\x04", b"\x83" + rights(1, 1, 2) + b"\x01" + rights(0xF, 4, 0xF, 0xF), FULL
    )
    assert host.secure(0xF5, b"\x04") == (
        b"\x00\x83" + rights(1, 1, 2) + u24(8) + b"\x01" + rights(0xF, 4, 0xF, 0xF)
    )
    tap(host, 4)
    host.secure(0x8D, head, b"x", FULL)
    assert status_of(host.secure, 0xAD, head, mode=FULL) == 0x9D


def test_change_right():
    host = new_card()
    host.authenticate(0)
    data_file(host, 1, rights(1, 1, 1, change=3), 8)
    data_file(host, 2, rights(1, 1, 1, change=0xF), 8)
    data_file(host, 3, rights(1, 1, 1, change=0xE), 8)
    new = b"\x00" + rights(0xE, 0xE, 0xE)
    assert status_of(host.secure, 0x5F, b"\x01", new, FULL) == 0x9D
    tap(host, 3)
    assert status_of(host.secure, 0x5F, b"\x02", new, FULL) == 0x9D
    tap(host, 3)
    host.secure(0x5F, b"\x01", new, FULL)
    host.select()
    assert host.raw(0x5F, b"\x01" + new)[0] == 0xAE
    assert host.raw(0x5F, b"\x03" + new)[0] == 0
    assert host.raw(0xF5, b"\x03") == (0, b"\x00" + new + u24(8))


def test_management_without_the_master_key():
    host = new_card()
    host.authenticate(0)
    host.secure(0x54, b"", b"\x01", FULL)  # nothing free any more, settings frozen
    host.select()
    create = b"\x05\x00\x11\x11" + u24(4)
    for ins, data in ((0xCD, create), (0x6F, b""), (0xF5, b"\x01"), (0x45, b"")):
        assert host.raw(ins, data)[0] == 0xAE
    tap(host, 1)
    assert status_of(host.secure, 0xCD, data=create) == 0x9D
    tap(host, 0)
    host.secure(0xCD, data=create)
    assert host.secure(0x45) == b"\x01\x85"
    assert status_of(host.secure, 0x54, b"", b"\x0f", FULL) == 0x9D
