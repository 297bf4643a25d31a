"""A sale: one tap as a state machine (architecture, section 4).

    meet -> read -> settle -> decide -> intend -> apply -> commit -> conclude

Each state is a method that does its part and returns the next one. Owns the order that makes a cut
anywhere harmless: the intent is durable before the first changing command, the outcome before
success may be shown. What a failure means follows from how far the sale had come, in `_fail`.
Never shows anything, never looks for cards. Called by the desk, one object a visit.
"""

from firmware.core import desfire, purse, record
from firmware.core.bits import read_unsigned
from firmware.core.errors import (
    CARD_FORMAT,
    CARD_LOST,
    CARD_MAC,
    COUNTER_JUMP,
    DOUBT_DONE,
    READER_FAULT,
    SALE_REPEATED,
    VafaError,
)
from firmware.terminal.pay import hotlist, policy, resolve, result
from firmware.terminal.pay.result import Result
from firmware.terminal.pay.visit import Visit

_COMMIT_SIZE = 12
_RETRY = (CARD_LOST, CARD_MAC, CARD_FORMAT, READER_FAULT)
"""Failures that the same card, held properly, is not likely to repeat."""


class Sale:
    """One visit of one card for one amount.

    `order_ref` is the till's, 0 without a till. `resumes` is the sequence of the intent that this
    same sale left in doubt at the visit before, 0 at the first visit.
    """

    def __init__(self, terminal, target, amount, order_ref=0, confirmed=False, resumes=0):
        self._terminal = terminal
        self._journal = terminal.journal
        self._visit = Visit(terminal.hal, terminal.rng, target)
        self._amount = amount
        self._order_ref = order_ref
        self._confirmed = confirmed
        self._resumes = resumes
        self._card_number = 0
        self._snapshot = None
        self._intent = None
        self._header = None
        self._committing = False
        self._tmac = b""
        self._result = None

    async def run(self):
        """Carry the sale to one of its ends; a Result."""
        state = self._meet
        while state is not None:
            try:
                state = await state()
            except VafaError as error:
                self._fail(error)
                state = None
        return self._result

    async def _meet(self):
        await self._visit.open()
        return self._read

    async def _read(self):
        self._snapshot = await self._visit.read()
        if self._snapshot.statement is not None:
            self._card_number = self._snapshot.statement.card_number
        return self._settle

    async def _settle(self):
        """An earlier sale of this card whose end is unknown is resolved before anything else."""
        resolution = await resolve.resolve(
            self._visit, self._snapshot, self._journal, self._terminal.id
        )
        if resolution.verdict == resolve.DONE:
            doubt = resolution.doubt
            paid = self._snapshot.paid
            self._terminal.repeats.note(self._visit.uid, doubt.amount)
            if doubt.sequence == self._resumes:
                return self._end(Result(result.DONE, 0, doubt.amount, paid))
            return self._end(Result(result.EARLIER, DOUBT_DONE, doubt.amount, paid))
        # What was read beyond the usual would be part of this sale's transaction MAC: start over.
        return self._decide if resolution.clean else self._meet

    async def _decide(self):
        terminal = self._terminal
        now, _ = terminal.clock.now()
        refusal = policy.refuse_terminal(
            self._amount, terminal.config, self._journal, now
        ) or policy.refuse_card(
            self._amount,
            self._snapshot,
            terminal.config,
            lambda number: hotlist.contains(terminal.hotlist, number),
            now,
        )
        if refusal:
            raise VafaError(refusal)
        if not self._confirmed and terminal.repeats.has(self._visit.uid, self._amount):
            return self._end(Result(result.CONFIRM, SALE_REPEATED, self._amount))
        return self._intend

    async def _intend(self):
        snapshot, config = self._snapshot, self._terminal.config
        intent = record.Intent(
            operation=record.SALE,
            key_version=snapshot.statement.key_version,
            currency_unit=snapshot.statement.currency_unit,
            flags=0,
            card_number=self._card_number,
            uid=self._visit.uid,
            script=purse.SCRIPT_SALE,
            paid_before=snapshot.paid,
            amount=self._amount,
            bonus_amount=0,
            points_amount=0,
            counter=snapshot.record.counter + 1,
            hotlist_version=self._terminal.hotlist.version,
            config_version=config.version,
            lease=config.lease_id,
            operator=0,
            order_ref=self._order_ref,
            statement=bytes(snapshot.statement_raw),
            record=bytes(snapshot.record_raw),
        )
        self._header = self._journal.open_intent(intent)
        self._intent = intent
        return self._apply

    async def _apply(self):
        logged = purse.intent_record(self._intent, self._header)
        for command in purse.sale_commands(self._amount, logged):
            await self._visit.do(command)
        return self._commit

    async def _commit(self):
        self._committing = True
        self._tmac = await self._visit.do(desfire.commit_transaction())
        if len(self._tmac) != _COMMIT_SIZE:
            raise VafaError(CARD_FORMAT, "answer to commit of another size")
        return self._conclude

    async def _conclude(self):
        counter = read_unsigned(self._tmac[:4])
        paid_after = self._snapshot.paid - self._amount
        self._journal.append(
            record.OUTCOME,
            record.Outcome(
                self._header.sequence,
                record.DONE,
                record.BY_ANSWER,
                0,
                paid_after,
                counter,
                bytes(self._tmac[4:]),
            ),
        )
        # From here on nothing that fails may change the ending.
        self._end(Result(result.DONE, 0, self._amount, paid_after))
        self._terminal.repeats.note(self._visit.uid, self._amount)
        if counter != self._intent.counter:
            self._journal.note(record.EVENT, record.Event(COUNTER_JUMP, counter))

    def _end(self, ending):
        ending.uid = self._visit.uid
        self._result = ending

    def _fail(self, error):
        """Say what a failure means at the point that was reached."""
        if self._result is not None:
            return  # the outcome is durable
        if self._committing:
            # Even the commit's error status is not authenticated: only the card's record tells.
            self._end_in_doubt(self._header.sequence, error.code)
            return
        kind = result.AGAIN if error.code in _RETRY else result.REFUSED
        if self._header is not None:
            try:
                self._close_not_done(error.code)
            except VafaError as failure:
                self._end_in_doubt(self._header.sequence, failure.code)
                return
        elif kind == result.REFUSED:
            self._journal_refusal(error.code)
            if self._journal.doubts.is_open(self._resumes):
                # The card was refused before it told how this same sale had ended.
                self._end_in_doubt(self._resumes, error.code)
                return
        self._end(Result(kind, error.code, self._amount))

    def _end_in_doubt(self, sequence, reason):
        self._end(Result(result.DOUBT, reason, self._amount, sequence=sequence))

    def _close_not_done(self, reason):
        """The commit was never sent, so the card drops everything by itself."""
        self._journal.append(
            record.OUTCOME,
            record.Outcome(
                self._header.sequence,
                record.NOT_DONE,
                record.BY_ANSWER,
                reason,
                self._intent.paid_before,
                0,
                bytes(8),
            ),
        )

    def _journal_refusal(self, reason):
        uid = (self._visit.uid + bytes(7))[:7]
        self._journal.note(
            record.REFUSAL, record.Refusal(self._card_number, reason, self._amount, uid)
        )
