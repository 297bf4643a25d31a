"""What the host reads of an issued card: the snapshot of every tap, and older log records.

Owns the reading scripts of the credit key's session. Never changes a card. Called by issuing,
balance reading and top-up.
"""

from typing import Any

from firmware.core import desfire, purse
from firmware.core.apdu import MAC
from firmware.core.errors import CARD_INCONSISTENT, VafaError
from host.cards.scripts import BatchSession, Dialogue, run

_READABLE_RECORDS = purse.RECORDS - 1
_RECORDS_A_READ = 3
"""Records in one answer: three fit a short APDU with their MAC."""


def read_snapshot(session: BatchSession) -> Dialogue[purse.Snapshot]:
    """Read what every tap reads."""
    statement, record, paid = yield from run(session, purse.read_commands())
    return purse.Snapshot(statement, record, int.from_bytes(paid, "little", signed=True))


def read_log(session: BatchSession, newest: Any) -> Dialogue[list[Any]]:
    """Read the whole log; return its LogRecords, newest first. Raises 431 for a damaged record.

    `newest` is the newest record, read before: its counter says how many there are, since reading
    more than there are is an error that would end the session. These reads become part of the
    session's transaction MAC, so whoever wants to change the card opens a new session.
    """
    older = min(newest.counter, _READABLE_RECORDS) - 1
    records = [newest]
    for first in range(1, older + 1, _RECORDS_A_READ):
        count = min(_RECORDS_A_READ, older + 1 - first)
        command = desfire.read_records(purse.FILE_LOG, first, count, MAC)
        (raw,) = yield from run(session, [command])
        parts = [raw[at : at + purse.RECORD_SIZE] for at in range(0, len(raw), purse.RECORD_SIZE)]
        # The card answers the oldest of the range first.
        records += [purse.parse_record(part) for part in reversed(parts)]
    if any(record is None for record in records):
        raise VafaError(CARD_INCONSISTENT, "an unreadable log record")
    return records
