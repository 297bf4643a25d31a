"""What became of an open intent: the card itself answers.

Owns the rule by which a card's records decide a doubt (architecture, section 4). The newest record
names terminal and sequence and was written in the same card transaction as the debit; each commit
writes one record and counts one up. Never guesses: what the records can't decide stays with the
host. Called by sale and balance after their reads.
"""

from firmware.core import desfire, purse, record
from firmware.core.bits import read_unsigned
from firmware.core.errors import CARD_FORMAT, DOUBT_NOT_DONE, VafaError

NONE = 0  # the card had no doubt here
DONE = 1
NOT_DONE = 2
LEFT_TO_HOST = 3

_TMAC_SIZE = 12
_NO_TMV = bytes(8)


class Resolution:
    """How a doubt ended. `clean`: nothing was read that the next transaction MAC would cover."""

    def __init__(self, verdict, doubt=None, clean=True):
        self.verdict = verdict
        self.doubt = doubt
        self.clean = clean


async def resolve(visit, snapshot, journal, terminal):
    """Decide this card's doubt, if it has one here, and journal the outcome."""
    doubt = journal.doubts.of_card(visit.uid)
    if doubt is None:
        return Resolution(NONE)
    newest = snapshot.record
    if newest is None:
        raise VafaError(CARD_FORMAT, "record of unknown layout")
    if _is_ours(newest, terminal, doubt):
        tmac = await visit.do(
            desfire.read_data(purse.FILE_TRANSACTION_MAC, 0, _TMAC_SIZE, desfire.MAC)
        )
        if len(tmac) != _TMAC_SIZE:
            raise VafaError(CARD_FORMAT, "transaction MAC file of another size")
        _close_done(journal, doubt, newest.paid_after, read_unsigned(tmac[:4]), tmac[4:])
        return Resolution(DONE, doubt)
    if snapshot.record_raw == doubt.record_before:
        _close_not_done(journal, doubt)
        return Resolution(NOT_DONE, doubt)
    return await _search(visit, journal, terminal, doubt)


async def _search(visit, journal, terminal, doubt):
    """Others have written since: look back in the card's log, newest first.

    The first record whose counter is not above the doubt's ends the search: it is the doubt's own,
    or it shows that another commit came in its place.
    """
    for number in range(1, purse.RECORDS - 1):
        raw = await visit.do(desfire.read_records(purse.FILE_LOG, number, 1, desfire.MAC))
        logged = purse.parse_record(raw)
        if logged is None:
            raise VafaError(CARD_FORMAT, "record of unknown layout")
        if _is_ours(logged, terminal, doubt):
            _close_done(journal, doubt, logged.paid_after, logged.counter, _NO_TMV)
            return Resolution(DONE, doubt, clean=False)
        if logged.counter <= doubt.counter:
            _close_not_done(journal, doubt)
            return Resolution(NOT_DONE, doubt, clean=False)
    journal.hand_over(doubt.sequence)
    return Resolution(LEFT_TO_HOST, doubt, clean=False)


def _is_ours(logged, terminal, doubt):
    return logged.terminal == terminal and logged.sequence == doubt.sequence


def _close_done(journal, doubt, paid_after, counter, tmv):
    journal.append(
        record.OUTCOME,
        record.Outcome(
            doubt.sequence, record.DONE, record.BY_CARD, 0, paid_after, counter, bytes(tmv)
        ),
    )


def _close_not_done(journal, doubt):
    journal.append(
        record.OUTCOME,
        record.Outcome(
            doubt.sequence,
            record.NOT_DONE,
            record.BY_CARD,
            DOUBT_NOT_DONE,
            doubt.paid_before,
            0,
            _NO_TMV,
        ),
    )
