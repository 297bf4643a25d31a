"""The purse: layouts keep every field, and a sale plan says what the card will hold."""

from firmware.core import desfire, purse


def sample_statement() -> purse.Statement:
    return purse.Statement(
        key_version=3,
        currency_unit=1,
        flags=purse.FLAG_BLOCKED,
        version=7,
        card_number=4_000_000_123,
        expiry_day=3650,
        tier=2,
        segments=0xA5A5,
        bonus_issued=11,
        bonus_expired=12,
        points_issued=13,
        points_expired=14,
        bucket1_day=15,
        bucket1_amount=16,
        bucket2_day=17,
        bucket2_amount=18,
        bucket3_day=19,
        bucket3_amount=20,
        coupons=bytes(range(8)),
    )


def sample_record(**changes: int) -> purse.LogRecord:
    fields = {
        "kind": purse.KIND_SALE,
        "grade": 3,
        "time": 200_000_000,
        "terminal": 101,
        "sequence": 77,
        "paid_delta": -250_000,
        "paid_after": 750_000,
        "counter": 9,
    }
    return purse.LogRecord(**{**fields, **changes})


def test_layouts_keep_every_field() -> None:
    record = purse.parse_record(sample_record().pack())
    assert vars(record) == vars(sample_record())
    statement = purse.parse_statement(sample_statement().pack())
    assert vars(statement) == vars(sample_statement())


def test_layouts_have_their_sizes() -> None:
    assert len(sample_record().pack()) == purse.RECORD_SIZE
    assert len(sample_statement().pack()) == purse.STATEMENT_BODY
    assert purse.STATEMENT_SIZE == purse.STATEMENT_BODY + 64


def test_golden_record() -> None:
    """The bytes are an interface with cards in the field: they may not move."""
    assert sample_record().pack().hex() == (
        "0102030000c2eb0b650000004d000000702ffcff0000000000000000b0710b00"
        "0000000000000000090000000000000000000000000000000000000000000000"
    )


def test_unknown_layout_and_wrong_size_are_refused() -> None:
    raw = bytearray(sample_record().pack())
    assert purse.parse_record(raw[:-1]) is None
    raw[0] = 2
    assert purse.parse_record(raw) is None
    assert purse.parse_statement(b"") is None


def test_sale_plan_continues_the_card() -> None:
    before = sample_record(paid_after=750_000, counter=9)
    snapshot = purse.Snapshot(sample_statement().pack(), before.pack(), 750_000)
    assert snapshot.is_ours()
    after = purse.next_record(snapshot, purse.KIND_SALE, 102, 5, -50_000, 1, 2)
    assert (after.paid_after, after.counter) == (700_000, 10)
    assert (after.terminal, after.sequence) == (102, 5)
    debit, write = purse.sale_commands(50_000, after)
    assert (debit.ins, write.ins) == (desfire.INS_DEBIT, desfire.INS_WRITE_RECORD)
    assert write.data == after.pack()


def test_a_balance_that_contradicts_the_log_is_not_ours() -> None:
    snapshot = purse.Snapshot(
        sample_statement().pack(), sample_record(paid_after=1).pack(), 750_000
    )
    assert not snapshot.is_ours()


def test_diversification_differs_per_card_and_key() -> None:
    uid = bytes(range(7))
    inputs = {purse.diversification(uid, key) for key in range(purse.KEY_COUNT)}
    inputs.add(purse.diversification(bytes(7), 0))
    assert len(inputs) == purse.KEY_COUNT + 1
    assert all(len(item) == 17 for item in inputs)
