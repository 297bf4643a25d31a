"""The steps of one upload: check each page alone, order them, read them, book what they say.

Owns the verdict on every page. `check` needs no database, so that no lock is held while tags are
computed; `Booking` works inside the caller's transaction and asks the database once a step, not
once a page. Called by the intake's service.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from firmware.core import record
from firmware.core.errors import (
    PAGE_AHEAD,
    PAGE_BRANCH,
    PAGE_CONFLICT,
    PAGE_TAG,
    PAGE_TERMINAL,
    PAGE_UNREADABLE,
)
from host.intake import interpret, store, stream, verify
from host.intake.booking import postings_for
from host.intake.directory import KeyDirectory
from host.intake.history import History
from host.intake.interpret import Entry
from host.intake.receipt import Ack, Result, Verdict
from host.intake.stream import Arrival, Stream
from host.intake.tap import Alarm
from host.ledger import service as ledger

MAX_EVIDENCE = 1000
"""Bad pages kept per terminal; more are answered but not kept, so that nobody fills the disk."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Checked:
    """A batch after each page was looked at alone.

    `terminals` holds the branch of each known terminal of the caller; `arrivals` their pages with
    a right tag, `evidence` the others, `refused` what is no page of theirs at all.
    """

    terminals: dict[int, str] = field(default_factory=dict)
    arrivals: dict[int, list[Arrival]] = field(default_factory=dict)
    evidence: list[tuple[Arrival, int]] = field(default_factory=list)
    refused: dict[bytes, Result] = field(default_factory=dict)


def check(pages: Sequence[bytes], keys: KeyDirectory, branch: str | None) -> Checked:
    """Sort pages by terminal, after looking at size, header, terminal, branch and tag."""
    checked = Checked()
    page_keys = verify.PageKeys()
    admitted: dict[int, tuple[bytes, int]] = {}
    for page in dict.fromkeys(pages):
        header = verify.read_header(page)
        if header is None:
            checked.refused[page] = Result(0, 0, Verdict.REJECTED, PAGE_UNREADABLE)
            continue
        terminal = header.terminal
        if terminal not in admitted:
            admitted[terminal] = _admit(terminal, keys, branch)
        root, reason = admitted[terminal]
        if reason:
            refusal = Result(terminal, header.sequence, Verdict.REJECTED, reason)
            checked.refused[page] = refusal
            continue
        checked.terminals[terminal] = keys.branch_of(terminal) or ""
        arrival = Arrival(header, page)
        if page_keys.tag_is_right(page, header, root):
            checked.arrivals.setdefault(terminal, []).append(arrival)
        else:
            checked.evidence.append((arrival, int(PAGE_TAG)))
    return checked


def _admit(terminal: int, keys: KeyDirectory, branch: str | None) -> tuple[bytes, int]:
    """Return the terminal's journal root, or why the caller may not upload for it."""
    root, home = keys.journal_root(terminal), keys.branch_of(terminal)
    if root is None or home is None:
        return b"", int(PAGE_TERMINAL)
    if branch is not None and home != branch:
        return b"", int(PAGE_BRANCH)
    return root, 0


