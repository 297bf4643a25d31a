"""The attributes of the portable core's records that the host reads, for the type checker.

firmware.core makes these classes from lists of field names, which MicroPython likes and a type
checker can't follow. Nothing here exists at run time. See purse.LogRecord and record.Intent.
"""

from typing import Protocol


class LogRecord(Protocol):
    """A log record read from a card: purse.LogRecord."""

    kind: int
    terminal: int
    sequence: int
    paid_delta: int
    paid_after: int
    counter: int


class Intent(Protocol):
    """A sale's intent: record.Intent."""

    operation: int
    script: int
    currency_unit: int
    key_version: int
    card_number: int
    uid: bytes
    paid_before: int
    amount: int
    bonus_amount: int
    points_amount: int
    counter: int
    statement: bytes
    record: bytes
