from firmware.core import apdu, desfire, desfire_admin, settings
from firmware.core.errors import CARD_REQUEST, VafaError
from tests.mp_runner import raises


def body(command):
    return (command.header + command.data).hex()


def test_value_commands_encrypt_the_amount_and_not_the_file_number():
    for make, ins in (
        (desfire.credit, 0x0C),
        (desfire.debit, 0xDC),
        (desfire.limited_credit, 0x1C),
    ):
        command = make(2, 250000)
        assert (command.ins, command.header, command.data) == (ins, b"\x02", b"\x90\xd0\x03\x00")
        assert command.mode == apdu.FULL


def test_negative_and_oversized_amounts_are_never_built():
    for amount in (-1, 1 << 31):
        for make in (desfire.credit, desfire.debit, desfire.limited_credit):
            assert raises(VafaError, make, 2, amount).code == CARD_REQUEST


def test_file_numbers_have_five_bits():
    assert desfire.get_value(0x1F).header == b"\x1f"
    for number in (-1, 0x20):
        raises(VafaError, desfire.get_value, number)


def test_data_and_record_layouts():
    assert body(desfire.read_data(1, 2, 0x30)) == "01020000300000"
    assert body(desfire.write_data(3, 1, b"\xaa\xbb")) == "03010000020000aabb"
    assert body(desfire.read_records(4)) == "04000000010000"
    assert body(desfire.write_record(4, b"\xaa", offset=5)) == "04050000010000aa"
    assert body(desfire.update_record(4, 2, b"\xaa", offset=5)) == "04020000050000010000aa"
    assert len(desfire.update_record(4, 2, b"\xaa").header) == 10


def test_commit_asks_for_the_mac_only_when_wanted():
    assert body(desfire.commit_transaction()) == "01"
    assert body(desfire.commit_transaction(with_tmac=False)) == ""


def test_reader_id_and_aid_have_their_sizes():
    raises(VafaError, desfire.commit_reader_id, bytes(15))
    raises(VafaError, desfire.select_application, bytes(4))
    assert desfire.select_application(b"\x56\x34\x12").mode == apdu.BARE


def test_change_of_another_key_has_the_crc_of_the_new_key():
    new = bytes.fromhex("F3847D627727ED3BC9C4CC050489B966")
    zero = desfire_admin.change_other_key(2, new, bytes(16), 1)
    assert zero.data.hex().upper() == "F3847D627727ED3BC9C4CC050489B96601789DFADC"
    other = desfire_admin.change_other_key(2, new, b"\xff" * 16, 1)
    assert other.data[:16] != zero.data[:16]
    assert other.data[16:] == zero.data[16:]
    assert not other.drops_session


def test_change_of_the_own_key_is_bare_and_ends_the_session():
    command = desfire_admin.change_own_key(0, bytes(range(16)), 7)
    assert (command.header, command.data) == (b"\x00", bytes(range(16)) + b"\x07")
    assert command.drops_session


def test_creation_layouts():
    rights = settings.pack_rights(read=1, write=1, read_write=2, change=0)
    assert rights == b"\x20\x11"
    value = desfire_admin.create_value_file(2, 3, rights, lower=0, upper=100, value=5, flags=1)
    assert body(value) == "02032011000000006400000005000000" + "01"
    cyclic = desfire_admin.create_cyclic_record_file(4, 3, rights, 64, 9)
    assert body(cyclic) == "04032011400000090000"
    tmac = desfire_admin.create_transaction_mac_file(0x0F, 0, b"\x10\x1f", bytes(16), 1)
    assert (tmac.header, tmac.data) == (bytes.fromhex("0F00101F02"), bytes(16) + b"\x01")
    assert body(desfire_admin.create_application(b"\x56\x34\x12", 0x0B, 5)) == "5634120b85"


def test_a_value_outside_its_limits_is_never_created():
    make = desfire_admin.create_value_file
    raises(VafaError, make, 2, 3, b"\x20\x11", lower=0, upper=10, value=11)
    raises(VafaError, make, 2, 3, b"\x20\x11", lower=0, upper=1 << 31, value=0)


def test_extra_rights_follow_with_their_count():
    plain = desfire_admin.change_file_settings(4, 3, b"\x20\x11")
    assert (plain.header, plain.data) == (b"\x04", b"\x03\x20\x11")
    extra = desfire_admin.change_file_settings(4, 3, b"\x20\x11", [b"\xf0\xf4"])
    assert extra.data == b"\x83\x20\x11\x01\xf0\xf4"


def test_a_command_outside_a_session_is_plain():
    assert desfire.without_session(desfire.debit(2, 1)).mode == apdu.PLAIN
