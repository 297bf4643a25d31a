"""The answer to an uploaded batch: what became of each page, and how far each terminal is safe.

Values only. Made by the intake, translated into messages by the journal service.
"""

from dataclasses import dataclass
from enum import IntEnum


class Verdict(IntEnum):
    """What became of one page; the numbers are RecordVerdict's of journal.proto."""

    ACCEPTED = 1
    DUPLICATE = 2
    WAITING = 3
    QUARANTINED = 4
    REJECTED = 5


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one page. `reason` is a number of the error table, 0 for none."""

    terminal: int
    sequence: int
    verdict: Verdict
    reason: int = 0


@dataclass(frozen=True, slots=True)
class Ack:
    """The host's word to one terminal: everything through this sequence may be erased."""

    terminal: int
    through_sequence: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """One result a page in the order given, and an ack for each terminal of the batch."""

    results: list[Result]
    acks: list[Ack]
