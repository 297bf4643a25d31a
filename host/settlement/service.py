"""Closing a window: cut, match, propose, agree, settle.

Owns the order of the steps. Each is a transaction of its own, guarded by the state it starts from,
so a host killed anywhere carries on where it stopped and ends with the same bytes. Only the cut
and the last step write more than a line, so intake never waits. Called by the settlement service.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Engine

from firmware.core import purse
from firmware.core.errors import WINDOW_HELD, WINDOW_STATE, WINDOW_UNKNOWN, VafaError
from host.db.engine import reading, writing
from host.intake.tap import State
from host.ledger import rules as ledger_rules
from host.ledger import service as ledger
from host.ledger.service import Difference
from host.ports import Clock
from host.settlement import rules, store
from host.settlement.rules import Movement, Position, Range
from host.settlement.status import Status, read_status
from host.settlement.store import Posted, Window

CUT, MATCHED, PROPOSED, AGREED, SETTLED, HELD = (
    "cut",
    "matched",
    "proposed",
    "agreed",
    "settled",
    "held",
)
"""States of a window that was cut. The open window, which is filling now, has no row."""

_SHOWN = 8

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """A settled window's statement: canonical JSON, the host's signature, and its positions."""

    window: int
    canonical_json: bytes
    signature: bytes
    positions: list[Position]


class Settlement:
    """Closes windows and shows what was settled."""

    def __init__(self, engine: Engine, sign: Callable[[bytes], bytes], clock: Clock) -> None:
        self._engine = engine
        self._sign = sign
        self._clock = clock
        self._steps: dict[str, Callable[[Window], None]] = {
            CUT: self._match,
            HELD: self._match,
            MATCHED: self._propose,
            PROPOSED: self._agree,
            AGREED: self._settle,
        }

    def settle(self, request_id: bytes) -> Published:
        """Close a window of everything taken in so far; the same request gives the same statement.

        A window that was left half-way is finished first.

        Raises:
            VafaError: 470 when the books disagree: nothing is settled, and the next call tries
                again. 471 when another process works on the same window.
        """
        with reading(self._engine) as conn:
            number = store.find_request(conn, request_id)
            unfinished = store.last_number(conn)
        if number is None:
            if unfinished:
                self._finish(unfinished)
            number = self._cut(request_id)
        self._finish(number)
        return self.statement(number)

    def statement(self, window: int = 0) -> Published:
        """Return a settled window's statement, 0 for the newest; error 472 when there is none."""
        with reading(self._engine) as conn:
            number = window or store.last_number(conn, SETTLED)
            found = store.load_window(conn, number)
        if found is None or found.state != SETTLED or not found.statement or not found.signature:
            raise VafaError(WINDOW_UNKNOWN, f"window {number}")
        positions = rules.positions_in(found.statement)
        return Published(number, found.statement, found.signature, positions)

    def explain(self, window: int, branch: str) -> list[Posted]:
        """Return every posting behind a branch's position, each naming its tap; error 472."""
        with reading(self._engine) as conn:
            found = store.load_window(conn, window)
            if found is None:
                raise VafaError(WINDOW_UNKNOWN, f"window {window}")
            accounts = {ledger_rules.clearing(branch), ledger_rules.cash_in(branch)}
            return [
                posting
                for posting in store.posted(conn, _ranges(conn, found))
                if any(leg.account in accounts for leg in posting.legs)
            ]

    def status(self) -> Status:
        """Return what is open at the moment."""
        with reading(self._engine) as conn:
            settled, held = store.last_number(conn, SETTLED), store.last_number(conn, HELD)
            return read_status(conn, last_window=settled, held_window=held)

    def advance(self, number: int) -> bool:
        """Take one step of a window; False when it is settled already. Errors as `settle`."""
        with reading(self._engine) as conn:
            window = store.load_window(conn, number)
        if window is None:
            raise VafaError(WINDOW_UNKNOWN, f"window {number}")
        if window.state == SETTLED:
            return False
        try:
            self._steps[window.state](window)
        except VafaError as problem:
            if problem.code == WINDOW_HELD:
                self._hold(window, problem)
            raise
        return True

    def _finish(self, number: int) -> None:
        while self.advance(number):
            pass

    def _cut(self, request_id: bytes) -> int:
        with writing(self._engine) as conn:
            repeated = store.find_request(conn, request_id)
            if repeated is not None:
                return repeated
            last = store.last_number(conn)
            if last != store.last_number(conn, SETTLED):
                raise VafaError(WINDOW_STATE, f"window {last} is not settled")
            cut = store.take_cut(conn, self._clock.now())
            store.insert_window(conn, last + 1, request_id, CUT, cut)
            return last + 1

    def _match(self, window: Window) -> None:
        """Compare every book with every other before anything is stated."""
        with reading(self._engine) as conn:
            found = [*ledger.prove(conn), *_tap_differences(conn), *_page_differences(conn)]
        if found:
            shown = "; ".join(str(difference) for difference in found[:_SHOWN])
            raise VafaError(WINDOW_HELD, f"window {window.number}: {shown}")
        with writing(self._engine) as conn:
            store.move_window(conn, window, MATCHED, self._clock.now())

    def _hold(self, window: Window, problem: VafaError) -> None:
        """Note that a person has to look; the next attempt starts from the match again."""
        _log.error("window held", window=window.number, reason=problem.detail)
        with writing(self._engine) as conn:
            now = self._clock.now()
            store.move_window(conn, window, HELD, now, reason=int(WINDOW_HELD))

    def _propose(self, window: Window) -> None:
        """Make the statement twice, from sums by the database and from each single posting."""
        with reading(self._engine) as conn:
            held = _ranges(conn, window)
            before = {part.terminal: part.after for part in held}
            summed = store.movements(conn, held)
            added = _added_up(conn, held)
        first = rules.statement(window.number, before, window.cut, summed)
        second = rules.statement(window.number, before, window.cut, added)
        if first != second:
            raise VafaError(WINDOW_HELD, f"window {window.number}: two computations differ")
        with writing(self._engine) as conn:
            store.move_window(conn, window, PROPOSED, self._clock.now(), statement=first)

    def _agree(self, window: Window) -> None:
        """Put the host's signature on the statement."""
        signature = self._sign(rules.signed_digest(_made(window)))
        with writing(self._engine) as conn:
            store.move_window(conn, window, AGREED, self._clock.now(), signature=signature)

    def _settle(self, window: Window) -> None:
        """Post the clearing; in the same transaction the statement becomes public."""
        posting = rules.clearing_posting(window.number, rules.positions_in(_made(window)))
        now = self._clock.now()
        with writing(self._engine) as conn:
            store.move_window(conn, window, SETTLED, now)
            ledger.post(conn, [posting] if posting else [], now)


