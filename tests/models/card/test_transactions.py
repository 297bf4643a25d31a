import pytest

from tests.models.card.host import (
    AID,
    CREDIT,
    DEBIT,
    FULL,
    TM_KEY,
    UID,
    amount,
    cbc,
    cmac,
    commit,
    credit,
    debit,
    get_value,
    mac_file,
    new_card,
    purse_card,
    read_records,
    record_file,
    rights,
    status_of,
    tap,
    u24,
    value_file,
    write_record,
)
from tools.models.card import CardProfile


def write(host, file_no, data, offset=0):
    host.secure(0x8D, bytes([file_no]) + u24(offset) + u24(len(data)), data, FULL)


def read(host, file_no, length=0):
    return host.secure(0xAD, bytes([file_no]) + u24(0) + u24(length), mode=FULL)


def test_nothing_is_real_before_the_commit_and_everything_after():
    host = purse_card()
    tap(host, CREDIT)
    debit(host, 100)
    debit(host, 50)
    write(host, 3, b"backup")
    write_record(host, b"record")
    assert get_value(host) == 1_000
    assert read(host, 3, 6) == bytes(6)
    assert host.card.truth(AID).newest_records == {4: None}
    commit(host)
    assert get_value(host) == 850
    assert read(host, 3, 6) == b"backup"
    assert read_records(host, 0, 1) == b"record" + bytes(10)


@pytest.mark.parametrize("ending", ["abort", "select", "error", "field"])
def test_what_drops_noted_changes(ending):
    host = purse_card()
    tap(host)
    debit(host, 100)
    write(host, 3, b"backup")
    write_record(host, b"record")
    if ending == "abort":
        host.secure(0xA7)
    elif ending == "select":
        host.select()
        host.authenticate(DEBIT)
    elif ending == "error":
        assert status_of(debit, host, 1_000) == 0xBE
        host.authenticate(DEBIT)
    else:
        tap(host)
    assert status_of(commit, host) == 0x0C
    tap(host)
    assert get_value(host) == 1_000
    assert read(host, 3, 6) == bytes(6)
    assert status_of(read_records, host) == 0xBE


def test_standard_files_are_written_at_once():
    host = purse_card()
    tap(host, CREDIT)
    write(host, 1, b"now")
    host.secure(0xA7)
    assert read(host, 1, 3) == b"now"


@pytest.mark.parametrize(
    ("steps", "refused_at"),
    [([-1_000], None), ([-1_001], 0), ([-600, -401], 1), ([9_000], None), ([9_001], 0)],
)
def test_limits_count_pending_operations(steps, refused_at):
    host = purse_card()
    tap(host, CREDIT)
    for index, step in enumerate(steps):
        status = status_of(credit if step > 0 else debit, host, abs(step))
        assert status == (0xBE if index == refused_at else 0)


def test_negative_amounts_are_refused():
    host = purse_card()
    tap(host, CREDIT)
    assert status_of(debit, host, -5) == 0x9E
    tap(host, CREDIT)
    assert status_of(credit, host, -5) == 0x9E


def test_limited_credit_up_to_the_sum_of_debits_once():
    host = new_card()
    host.authenticate(0)
    value_file(host, 2, rights(1, 1, 2), flags=1, value=5_000)
    tap(host, CREDIT)
    debit(host, 1_300)
    debit(host, 1_700)
    credit(host, 20)
    commit(host)
    settings = host.secure(0xF5, b"\x02")
    assert int.from_bytes(settings[12:16], "little") == 3_000
    assert status_of(host.secure, 0x1C, b"\x02", amount(3_001), FULL) == 0xBE
    tap(host, DEBIT)
    host.secure(0x1C, b"\x02", amount(2_999), FULL)
    assert status_of(host.secure, 0x1C, b"\x02", amount(1), FULL) == 0xBE
    tap(host, DEBIT)
    host.secure(0x1C, b"\x02", amount(3_000), FULL)
    commit(host)
    assert host.card.truth(AID).values == {2: 5_020}
    assert status_of(host.secure, 0x1C, b"\x02", amount(1), FULL) == 0xBE


