"""Taking journals in: pages of any terminals, in any order, any number of times.

Signatures; bodies follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import Engine

from host.intake.directory import KeyDirectory
from host.ports import Clock

MAX_PAGES = 1024


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
    reason: int


@dataclass(frozen=True, slots=True)
class Ack:
    """The host's word to one terminal: everything through this sequence may be erased."""

    terminal: int
    through_sequence: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a batch: one result a page in the order given, and the terminals' acks."""

    results: list[Result]
    acks: list[Ack]


class Intake:
    """Checks and books batches of journal pages, each batch in one transaction."""

    def __init__(self, engine: Engine, keys: KeyDirectory, clock: Clock) -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock

    def upload(self, pages: Sequence[bytes], branch: str | None = None) -> Receipt:
        """Take a batch in; `branch` is the calling gateway's, None for a caller of no branch.

        Raises:
            VafaError: 450 for more than MAX_PAGES pages, 400 when the database stays busy.
        """
        raise NotImplementedError
