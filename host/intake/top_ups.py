"""What the host itself writes on cards, in the card's history and in the ledger.

Each function works inside the caller's writing transaction (host.db.engine.writing) and may be
repeated: the same call again changes nothing. Called by the relay of card sessions.

Order of a top-up: `next_record_number`, build the card's script, `start_top_up`, commit the
database, only then hand out the script with the card's commit; `finish_top_up` when the card has
answered. In between, and for ever if the answer is lost, the top-up is presumed given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from firmware.core import purse
from host.intake.history import State


@dataclass(frozen=True, slots=True)
class TopUp:
    """One top-up as it stands. `state` is OPEN (presumed given), PROVEN (done) or NOT_DONE."""

    request_id: bytes
    sequence: int
    card_number: int
    amount_minor: int
    branch: str
    state: State


def next_record_number(conn: Connection) -> int:
    """Return a fresh sequence for a log record that the host is about to write on a card.

    Such a record names purse.ISSUER_TERMINAL and this number, for issues and top-ups alike.
    """
    raise NotImplementedError


def find_top_up(conn: Connection, request_id: bytes) -> TopUp | None:
    """Return the top-up of a request, whatever its state; None when it never started."""
    raise NotImplementedError


def open_top_up(conn: Connection, card_number: int) -> TopUp | None:
    """Return the card's top-up whose outcome is unknown, the newest if there are several."""
    raise NotImplementedError


def start_top_up(
    conn: Connection,
    *,
    request_id: bytes,
    sequence: int,
    card_number: int,
    branch: str,
    amount_minor: int,
    predecessor: purse.LogRecord,
    now: int,
) -> TopUp:
    """Book a top-up as presumed given: cash in at the branch, the card's unknown account.

    `sequence` is from `next_record_number` and stands in the record that the script writes;
    `predecessor` is the newest record read in this very session, which also resolves earlier
    doubt (`seen` is called with it).

    Raises:
        VafaError: 421 when the request id stands with other content, 427 when an earlier top-up
            of the card is still open after what was read.
    """
    raise NotImplementedError


def finish_top_up(conn: Connection, request_id: bytes, *, done: bool, now: int) -> TopUp:
    """Book the card's own answer: done (counter and MAC value checked by the caller) or not done.

    A top-up that is proven already stays proven. Raises VafaError 467 for an unknown request.
    """
    raise NotImplementedError


def seen(
    conn: Connection, card_number: int, records: Sequence[purse.LogRecord], *, now: int
) -> None:
    """Book what the host read in its own session: the card's log, newest record first.

    One record is enough; more, without a hole, resolve more. Every record read is committed. A
    host top-up of this card whose place in the list lies above the newest record, or is taken by
    another record, was not done: host sessions of one card follow each other.
    """
    raise NotImplementedError
