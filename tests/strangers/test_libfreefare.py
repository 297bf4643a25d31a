"""libfreefare 0.4 on a test application: EV1 AES messaging, values, records, commit and abort."""

import pytest

from tests.strangers.conftest import libraries
from tools.models.card import Card

LENGTH_OF_DATA = 200
BOUNDARY, DENIED, AUTHENTICATION, NO_CHANGES = 0xBE, 0x9D, 0xAE, 0x0C
VALUES = {
    "start": 5_000,
    "credit_noted": 5_000,  # a balance is the committed one until the commit
    "credit": 7_500,
    "aborted": 7_500,
    "debit": 4_500,
    "credit_with_debit_key": DENIED,
    "limited_credit": 7_500,
    "limited_credit_twice": BOUNDARY,
    "overdraft": BOUNDARY,
    "dropped_by_selection": 7_500,
    "commit_of_nothing": NO_CHANGES,
}


def record(number):
    return (bytes([number] * 12) + bytes([0xF0 + number] * 8)).hex()


@pytest.fixture
def seen(reader):
    libraries(("nfc", "libnfc6"), ("freefare", "libfreefare0"))
    return reader.drive("drive_libfreefare.py")


def test_libfreefare_agrees(reader, seen):
    assert seen["personalised"] == {"versions": [5, 5, 5], "uid": reader.uids[0]}
    assert seen["values"] == {"1": VALUES, "2": VALUES, "3": VALUES}  # plain, MAC, full
    assert seen["files"] == {
        "empty": BOUNDARY,
        "newest": record(4),
        "all": record(2) + record(3) + record(4),
        "second_newest": record(3),
        "linear": bytes([0] * 8 + [1] * 8 + [2] * 8).hex(),
        "linear_full": BOUNDARY,
        "backup_noted": bytes(16).hex(),
        "backup": (bytes(4) + b"pending" + bytes(5)).hex(),
        "standard": bytes(n % 251 for n in range(LENGTH_OF_DATA)).hex(),
        "cleared": BOUNDARY,
    }
    assert seen["keys"] == {
        "wrong_key": AUTHENTICATION,
        "version": 9,
        "value_after": 7_500,
        "right_missing": AUTHENTICATION,
    }
    # What the stranger did is what the card's own file holds.
    truth = Card.load(reader.cards[0]).truth(0x123456)
    assert truth.values == {1: 7_500, 2: 7_500, 3: 7_500}
    assert truth.newest_records[4] == bytes.fromhex(record(4))
