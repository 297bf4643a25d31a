from tests.models.card.host import (
    AID,
    DEBIT,
    FULL,
    TM_KEY,
    UID,
    cmac,
    commit,
    debit,
    get_value,
    purse_card,
    read_records,
    short,
    tap,
    u24,
    write_record,
)


def zero_filled(data):
    return data + bytes(-len(data) % 16)


def test_a_whole_sale_with_its_transaction_mac():
    host = purse_card()
    tap(host)
    data = host.secure(0xAD, b"\x01" + u24(0) + u24(0), mode=FULL)
    assert data == bytes(32)
    assert get_value(host) == 1_000
    debit(host, 150)
    write_record(host, b"sale 000000001  ")
    answer = commit(host, 1)

    # The data sheet's table again: true length instead of 0, plain data, the INS sent.
    tmi = b"".join(
        zero_filled(part)
        for part in (
            b"\xad\x01" + u24(0) + u24(32),
            data,
            b"\x6c\x02" + (1_000).to_bytes(4, "little"),
            b"\xdc\x02" + (150).to_bytes(4, "little"),
            b"\x8b\x04" + u24(0) + u24(16),
            b"sale 000000001  ",
        )
    )
    key = cmac(TM_KEY, bytes.fromhex("5A00010080") + (1).to_bytes(4, "little") + UID)
    assert answer == (1).to_bytes(4, "little") + short(cmac(key, tmi))

    truth = host.card.truth(AID)
    assert truth.values == {2: 850}
    assert truth.newest_records == {4: b"sale 000000001  "}
    assert (truth.tmc, truth.tmv) == (1, answer[4:])

    tap(host)
    assert host.plain(0xAD, b"\x0f" + u24(0) + u24(0), counted=True) == answer
    assert read_records(host, 0, 1) == b"sale 000000001  "
    assert get_value(host) == 850


def test_reads_of_the_mac_file_leave_no_trace_in_the_mac_input():
    host = purse_card()
    tap(host)
    host.plain(0xAD, b"\x0f" + u24(0) + u24(0), counted=True)
    debit(host, 1)
    answer = commit(host, 1)
    key = cmac(TM_KEY, bytes.fromhex("5A00010080") + (1).to_bytes(4, "little") + UID)
    assert answer[4:] == short(cmac(key, zero_filled(b"\xdc\x02\x01\0\0\0")))


def test_non_first_keeps_ti_counter_and_pending_debit():
    host = purse_card()
    tap(host)
    debit(host, 100)
    counter = host.ctr
    host.authenticate(2, first=False)
    assert host.ctr == counter
    commit(host)
    assert host.card.truth(AID).values == {2: 900}


def test_a_new_first_authentication_drops_the_pending_debit():
    host = purse_card()
    tap(host)
    debit(host, 100)
    host.authenticate(DEBIT)
    assert host.card.truth(AID).values == {2: 1_000}
    assert get_value(host) == 1_000
    commit(host)  # the read alone advances the counter
    assert host.card.truth(AID).values == {2: 1_000}
    assert host.card.truth(AID).tmc == 1
