import pytest

from tests.models.card.host import (
    FULL,
    KEYS,
    UID,
    Host,
    amount,
    change_key,
    crc,
    data_file,
    mac_file,
    new_card,
    purse_card,
    rights,
    status_of,
    tap,
    u24,
    wrapped_change,
    xor,
)
from tools.models.card import Card, CardProfile, Picc


def factory(**more):
    card = Card.create(None, UID, **more)
    card.field_on()
    return Host(card)


def test_factory_state():
    host = factory()
    assert host.raw(0x45) == (0, b"\x0f\x81")
    assert host.raw(0x64, b"\x00") == (0, b"\x00")
    assert host.raw(0x6A) == (0, b"")
    assert int.from_bytes(host.raw(0x6E)[1], "little") == 8192
    host.authenticate(0, bytes(16))
    assert host.secure(0x51, mode=FULL) == UID


def test_applications():
    host = factory()
    host.plain(0xCA, u24(1) + b"\x0f\x83")
    assert host.raw(0xCA, u24(1) + b"\x0f\x83")[0] == 0xDE
    assert host.raw(0xCA, u24(0) + b"\x0f\x83")[0] == 0x9E
    assert host.raw(0xCA, u24(2) + b"\x0f\x80")[0] == 0x9E
    assert host.raw(0xCA, u24(2) + b"\x0f\x83\x00")[0] == 0x7E
    assert host.raw(0x5A, u24(7))[0] == 0xA0
    assert host.raw(0xDA, u24(1))[0] == 0xAE
    free = host.raw(0x6E)[1]
    host.authenticate(0, bytes(16))
    host.secure(0xDA, data=u24(1))
    assert host.secure(0x6A) == b""
    assert host.secure(0x6E) == free  # memory comes back with FormatPICC only
    host.secure(0xFC)
    assert int.from_bytes(host.secure(0x6E), "little") == 8192


def test_an_application_may_be_deleted_with_its_own_master_key():
    host = new_card()
    host.authenticate(0)
    assert host.raw(0xDA, u24(0x123456) + host.tag(0xDA, u24(0x123456))) == (0, b"")
    assert host.raw(0x6A) == (0, b"")


def test_names_and_iso_file_ids():
    host = factory()
    host.plain(0xCA, u24(1) + b"\x0f\xa1" + b"\x10\xe1" + b"purse")
    assert host.plain(0x6D) == u24(1) + b"\x10\xe1" + b"purse"
    assert host.raw(0xCA, u24(2) + b"\x0f\xa1" + b"\x10\xe1" + b"other")[0] == 0xDE
    host.plain(0x5A, u24(1))
    create = b"\x00\xee\xee" + u24(8)
    assert host.raw(0xCD, b"\x01" + create)[0] == 0x7E
    host.plain(0xCD, b"\x01\x04\xe1" + create)
    assert host.raw(0xCD, b"\x02\x04\xe1" + create)[0] == 0xDE
    assert host.plain(0x61) == b"\x04\xe1"
    assert host.card.exchange(bytes.fromhex("00a4040005") + b"purse") == b"\x90\x00"
    assert host.card.exchange(bytes.fromhex("00a4000c02e104")) == b"\x90\x00"
    assert host.card.exchange(bytes.fromhex("00d6000202") + b"hi") == b"\x90\x00"
    assert host.card.exchange(bytes.fromhex("00b0000000")) == b"\0\0hi\0\0\0\0\x90\x00"


def test_the_picc_key_carries_its_type():
    host = factory()
    host.authenticate(0, bytes(16))
    with pytest.raises(Exception, match="9E"):
        wrapped_change(host, 0, bytes(range(16)) + b"\x01")
    host.authenticate(0, bytes(16))
    assert wrapped_change(host, 0x80, bytes(range(16)) + b"\x01") == b""
    host.authenticate(0, bytes(range(16)))


def test_keys_that_change_themselves_and_frozen_keys():
    host = new_card()
    host.authenticate(0)
    host.secure(0x54, b"", b"\xe9", FULL)
    assert status_of(change_key, host, 3, KEYS[3], bytes(16), 2) == 0xAE
    host.authenticate(3)
    change_key(host, 3, KEYS[3], b"3" * 16, 2, own=True)
    host.authenticate(0)
    host.secure(0x54, b"", b"\xf9", FULL)
    host.authenticate(3, b"3" * 16)
    assert status_of(wrapped_change, host, 3, bytes(17)) == 0x9D


def test_the_change_key_changes_all_but_itself():
    host = new_card()
    host.authenticate(0)
    host.secure(0x54, b"", b"\x39", FULL)
    host.authenticate(3)
    change_key(host, 4, KEYS[4], b"4" * 16, 2)
    assert status_of(wrapped_change, host, 3, b"3" * 16 + b"\x02") == 0xAE
    host.authenticate(0)
    change_key(host, 3, KEYS[3], b"3" * 16, 2)
    assert status_of(change_key, host, 4, b"4" * 16, b"5" * 16, 3) == 0xAE