def _made(window: Window) -> bytes:
    if window.statement is None:
        raise VafaError(WINDOW_STATE, f"window {window.number} has no statement")
    return window.statement


def _ranges(conn: Connection, window: Window) -> list[Range]:
    before = store.load_window(conn, window.number - 1)
    return rules.ranges(before.cut.streams if before else {}, window.cut)


def _added_up(conn: Connection, held: list[Range]) -> list[Movement]:
    """Add up the window posting by posting; error 470 for one whose content was changed."""
    found = []
    for posting in store.posted(conn, held):
        if ledger_rules.digest(posting.kind, posting.key, posting.legs) != posting.digest:
            raise VafaError(WINDOW_HELD, f"posting {posting.kind} {posting.key} was changed")
        found += [
            Movement(posting.terminal, posting.kind, leg.account, 1, leg.amount_minor)
            for leg in posting.legs
            if leg.account.startswith("branch:")
        ]
    return rules.merged(found)


def _tap_differences(conn: Connection) -> list[Difference]:
    """Compare what the taps say with what the accounts hold."""
    sums = store.tap_sums(conn)
    earned = store.earned_sums(conn)
    totals = ledger.totals(conn)
    found = []
    doubt = sum(total for (_, state, _), total in sums.items() if state is State.OPEN)
    if doubt != totals.unknown_minor:
        found.append(Difference("taps in doubt", totals.unknown_minor, doubt))
    unproven = sum(total for (_, state, _), total in sums.items() if state is State.UNPROVEN)
    if unproven != totals.suspense_minor:
        found.append(Difference("taps in suspense", totals.suspense_minor, unproven))
    proven = {
        ledger_rules.clearing(branch): -total
        for (kind, state, branch), total in sums.items()
        if kind == purse.KIND_SALE and state is State.PROVEN
    }
    for account in sorted(proven.keys() | earned.keys()):
        expected, stated = earned.get(account, 0), proven.get(account, 0)
        if expected != stated:
            found.append(Difference(f"proven sales on {account}", expected, stated))
    return found


def _page_differences(conn: Connection) -> list[Difference]:
    """Look for acknowledged pages that are gone."""
    return [
        Difference(f"pages of terminal {terminal} that are gone", 0, lost)
        for terminal, lost in store.lost_pages(conn).items()
    ]
