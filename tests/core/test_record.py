"""The journal page: fields survive, and every changed bit is found by tag, chain or header."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core import record

KEY = bytes(range(32))
TERMINAL = 101


def page_of(content: object, kind: int, sequence: int = 1, index: int = 1) -> bytes:
    header = record.Header(kind, TERMINAL, sequence, 1, index, record.TIME_HOST, 2, 99)
    return record.seal(header, content, record.genesis(TERMINAL), record.page_key(KEY, index))


def sample_intent() -> record.Intent:
    return record.Intent(
        operation=record.SALE,
        key_version=1,
        currency_unit=1,
        flags=0,
        card_number=4_000_000_001,
        uid=b"\x04ABCDEF",
        script=1,
        paid_before=1_000_000,
        amount=250_000,
        bonus_amount=0,
        points_amount=0,
        counter=12,
        hotlist_version=3,
        config_version=4,
        lease=5,
        operator=6,
        order_ref=7,
        statement=bytes(range(64)),
        record=bytes(range(64, 128)),
    )


CONTENTS = [
    (record.INTENT, sample_intent()),
    (record.OUTCOME, record.Outcome(9, record.DONE, record.BY_CARD, 100, -5, 12, b"T" * 8)),
    (record.REFUSAL, record.Refusal(5, 210, 77, b"\x04ABCDEF")),
    (record.SEEN, record.Seen(5, b"\x04ABCDEF", 99, bytes(64), bytes(64))),
    (record.EVENT, record.Event(200, 3)),
    (record.SECTOR, record.Sector(8, 70, 3)),
    (record.CLOSE, record.Close(bytes(range(64)))),
]


@pytest.mark.parametrize(("kind", "content"), CONTENTS)
def test_content_survives_sealing(kind: int, content: object) -> None:
    page = page_of(content, kind)
    assert len(page) == record.PAGE
    header = record.parse_header(page)
    assert (header.kind, header.terminal, header.sequence) == (kind, TERMINAL, 1)
    parsed = record.parse_content(page, kind)
    expected = vars(content)
    if kind == record.OUTCOME:
        expected = {**expected, "basket": bytes(160)}
    assert vars(parsed) == expected


def test_seal_is_what_the_docstring_says() -> None:
    """Recomputed here with the standard library only."""
    page = page_of(sample_intent(), record.INTENT, index=2)
    body, chain, tag = page[:208], page[208:240], page[240:]
    genesis = hashlib.sha256(b"vafa journal 1" + TERMINAL.to_bytes(4, "little")).digest()
    assert chain == hashlib.sha256(genesis + body).digest()
    key = KEY
    for _ in range(2):
        key = hashlib.sha256(b"vafa page 1" + key).digest()
    assert tag == hmac.digest(key, body + chain, "sha256")[:16]


@given(st.integers(0, record.PAGE * 8 - 1))
def test_any_flipped_bit_is_found(bit: int) -> None:
    page = bytearray(page_of(sample_intent(), record.INTENT))
    page[bit // 8] ^= 1 << bit % 8
    assert not record.tag_is_right(bytes(page), record.page_key(KEY, 1))


def test_chain_binds_order() -> None:
    first = page_of(record.Event(1, 1), record.EVENT)
    header = record.Header(record.EVENT, TERMINAL, 2, 1, 2, 0, 2, 99)
    second = record.seal(header, record.Event(2, 2), record.chain_of(first), KEY)
    assert record.chain_follows(first, record.genesis(TERMINAL))
    assert record.chain_follows(second, record.chain_of(first))
    assert not record.chain_follows(second, record.genesis(TERMINAL))


@given(st.binary(max_size=record.PAGE))
def test_header_parser_takes_anything(data: bytes) -> None:
    header = record.parse_header(data)
    assert header is None or header.index < record.PAGES_PER_SECTOR


def test_too_long_content_is_refused() -> None:
    outcome = record.Outcome(1, 1, 1, 0, 0, 0, bytes(8), basket=bytes(161))
    with pytest.raises(ValueError, match="too long"):
        page_of(outcome, record.OUTCOME)