def test_limited_credit_off_still_reports_the_ceiling():
    host = purse_card()
    tap(host)
    debit(host, 7)
    commit(host)
    assert host.secure(0xF5, b"\x02")[12:16] == amount(7)
    assert status_of(host.secure, 0x1C, b"\x02", amount(1), FULL) == 0x9D


def test_writes_of_one_transaction_share_one_record():
    host = purse_card()
    tap(host)
    write_record(host, b"abcd")
    write_record(host, b"efgh", offset=4)
    commit(host)
    write_record(host, b"second")
    commit(host)
    assert read_records(host) == b"abcdefgh".ljust(16, b"\0") + b"second".ljust(16, b"\0")
    assert read_records(host, 0, 1)[:6] == b"second"
    assert read_records(host, 1, 1)[:4] == b"abcd"
    assert status_of(read_records, host, 1, 2) == 0xBE


def test_a_cyclic_file_holds_one_less_than_it_was_given():
    host = purse_card()
    tap(host)
    for number in range(5):
        write_record(host, bytes([number]) * 16)
        commit(host)
    assert read_records(host) == bytes([2] * 16 + [3] * 16 + [4] * 16)
    assert host.secure(0xF5, b"\x04")[10:13] == u24(3)


def test_a_linear_file_is_full_at_its_maximum():
    host = new_card()
    host.authenticate(0)
    record_file(host, 4, rights(1, 1, 2), 8, 2, cyclic=False)
    tap(host)
    for _ in range(2):
        write_record(host, b"x")
        commit(host)
    assert status_of(write_record, host, b"x") == 0xBE


def test_update_record_counts_from_the_newest():
    host = purse_card()
    tap(host)
    for text in (b"old ", b"new "):
        write_record(host, text)
        commit(host)
    host.secure(0xBA, b"\x04" + u24(1) + u24(4) + u24(3), b"...", FULL)
    commit(host)
    assert read_records(host, 1, 1)[:8] == b"old ...\0"
    assert status_of(host.secure, 0xBA, b"\x04" + u24(2) + u24(0) + u24(1), b".", FULL) == 0xBE


def test_clear_must_be_committed_before_a_new_record():
    host = purse_card()
    tap(host, CREDIT)
    write_record(host, b"one")
    commit(host)
    host.secure(0xEB, b"\x04")
    assert len(read_records(host)) == 16
    assert status_of(write_record, host, b"two") == 0xBE
    tap(host, CREDIT)
    host.secure(0xEB, b"\x04")
    commit(host)
    assert host.card.truth(AID).newest_records == {4: None}
    write_record(host, b"two")
    commit(host)
    tap(host, DEBIT)
    assert status_of(host.secure, 0xEB, b"\x04") == 0x9D


def test_commit_and_abort_with_nothing_pending():
    host = purse_card()
    tap(host)
    assert status_of(commit, host) == 0x0C
    tap(host)
    assert status_of(host.secure, 0xA7) == 0x0C
    lenient = purse_card(profile=CardProfile(unchanged_commit_status=0, unchanged_abort_status=0))
    tap(lenient)
    assert commit(lenient, 1) == bytes(12)
    assert lenient.secure(0xA7) == b""


def test_reads_alone_make_a_commit_advance_the_counter():
    host = purse_card()
    tap(host)
    get_value(host)
    assert commit(host, 1)[:4] == (1).to_bytes(4, "little")
    get_value(host)
    host.secure(0xA7)
    assert status_of(commit, host) == 0x0C
    assert host.card.truth(AID).tmc == 1


def test_commit_option_needs_a_transaction_mac():
    host = purse_card(with_mac=False)
    tap(host)
    debit(host, 1)
    assert status_of(commit, host, 1) == 0x9E
    tap(host)
    assert status_of(commit, host, 2) == 0x9E


def reader_card(ar, profile=None):
    host = new_card(profile=profile)
    host.authenticate(0)
    value_file(host, 2, rights(1, 1, 2))
    mac_file(host, ar=ar)
    return host


def test_reader_id_names_the_one_before():
    host = reader_card(rights(1, 0xF, 1))
    previous = bytes(16)
    for number in (1, 2):
        tap(host)
        debit(host, 1)
        reader = bytes([number]) * 16
        answer = host.secure(0xC8, data=reader)
        label = bytes.fromhex("A500010080") + number.to_bytes(4, "little") + UID
        assert cbc(cmac(TM_KEY, label), answer, decrypt=True) == previous
        commit(host)
        previous = reader


