"""What the host decides and remembers while a card session is relayed.

Owns the transactions: who may be issued or topped up, what is durable before a script goes out,
and what is booked when the card has answered. Never builds a card command (`relay` does) and
never posts by itself (`host.intake.top_ups` does).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Engine

from firmware.core import purse
from firmware.core.errors import (
    CARD_BLOCKED,
    CARD_INCONSISTENT,
    CARD_ISSUED,
    CARD_UNFINISHED,
    CARD_UNKNOWN,
    REQUEST_CONFLICT,
    REQUEST_INVALID,
    TOP_UP_LIMIT,
    TOP_UP_NOT_GIVEN,
    TOP_UP_OPEN,
    TOP_UP_PRESUMED,
    VafaError,
)
from firmware.core.identity import Identity
from firmware.core.record import TIME_HOST
from host.cards import store
from host.cards.keys import HostKeys
from host.cards.personalise import IssuePlan
from host.cards.policy import Policy
from host.db.engine import reading, writing
from host.intake import top_ups
from host.intake.tap import State
from host.ledger.rules import is_branch
from host.ports import Clock

_DAY_S = 86_400
REQUEST_ID = 16
UID = 7


class Outcome(IntEnum):
    """What became of a relayed operation; the numbers are TopUpOutcome's of link.proto."""

    DONE = 1
    NOT_DONE = 2
    PRESUMED = 3


@dataclass(frozen=True)
class Answer:
    """The end of a relayed session. `reason` is a number of the error table, 0 when done."""

    outcome: Outcome
    card_number: int = 0
    paid_minor: int = 0
    reason: int = 0


@dataclass(frozen=True)
class Request:
    """A relayed operation as asked for. `amount_minor` is 0 but for a top-up."""

    request_id: bytes
    uid: bytes
    branch: str
    amount_minor: int = 0

    def __post_init__(self) -> None:
        """Refuse what can't be meant; error 420."""
        sized = len(self.request_id) == REQUEST_ID and len(self.uid) == UID
        if not sized or not is_branch(self.branch):
            raise VafaError(REQUEST_INVALID, "request id, uid or branch")


