"""Relayed card sessions: read, issue, top up. Sans I/O: replies in, next script or answer out.

Owns the order of reading, booking and writing. Never holds a connection: the services for stations
and for terminals feed it, each call in the host's one writer.

A top-up is booked as presumed given before its commit can reach the card, and only two things end
that: the card's own proof in this session, or a later read of the card. What the far reader says
about silence or refusals can be invented, so it never sends cash back by itself.
"""

from collections.abc import Sequence

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
    session, snapshot = yield from _open(desk, card, draw)
    yield from _resolve(desk, card, session, snapshot)
    return Answer(Outcome.DONE, card.card_number, snapshot.paid)


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
    card = desk.card(request.uid)
    session, snapshot = yield from _open(desk, card, draw, opened)
    if desk.has_open_top_up(card):
        yield from _resolve(desk, card, session, snapshot)
        stored = desk.stored_answer(request)
        if stored is not None:
            return stored
        # What was read to resolve it must not be part of the new transaction.
        session, snapshot = yield from _open(desk, card, draw)
    record = desk.begin_top_up(request, card, snapshot)
    commands = [
        *purse.top_up_commands(request.amount_minor, record),
        desfire.commit_transaction(),
    ]
    replies = yield session.script(commands)
    presumed = Answer(Outcome.PRESUMED, card.card_number, snapshot.paid, TOP_UP_PRESUMED)
    try:
        proof = session.read(replies)[-1]
    except VafaError as problem:
        log.warning("top-up without proof", card=card.card_number, reason=str(problem))
        return presumed
    if not _proves(desk, card, request, snapshot, record, proof):
        log.error("transaction MAC of a top-up is wrong", card=card.card_number)
        return Answer(Outcome.PRESUMED, card.card_number, snapshot.paid, TOP_UP_UNPROVEN)
    desk.finish_top_up(request)
    return Answer(Outcome.DONE, card.card_number, snapshot.paid + request.amount_minor)


class RelaySession:
    """Runs one dialogue: `start`, then `advance` with the replies to each script.

    Both return the next script, or the Answer that ends the session. Numbered errors become
    answers: nothing was credited when one ends a dialogue.
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

    def close(self) -> None:
        """The reader is gone: what is booked as presumed stays so."""
        self._dialogue.close()

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


def _open(
    desk: CardDesk, card: store.CardRow, draw: Draw, opened: Sequence[bytes] | None = None
) -> Dialogue[tuple[BatchSession, purse.Snapshot]]:
    key = desk.credit_key(card)
    session = yield from authenticate(purse.AID, purse.KEY_CREDIT, key, draw, opened)
    snapshot = yield from read_snapshot(session)
    desk.check(card, snapshot)
    return session, snapshot


def _resolve(
    desk: CardDesk, card: store.CardRow, session: BatchSession, snapshot: purse.Snapshot
) -> Dialogue[None]:
    """Book what the card's log says; the whole of it while a top-up is open."""
    records = [snapshot.record]
    if desk.has_open_top_up(card):
        records = yield from read_log(session, snapshot.record)
    desk.seen(card, records)


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