def test_reader_id_is_due_once_before_each_commit():
    host = reader_card(rights(1, 0xF, 1))
    tap(host)
    debit(host, 1)
    assert status_of(commit, host) == 0x9D
    tap(host)
    host.secure(0xC8, data=bytes(16))
    assert status_of(host.secure, 0xC8, data=bytes(16)) == 0x9D
    tap(host, CREDIT)
    assert status_of(host.secure, 0xC8, data=bytes(16)) == 0x9D
    assert host.raw(0xC8, bytes(16))[0] == 0xAE


def test_reader_id_off():
    host = reader_card(rights(1, 0xF, 0xF))
    tap(host)
    assert status_of(host.secure, 0xC8, data=bytes(16)) == 0x9D


def test_reader_id_without_a_session_answers_nothing():
    host = reader_card(rights(1, 0xF, 0xE))
    host.select()
    assert host.raw(0xC8, bytes(16)) == (0, b"")


def test_counter_limit_stops_data_commands_but_not_the_mac_file():
    host = purse_card()
    tap(host, 0)
    host.secure(0x5F, b"\x0f", b"\x20" + rights(1, 0xF, 0xF) + (1).to_bytes(4, "little"), FULL)
    assert host.secure(0xF5, b"\x0f") == b"\x05\x20" + rights(1, 0xF, 0xF) + b"\x02\x05\x01\0\0\0"
    tap(host)
    debit(host, 1)
    commit(host)
    assert host.plain(0xAD, b"\x0f" + u24(0) + u24(0), counted=True)[:4] == b"\x01\0\0\0"
    assert status_of(get_value, host) == 0x9D


def test_limited_credit_beside_a_debit_leaves_the_debit_as_ceiling():
    host = new_card()
    host.authenticate(0)
    value_file(host, 2, rights(1, 1, 2), flags=1)
    tap(host)
    debit(host, 300)
    commit(host)
    debit(host, 40)
    host.secure(0x1C, b"\x02", amount(300), FULL)
    commit(host)
    assert host.secure(0xF5, b"\x02")[12:16] == amount(40)


def test_update_record_passes_over_the_pending_record():
    host = purse_card()
    tap(host)
    write_record(host, b"first")
    commit(host)
    write_record(host, b"second")
    host.secure(0xBA, b"\x04" + u24(0) + u24(0) + u24(1), b"F", FULL)
    commit(host)
    assert read_records(host) == b"First".ljust(16, b"\0") + b"second".ljust(16, b"\0")


def test_reading_from_an_offset_to_the_end():
    host = purse_card()
    tap(host, CREDIT)
    write(host, 1, bytes(range(32)))
    assert host.secure(0xAD, b"\x01" + u24(30) + u24(0), mode=FULL) == b"\x1e\x1f"
    assert status_of(host.secure, 0xAD, b"\x01" + u24(32) + u24(0), mode=FULL) == 0xBE
    tap(host)
    assert status_of(host.secure, 0xAD, b"\x01" + u24(30) + u24(3), mode=FULL) == 0xBE


def free_purse(profile=None):
    host = new_card(profile=profile)
    host.authenticate(0)
    value_file(host, 2, rights(0xE, 0xE, 0xE), value=100)
    host.select()
    host.plain(0xDC, b"\x02" + amount(30))
    assert host.raw(0xDC, b"\x02" + amount(80))[0] == 0xBE
    return host


def test_an_error_drops_noted_changes_without_a_session_too():
    host = free_purse()
    assert host.raw(0xC7)[0] == 0x0C
    assert host.card.truth(AID).values == {2: 100}


def test_another_reading_where_an_error_drops_nothing():
    host = free_purse(CardProfile(error_drops_pending=False))
    assert host.raw(0xC7)[0] == 0
    assert host.card.truth(AID).values == {2: 70}


def test_a_deleted_file_stays_deleted_after_the_commit():
    host = purse_card()
    tap(host)
    debit(host, 5)
    host.authenticate(0, first=False)
    host.secure(0xDF, data=b"\x02")
    assert status_of(commit, host, 1) == 0
    assert host.card.truth(AID).values == {}
