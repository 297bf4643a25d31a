"""Relayed card sessions: read, issue, top up. Sans I/O: replies in, next script or answer out.

Owns the order of reading, booking and writing. Never holds a connection: the services for stations
and for terminals feed it, each call in the host's one writer.

A top-up is booked as presumed given before its commit can reach the card, and only two things end
that: the card's own proof in this session, or a later read of the card. What the far reader says
about silence or refusals can be invented, so it never sends cash back by itself; nor does a fault
of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from firmware.core import desfire, purse, tmac
from firmware.core.bits import equal
from firmware.core.errors import (
    REQUEST_INVALID,
    TOP_UP_PRESUMED,
    TOP_UP_UNPROVEN,
    VafaError,
)
from host.cards import personalise, store
from host.cards.desk import Answer, CardDesk, Outcome, Request
from host.cards.reading import read_log, read_snapshot
from host.cards.scripts import BatchSession, Dialogue, Draw, Script, authenticate
from host.crypto import Aes

MAX_REPLY = 300

log = structlog.get_logger()


def read_card(desk: CardDesk, request: Request, draw: Draw) -> Dialogue[Answer]:
    """Read a card, and resolve by it what is open."""
    card = desk.card(request.uid)
    opened = yield from _open(desk, card, draw)
    yield from _resolve(desk, card, opened)
    return Answer(Outcome.DONE, card.card_number, opened.snapshot.paid)


def issue_card(desk: CardDesk, request: Request, draw: Draw) -> Dialogue[Answer]:
    """Make a factory-new card, or one whose issue was interrupted, one of ours."""
    planned = desk.begin_issue(request)
    if isinstance(planned, Answer):
        return planned
    yield from personalise.issue(planned, draw)
    return desk.confirm_issue(planned, request)


def top_up(
    desk: CardDesk, request: Request, draw: Draw, opened: Sequence[bytes] | None = None
) -> Dialogue[Answer]:
    """Raise the paid purse. `opened`: the card's answers when the reader began by itself."""
    stored = desk.stored_answer(request)
    if stored is not None and stored.outcome != Outcome.PRESUMED:
        return stored
    try:
        return (yield from _credit(desk, request, draw, opened))
    except VafaError as problem:
        # The same request may have credited before, or in another session meanwhile.
        standing = stored or desk.stored_answer(request)
        if standing is None:
            raise
        log.warning("repeated top-up broke off", reason=str(problem))
        return standing


def _credit(
    desk: CardDesk, request: Request, draw: Draw, opening_replies: Sequence[bytes] | None
) -> Dialogue[Answer]:
    """Credit the card, unless reading it shows what became of this request before.

    Raises only before the script with the commit is out: from then on it is presumed.
    """
    card = desk.card(request.uid)
    opened = yield from _open(desk, card, draw, opening_replies)
    if desk.has_open_top_up(card):
        yield from _resolve(desk, card, opened)
        stored = desk.stored_answer(request)
        if stored is not None:
            return stored
        # What was read to resolve it must not be part of the new transaction.
        opened = yield from _open(desk, card, draw)
    snapshot = opened.snapshot
    record = desk.begin_top_up(request, card, snapshot, opened.as_of)
    commands = [
        *purse.top_up_commands(request.amount_minor, record),
        desfire.commit_transaction(),
    ]
    replies = yield opened.session.script(commands)
    paid_after_minor = snapshot.paid + request.amount_minor
    try:
        proof = opened.session.read(replies)[-1]
        if not _proves(desk, card, request, snapshot, record, proof):
            raise VafaError(TOP_UP_UNPROVEN)
        desk.finish_top_up(request)
    except VafaError as problem:
        log.warning("top-up not proven", card=card.card_number, reason=str(problem))
        reason = TOP_UP_UNPROVEN if problem.code == TOP_UP_UNPROVEN else TOP_UP_PRESUMED
        return Answer(Outcome.PRESUMED, card.card_number, paid_after_minor, reason)
    return Answer(Outcome.DONE, card.card_number, paid_after_minor)


class RelaySession:
    """Runs one dialogue: `start`, then `advance` with the replies to each script.

    Both return the next script, or the Answer that ends the session. Numbered errors become
    answers: nothing was credited when one ends a dialogue. A reader that goes away needs no word:
    what is booked as presumed stays so.
    """

    def __init__(self, dialogue: Dialogue[Answer]) -> None:
        self._dialogue = dialogue
        self._expected = 0

    def start(self) -> Script | Answer:
        """Return the first script."""
        return self._step(None)

    def advance(self, replies: Sequence[bytes]) -> Script | Answer:
        """Take the replies to the last script; error 420 when they can't belong to it."""
        if not 0 < len(replies) <= self._expected or max(map(len, replies)) > MAX_REPLY:
            raise VafaError(
                REQUEST_INVALID, f"{len(replies)} replies to {self._expected} commands"
            )
        return self._step(replies)

    def _step(self, replies: Sequence[bytes] | None) -> Script | Answer:
        try:
            script = next(self._dialogue) if replies is None else self._dialogue.send(replies)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        except VafaError as problem:
            log.info("card session ended", reason=str(problem))
            return Answer(Outcome.NOT_DONE, reason=problem.code)
        self._expected = len(script)
        return script


@dataclass(frozen=True)
class _Opened:
    """A session under the credit key, what it read first, and the host's events before it."""

    session: BatchSession
    snapshot: purse.Snapshot
    as_of: int


def _open(
    desk: CardDesk, card: store.CardRow, draw: Draw, opened: Sequence[bytes] | None = None
) -> Dialogue[_Opened]:
    key = desk.credit_key(card)
    as_of = desk.last_event()
    session = yield from authenticate(purse.AID, purse.KEY_CREDIT, key, draw, opened)
    snapshot = yield from read_snapshot(session)
    desk.check(card, snapshot)
    return _Opened(session, snapshot, as_of)


def _resolve(desk: CardDesk, card: store.CardRow, opened: _Opened) -> Dialogue[None]:
    """Book what the card's log says; the whole of it while a top-up is open."""
    records = [opened.snapshot.record]
    if desk.has_open_top_up(card):
        records = yield from read_log(opened.session, opened.snapshot.record)
    desk.seen(card, records, opened.as_of)


def _proves(
    desk: CardDesk,
    card: store.CardRow,
    request: Request,
    snapshot: purse.Snapshot,
    record: purse.LogRecord,
    proof: bytes,
) -> bool:
    """Tell whether the commit's answer, counter (4 bytes) and MAC value, is over this top-up."""
    counter = int.from_bytes(proof[:4], "little")
    tmi = purse.top_up_tmi(
        snapshot.statement_raw, snapshot.record_raw, snapshot.paid, request.amount_minor, record
    )
    key, _ = tmac.session_keys(Aes, desk.transaction_mac_key(card), counter, card.uid)
    return bool(equal(tmac.tmv(Aes, key, tmi), proof[4:]))