class Booking:
    """One checked batch on its way into the books."""

    def __init__(self, checked: Checked, keys: KeyDirectory) -> None:
        self._checked = checked
        self._keys = keys
        self._answers: dict[bytes, Result] = dict(checked.refused)
        self._evidence: list[tuple[Arrival, int]] = []
        self._alarms: list[Alarm] = []
        self._streams: dict[int, Stream] = {}
        for arrival, reason in checked.evidence:
            self._refuse(arrival, reason)

    def run(self, conn: Connection, now: int) -> None:
        """Order, read and book everything; nothing stands unless the caller commits."""
        known = store.load_streams(conn, self._checked.terminals)
        before = {terminal: found.through_sequence for terminal, found in known.items()}
        for terminal, branch in self._checked.terminals.items():
            self._streams[terminal] = known.get(terminal) or stream.new_stream(terminal, branch)
        fresh = self._set_aside_repeats(conn)
        entries: list[Entry] = []
        for terminal in sorted(self._streams):
            entries += self._advance(conn, self._streams[terminal], fresh.get(terminal, []))
        self._book(conn, entries, now)
        self._keep_evidence(conn, now)
        for found in self._streams.values():
            found.last_seen = now
        changed = [(found, before.get(terminal)) for terminal, found in self._streams.items()]
        store.save_streams(conn, changed)

    def results(self, pages: Sequence[bytes]) -> list[Result]:
        """Return the answers in the order of the request; a page's second copy is a duplicate."""
        answers = []
        told: set[bytes] = set()
        for page in pages:
            answer = self._answers[page]
            if page in told and answer.verdict is Verdict.ACCEPTED:
                answer = Result(answer.terminal, answer.sequence, Verdict.DUPLICATE)
            told.add(page)
            answers.append(answer)
        return answers

    def acks(self) -> list[Ack]:
        """Return the host's word to each terminal that has an unbroken run."""
        found = []
        for terminal in sorted(self._streams):
            key, through = self._keys.ack_key(terminal), self._streams[terminal].through_sequence
            if key is not None and through:
                found.append(Ack(terminal, through, verify.ack_mac(key, terminal, through)))
        return found

    def _set_aside_repeats(self, conn: Connection) -> dict[int, list[Arrival]]:
        """Answer pages of places that are decided or out of reach; return the others."""
        fresh: dict[int, list[Arrival]] = {}
        old: list[Arrival] = []
        for terminal, arrivals in self._checked.arrivals.items():
            through = self._streams[terminal].through_sequence
            for arrival in arrivals:
                if arrival.header.sequence <= through:
                    old.append(arrival)
                elif arrival.header.sequence > through + stream.MAX_AHEAD:
                    self._refuse(arrival, PAGE_AHEAD)
                else:
                    fresh.setdefault(terminal, []).append(arrival)
        stored = store.load_pages(conn, [(a.header.terminal, a.header.sequence) for a in old])
        for arrival in old:
            place = (arrival.header.terminal, arrival.header.sequence)
            page, reason = stored.get(place, (b"", 0))
            if page != arrival.page:
                self._refuse(arrival, PAGE_CONFLICT)
                continue
            self._answer(arrival, Verdict.QUARANTINED if reason else Verdict.DUPLICATE, reason)
            self._streams[arrival.header.terminal].duplicates += 1
        return fresh

    def _advance(self, conn: Connection, found: Stream, arrivals: list[Arrival]) -> list[Entry]:
        """Move one stream as far as its pages reach; keep the rest waiting."""
        candidates = stream.by_sequence(arrivals)
        had_waiting = bool(found.waiting) and found.through_sequence + 1 in candidates
        waited: set[bytes] = set()
        if had_waiting:
            kept = store.load_waiting(conn, [found.terminal]).get(found.terminal, [])
            waited = {arrival.page for arrival in kept}
            candidates = stream.by_sequence([*kept, *arrivals])
        identity = self._keys.identity_key(found.terminal) or b""
        run, refused = stream.advance(found, candidates, identity)
        for arrival, reason in refused:
            self._refuse(arrival, reason)
        if had_waiting:
            store.delete_waiting(conn, found.terminal, found.through_sequence + 1)
        rest = [arrival for claims in candidates.values() for arrival in claims]
        still_waiting = [arrival for arrival in rest if arrival.page in waited]
        for arrival in still_waiting:
            self._answer(arrival, Verdict.WAITING)
        if had_waiting:
            found.waiting = len(still_waiting)
        self._keep_waiting(conn, found, [a for a in rest if a.page not in waited])
        return [interpret.open_page(arrival, found.branch) for arrival in run]

    def _keep_waiting(self, conn: Connection, found: Stream, arrivals: list[Arrival]) -> None:
        """Keep pages for later, but no more than a terminal's flash can hold."""
        digests = {hashlib.sha256(arrival.page).digest(): arrival for arrival in arrivals}
        for digest in store.waiting_digests(conn, digests):
            self._answer(digests.pop(digest), Verdict.WAITING)
        new = [(arrival, digest) for digest, arrival in digests.items()]
        room = max(0, stream.MAX_AHEAD - found.waiting)
        for arrival, _ in new[room:]:
            self._refuse(arrival, PAGE_AHEAD)
        for arrival, _ in new[:room]:
            self._answer(arrival, Verdict.WAITING)
        store.insert_waiting(conn, new[:room])
        found.waiting += len(new[:room])

    def _book(self, conn: Connection, entries: list[Entry], now: int) -> None:
        """Read accepted pages, move what they prove, and keep them."""
        reading = interpret.Reading(entries, self._keys)
        needs = reading.needs()
        earlier = store.load_pages(conn, needs.intents)
        reading.add_intents([page for page, _ in earlier.values()], needs)
        loaded = store.load_taps(conn, needs.cards, needs.taps, needs.places)
        history = History(loaded, self._keys.branch_of)
        reading.tell(history, self._keys.uids_of(needs.cards) if needs.cards else {})
        changed = history.changed()
        store.save_taps(conn, changed)
        ledger.post(conn, postings_for(changed), now)
        store.insert_pages(conn, [(Arrival(e.header, e.page), e.reason) for e in entries], now)
        for entry in entries:
            verdict = Verdict.QUARANTINED if entry.reason else Verdict.ACCEPTED
            self._answer(Arrival(entry.header, entry.page), verdict, entry.reason)
            if entry.header.kind == record.REFUSAL:
                self._streams[entry.header.terminal].refusals += 1
        self._alarms += history.alarms
        store.raise_alarms(conn, self._alarms, now)

    def _keep_evidence(self, conn: Connection, now: int) -> None:
        """Keep pages that were refused, each once and not without bound."""
        digests = {hashlib.sha256(a.page).digest(): (a, reason) for a, reason in self._evidence}
        for digest in store.quarantined(conn, digests):
            del digests[digest]
        room: dict[int, int] = {}
        rows = []
        for digest, (arrival, reason) in digests.items():
            terminal = arrival.header.terminal
            if terminal not in room:
                room[terminal] = MAX_EVIDENCE - store.count_quarantined(conn, terminal)
            if room[terminal] <= 0:
                continue
            room[terminal] -= 1
            rows.append(
                {
                    "digest": digest,
                    "terminal": terminal,
                    "sequence": arrival.header.sequence,
                    "reason": reason,
                    "received_at": now,
                    "page": arrival.page,
                }
            )
        store.insert_quarantine(conn, rows)

    def _refuse(self, arrival: Arrival, reason: int) -> None:
        """Set a page aside as evidence. A wrong tag is mostly noise, the rest is an alarm."""
        header = arrival.header
        self._answer(arrival, Verdict.QUARANTINED, reason)
        self._evidence.append((arrival, int(reason)))
        _log.warning(
            "page quarantined", terminal=header.terminal, sequence=header.sequence, reason=reason
        )
        if reason != PAGE_TAG:
            self._alarms.append(Alarm(int(reason), header.terminal, header.sequence, 0))

    def _answer(self, arrival: Arrival, verdict: Verdict, reason: int = 0) -> None:
        self._answers[arrival.page] = self._result(arrival, verdict, reason)

    @staticmethod
    def _result(arrival: Arrival, verdict: Verdict, reason: int = 0) -> Result:
        return Result(arrival.header.terminal, arrival.header.sequence, verdict, int(reason))
