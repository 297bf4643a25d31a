"""The identity file: every field kept, other layouts refused, the signature over all of it."""

import pytest

from firmware.core import identity, purse

FIELDS = {
    "key_version": 1,
    "currency_unit": 2,
    "card_type": 3,
    "card_number": 4_000_000_123,
    "programme": 5,
    "issued_day": 2500,
    "expiry_day": purse.NEVER,
    "uid": bytes(range(7)),
}


def test_the_body_keeps_every_field_and_its_size() -> None:
    body = identity.Identity(**FIELDS).pack()
    parsed = identity.parse_identity(body + bytes(identity.SIZE - identity.BODY))
    assert vars(parsed) == FIELDS
    assert len(body) == identity.BODY == identity.SIZE - 64


def test_golden_bytes() -> None:
    """The bytes are an interface with cards in the field: they may not move."""
    assert identity.Identity(**FIELDS).pack().hex() == (
        "010102037b286bee05000000c409ffff00010203040506000000000000000000"
    )


def test_another_layout_and_a_short_file_are_refused() -> None:
    body = bytearray(identity.Identity(**FIELDS).pack())
    assert identity.parse_identity(body[:-1]) is None
    body[0] = 2
    assert identity.parse_identity(body) is None


@pytest.mark.parametrize("name", FIELDS)
def test_the_signature_covers_every_field(name: str) -> None:
    other = bytes(7) if name == "uid" else 9
    changed = identity.Identity(**{**FIELDS, name: other})
    assert changed.digest() != identity.Identity(**FIELDS).digest()
