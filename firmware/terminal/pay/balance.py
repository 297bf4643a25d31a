"""A balance inquiry: read the card, resolve its doubt if there is one, journal what was seen.

Owns nothing but that order. It has no command that changes a card and opens no intent, so it can
never become a sale. Called by the desk. When it finds that a sale in doubt had been done, it says
so: whoever sees a mere balance would ring up the same sale again.
"""

from firmware.core import record
from firmware.core.errors import (
    CARD_FORMAT,
    CARD_LOST,
    CARD_MAC,
    DOUBT_DONE,
    PURSE_FORMAT,
    READER_FAULT,
    VafaError,
)
from firmware.terminal.pay import resolve, result
from firmware.terminal.pay.result import Result
from firmware.terminal.pay.visit import Visit

_RETRY = (CARD_LOST, CARD_MAC, CARD_FORMAT, READER_FAULT)


async def inquire(terminal, target):
    """Read a card; a Result of kind BALANCE, EARLIER, AGAIN or REFUSED."""
    visit = Visit(terminal.hal, terminal.rng, target)
    try:
        await visit.open()
        snapshot = await visit.read()
        if snapshot.statement is None or snapshot.record is None:
            raise VafaError(PURSE_FORMAT)
        resolution = await resolve.resolve(visit, snapshot, terminal.journal, terminal.id)
        terminal.journal.note(
            record.SEEN,
            record.Seen(
                snapshot.statement.card_number,
                visit.uid,
                snapshot.paid,
                bytes(snapshot.statement_raw),
                bytes(snapshot.record_raw),
            ),
        )
    except VafaError as error:
        kind = result.AGAIN if error.code in _RETRY else result.REFUSED
        return Result(kind, error.code, uid=visit.uid)
    if resolution.verdict == resolve.DONE:
        amount = resolution.doubt.amount
        terminal.repeats.note(visit.uid, amount)
        return Result(result.EARLIER, DOUBT_DONE, amount, snapshot.paid, visit.uid)
    return Result(result.BALANCE, paid_after=snapshot.paid, uid=visit.uid)