class CardDesk:
    """Serves all relayed sessions of the process; every method is one transaction."""

    def __init__(self, engine: Engine, keys: HostKeys, policy: Policy, clock: Clock) -> None:
        self._engine = engine
        self._keys = keys
        self._policy = policy
        self._clock = clock

    def card(self, uid: bytes) -> store.CardRow:
        """Return an issued card; error 422 for an unknown one, 425 for an unfinished issue."""
        with reading(self._engine) as conn:
            card = store.card_by_uid(conn, uid)
        if card is None:
            raise VafaError(CARD_UNKNOWN)
        if card.state == store.CardState.UNCONFIRMED:
            raise VafaError(CARD_UNFINISHED)
        return card

    def credit_key(self, card: store.CardRow) -> bytes:
        """Return the card's credit key, with which the host reads and tops up."""
        return self._keys.card_key(card.uid, purse.KEY_CREDIT, card.key_version)

    def transaction_mac_key(self, card: store.CardRow) -> bytes:
        """Return the key of the card's transaction MAC."""
        return self._keys.transaction_mac_key(card.uid, card.key_version)

    def check(self, card: store.CardRow, snapshot: purse.Snapshot) -> None:
        """Raise 431 unless what was read fits together and belongs to this card."""
        if not snapshot.is_ours() or snapshot.statement.card_number != card.card_number:
            raise VafaError(CARD_INCONSISTENT, f"card {card.card_number:010d}")

    def begin_issue(self, request: Request) -> IssuePlan | Answer:
        """Remember the card as unconfirmed and plan its issue.

        The answer instead, when this very request finished before. Raises 424 for a card that was
        issued by another request: it may hold money and is never formatted.
        """
        with writing(self._engine) as conn:
            now = self._clock.now()
            known = store.card_by_uid(conn, request.uid)
            if known is not None and known.state != store.CardState.UNCONFIRMED:
                if known.request_id != request.request_id:
                    raise VafaError(CARD_ISSUED, f"card {known.card_number:010d}")
                return Answer(Outcome.DONE, known.card_number)
            card = store.CardRow(
                card_number=known.card_number if known else store.next_card_number(conn),
                uid=request.uid,
                state=store.CardState.UNCONFIRMED,
                key_version=self._keys.version,
                statement_version=1,
                request_id=request.request_id,
                issue_sequence=top_ups.next_record_number(conn),
            )
            if known is None:
                store.add_card(conn, card, now)
            else:
                store.renew_unconfirmed(conn, card)
        return self._plan(card, now, tried_before=known is not None)

    def confirm_issue(self, plan: IssuePlan, request: Request) -> Answer:
        """Make the card active: it was read under its new keys."""
        with writing(self._engine) as conn:
            card = store.card_by_uid(conn, plan.uid)
            if card is None or card.request_id != request.request_id:
                # Another station took the same card over meanwhile; the last one finishes.
                raise VafaError(CARD_UNFINISHED)
            store.change_state(conn, card.card_number, store.CardState.ACTIVE)
        return Answer(Outcome.DONE, card.card_number)

    def last_event(self) -> int:
        """Return the number that a session which begins now reads `as_of`."""
        with reading(self._engine) as conn:
            return top_ups.last_event(conn)

    def seen(self, card: store.CardRow, records: Sequence[Any], as_of: int) -> None:
        """Book what a session begun at `as_of` read: LogRecords, newest first, without a hole."""
        with writing(self._engine) as conn:
            now = self._clock.now()
            top_ups.seen(conn, card.card_number, records, as_of=as_of, now=now)

    def has_open_top_up(self, card: store.CardRow) -> bool:
        """Tell whether a top-up of the card is presumed given."""
        with reading(self._engine) as conn:
            return top_ups.open_top_up(conn, card.card_number) is not None

    def stored_answer(self, request: Request) -> Answer | None:
        """Return what became of a top-up request that was started; None when it never was.

        Raises 421 when the same id came with another card, amount or branch.
        """
        with reading(self._engine) as conn:
            known = top_ups.find_top_up(conn, request.request_id)
            noted = store.relayed_top_up(conn, request.request_id)
        if known is None or noted is None:
            return None
        uid, paid_after_minor = noted
        if (uid, known.amount_minor, known.branch) != (
            request.uid,
            request.amount_minor,
            request.branch,
        ):
            raise VafaError(REQUEST_CONFLICT)
        if known.state == State.PROVEN:
            return Answer(Outcome.DONE, known.card_number, paid_after_minor)
        if known.state == State.NOT_DONE:
            paid_minor = paid_after_minor - known.amount_minor
            return Answer(Outcome.NOT_DONE, known.card_number, paid_minor, TOP_UP_NOT_GIVEN)
        return Answer(Outcome.PRESUMED, known.card_number, paid_after_minor, TOP_UP_PRESUMED)

    def begin_top_up(
        self, request: Request, card: store.CardRow, snapshot: purse.Snapshot, as_of: int
    ) -> purse.LogRecord:
        """Book the top-up as presumed given and return the record that its script writes.

        `snapshot` was read in the session, begun at `as_of`, that will carry the script.

        Raises 423 for a blocked card, 426 beyond the purse's limit, 427 while an earlier top-up of
        the card isn't resolved; then nothing is booked and nothing may be sent.
        """
        paid_after_minor = snapshot.paid + request.amount_minor
        if request.amount_minor < 1 or paid_after_minor > self._policy.paid_limit_minor:
            raise VafaError(TOP_UP_LIMIT, f"{request.amount_minor}")
        now = self._clock.now()
        with writing(self._engine) as conn:
            newest = store.card_by_number(conn, card.card_number)
            if newest is None or newest.state != store.CardState.ACTIVE:
                raise VafaError(CARD_BLOCKED, f"card {card.card_number:010d}")
            sequence = top_ups.next_record_number(conn)
            started = top_ups.start_top_up(
                conn,
                request_id=request.request_id,
                sequence=sequence,
                card_number=card.card_number,
                branch=request.branch,
                amount_minor=request.amount_minor,
                predecessor=snapshot.record,
                as_of=as_of,
                now=now,
            )
            if started.sequence != sequence:
                # The same request runs in another session, whose record is the one that counts.
                raise VafaError(TOP_UP_OPEN, f"card {card.card_number:010d}")
            store.add_relayed_top_up(conn, request.request_id, request.uid, paid_after_minor)
        record: purse.LogRecord = purse.next_record(
            snapshot,
            purse.KIND_TOP_UP,
            purse.ISSUER_TERMINAL,
            sequence,
            request.amount_minor,
            now,
            TIME_HOST,
        )
        return record

    def finish_top_up(self, request: Request) -> None:
        """Book the top-up as done: the card proved it."""
        with writing(self._engine) as conn:
            top_ups.finish_top_up(conn, request.request_id, now=self._clock.now())

    def _plan(self, card: store.CardRow, now: int, *, tried_before: bool) -> IssuePlan:
        today = now // _DAY_S
        expiry_day = today + self._policy.card_lifetime_days
        identity = Identity(
            key_version=card.key_version,
            currency_unit=self._policy.currency_unit,
            card_type=0,
            card_number=card.card_number,
            programme=self._policy.programme,
            issued_day=today,
            expiry_day=expiry_day,
            uid=card.uid,
        )
        statement = purse.Statement(
            key_version=card.key_version,
            currency_unit=self._policy.currency_unit,
            version=card.statement_version,
            card_number=card.card_number,
            expiry_day=expiry_day,
        )
        record = purse.LogRecord(
            kind=purse.KIND_ISSUE,
            grade=TIME_HOST,
            time=now,
            terminal=purse.ISSUER_TERMINAL,
            sequence=card.issue_sequence,
            counter=1,
        )
        sign = self._keys.signer.sign
        return IssuePlan(
            uid=card.uid,
            tried_before=tried_before,
            keys=self._keys.card_keys(card.uid, card.key_version),
            identity=identity.pack() + sign(identity.digest()),
            statement=statement.pack() + sign(statement.digest(card.uid)),
            record=record.pack(),
            counter=1,
            paid_limit_minor=self._policy.paid_limit_minor,
        )
