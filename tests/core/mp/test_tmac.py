from firmware.core import desfire, tmac
from firmware.core.errors import VafaError
from tests.core.mp.aes import Aes
from tests.mp_runner import raises

KEY = bytes(range(16))
UID = bytes.fromhex("045A1B2C3D4E80")


def test_noting_a_command_equals_its_method():
    record = bytes(range(20))
    noted, called = tmac.Tmi(), tmac.Tmi()
    noted.note(desfire.read_data(1, 4, 0), record)
    called.read_data(1, 4, record)
    noted.note(desfire.read_records(4), record)
    called.read_records(4, 0, 1, record)
    noted.note(desfire.get_value(2), b"\x90\xd0\x03\x00")
    called.get_value(2, 250000)
    noted.note(desfire.debit(2, 7))
    called.debit(2, 7)
    noted.note(desfire.credit(2, 8))
    called.credit(2, 8)
    noted.note(desfire.limited_credit(2, 9))
    called.limited_credit(2, 9)
    noted.note(desfire.write_data(3, 1, record))
    called.write_data(3, 1, record)
    noted.note(desfire.write_record(4, record, 2))
    called.write_record(4, 2, record)
    noted.note(desfire.update_record(4, 1, record, 2))
    called.update_record(4, 1, 2, record)
    noted.note(desfire.clear_record_file(4))
    called.clear_record_file(4)
    noted.note(desfire.commit_reader_id(KEY), UID + bytes(9))
    called.commit_reader_id(KEY, UID + bytes(9))
    assert noted.value() == called.value()
    assert len(noted.value()) % 16 == 0


def test_length_zero_counts_with_the_true_length():
    tmi = tmac.Tmi()
    tmi.note(desfire.read_data(1, 0, 0), bytes(3))
    assert tmi.value()[:8] == bytes.fromhex("AD01000000030000")


def test_all_records_cannot_be_noted_without_their_number():
    raises(VafaError, tmac.Tmi().note, desfire.read_records(4, 0, 0), bytes(64))


def test_what_does_not_count_leaves_no_trace_and_abort_empties():
    tmi = tmac.Tmi()
    tmi.note(desfire.get_file_settings(2), bytes(17))
    tmi.note(desfire.get_version(), bytes(28))
    tmi.note(desfire.commit_transaction(), bytes(12))
    assert tmi.value() == b""
    tmi.note(desfire.debit(2, 7))
    tmi.note(desfire.abort_transaction())
    assert tmi.value() == b""


def test_negative_balance_is_read_as_the_card_sent_it():
    noted, called = tmac.Tmi(), tmac.Tmi()
    noted.note(desfire.get_value(2), b"\xff\xff\xff\xff")
    called.get_value(2, -1)
    assert noted.value() == called.value()


def test_the_byte_sent_matters():
    iso, native = tmac.Tmi(), tmac.Tmi()
    iso.write_record(4, 0, bytes(16))
    native.write_record(4, 0, bytes(16), ins=0x3B)
    assert tmac.tmv(Aes, KEY, iso.value()) != tmac.tmv(Aes, KEY, native.value())


def test_keys_depend_on_counter_and_uid():
    mac, enc = tmac.session_keys(Aes, KEY, 1, UID)
    assert mac != enc
    assert tmac.session_keys(Aes, KEY, 2, UID)[0] != mac
    raises(VafaError, tmac.session_keys, Aes, KEY, 1, UID[:4])


def test_reader_id_outside_a_session_has_no_answer():
    tmi = tmac.Tmi()
    tmi.commit_reader_id(KEY)
    assert tmi.value() == b"\xc8" + KEY + bytes(15)