def test_key_sets():
    host = new_card()
    host.authenticate(0)
    payload = xor(b"6" * 16, KEYS[3]) + b"\x04" + crc(b"6" * 16)
    host.secure(0xC6, b"\x00\x03", payload, FULL)
    assert host.secure(0x64, b"\x03\x00") == b"\x04"
    assert status_of(host.secure, 0xC6, b"\x01\x03", payload, FULL) == 0x9E


def test_files_come_and_go():
    host = new_card()
    host.authenticate(0)
    data_file(host, 5, rights(1, 2, 3), 10, backup=True)
    assert host.secure(0x6F) == b"\x05"
    assert host.secure(0xF5, b"\x05") == b"\x01\x03" + rights(1, 2, 3) + u24(10)
    assert status_of(data_file, host, 5, rights(1, 2, 3), 10) == 0xDE
    tap(host, 0)
    host.secure(0xDF, data=b"\x05")
    assert status_of(host.secure, 0xDF, data=b"\x05") == 0xF0


@pytest.mark.parametrize(
    ("ins", "body", "status"),
    [
        (0xCD, b"\x20\x00\x11\x11" + u24(4), 0x9E),
        (0xCD, b"\x01\x02\x11\x11" + u24(4), 0x9E),
        (0xCD, b"\x01\x00\x11\x11" + u24(0), 0x9E),
        (0xCD, b"\x01\x00\x11\x11" + u24(9_000), 0x0E),
        (0xCB, b"\x01\x00\x11\x11" + u24(4_096), 0x0E),
        (0xC0, b"\x01\x00\x11\x11" + u24(4) + u24(1), 0x9E),
        (0xCC, b"\x01\x00\x11\x11" + amount(0) + amount(5) + amount(6) + b"\0", 0x9E),
        (0xCC, b"\x01\x00\x11\x11" + amount(0) + amount(5) + amount(4) + b"\x04", 0x9E),
        (0xCD, b"\x01\x00\x11\x11" + u24(4) + b"\0", 0x7E),
    ],
)
def test_files_that_cannot_be(ins, body, status):
    host = new_card()
    host.authenticate(0)
    assert status_of(host.secure, ins, data=body) == status


def test_one_transaction_mac_file_nobody_writes():
    host = new_card()
    host.authenticate(0)
    assert status_of(mac_file, host, ar=rights(1, 1, 0xF)) == 0x9E
    tap(host, 0)
    mac_file(host)
    assert status_of(mac_file, host, 0x0E) == 0xDE
    tap(host, 1)
    head = b"\x0f" + u24(0) + u24(1)
    assert host.raw(0x8D, head + b"x")[0] == 0x9D


def test_wrong_level():
    host = factory()
    assert host.raw(0x6F)[0] == 0x9D
    host = new_card()
    assert host.raw(0x6A)[0] == 0x9D


def test_random_uid_and_disabled_format_stay():
    host = factory()
    host.authenticate(0, bytes(16))
    host.secure(0x5C, b"\x00", b"\x03", FULL)
    assert status_of(host.secure, 0xFC) == 0x9D
    host.authenticate(0, bytes(16))
    host.secure(0x5C, b"\x00", b"\x00", FULL)
    picc = Picc(host.card)
    picc.field_on()
    assert (picc.uid[:1], len(picc.uid), picc.atqa) == (b"\x08", 4, b"\x03\x04")
    first = picc.uid
    picc.field_off()
    picc.field_on()
    assert picc.uid != first
    assert host.plain(0x60)[14:21] == bytes(7)
    host.authenticate(0, bytes(16))
    assert host.secure(0x51, mode=FULL) == UID


def test_default_key_and_ats():
    host = factory()
    host.authenticate(0, bytes(16))
    host.secure(0x5C, b"\x01", b"D" * 16 + bytes(8) + b"\x21", FULL)
    host.secure(0x5C, b"\x02", bytes.fromhex("067577810281"), FULL)
    host.secure(0xCA, data=u24(1) + b"\x0f\x82")
    host.select(1)
    assert host.raw(0x64, b"\x01") == (0, b"\x21")
    host.authenticate(1, b"D" * 16)
    assert Picc(host.card).ats.hex() == "067577810281"


def test_maximum_of_applications():
    host = factory(profile=CardProfile(maximum_applications=1))
    host.plain(0xCA, u24(1) + b"\x0f\x81")
    assert host.raw(0xCA, u24(2) + b"\x0f\x81")[0] == 0xCE


def test_new_settings_survive_the_commit_of_older_changes():
    host = purse_card()
    tap(host, 0)
    host.authenticate(2, first=False)
    host.secure(0x0C, b"\x02", amount(5), FULL)
    host.authenticate(0, first=False)
    host.secure(0x5F, b"\x02", b"\x01" + rights(4, 4, 4), FULL)
    host.secure(0xC7)
    assert host.secure(0xF5, b"\x02")[1:4] == b"\x01" + rights(4, 4, 4)
