"""From journal pages to evidence: reads accepted pages in order and tells the history.

No database: whoever calls loads what `Reading.needs` names and hands it in. Called by the intake's
service, in two steps, so that a batch asks the database once and not once a page.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from firmware.core import purse, record
from firmware.core.errors import PAGE_CONTENT, VafaError
from host.intake import verify
from host.intake.directory import KeyDirectory
from host.intake.history import History
from host.intake.shapes import Intent
from host.intake.stream import Arrival
from host.intake.tap import Alarm, Key, State, Tap
from host.intake.verify import Proof
from host.ledger.rules import Cause


@dataclass(slots=True)
class Entry:
    """An accepted page. `reason` says why it changes no account, 0 when nothing is wrong.

    `snapshot` is what a tap read from the card, for pages that hold it.
    """

    header: record.Header
    page: bytes
    branch: str
    content: Any
    snapshot: Any = None
    reason: int = 0

    @property
    def key(self) -> Key:
        return (self.header.terminal, self.header.sequence)


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be loaded before the pages are told.

    Cards by number, taps by key, places (card, counter) of new taps, and pages of intents that
    came in earlier batches.
    """

    cards: set[int] = field(default_factory=set)
    taps: set[Key] = field(default_factory=set)
    places: set[tuple[int, int]] = field(default_factory=set)
    intents: set[Key] = field(default_factory=set)


def open_page(arrival: Arrival, branch: str) -> Entry:
    """Return the entry of an accepted page; of a kind that nobody knows, with the reason."""
    kind = arrival.header.kind
    content = record.parse_content(arrival.page, kind)
    snapshot = None
    if kind == record.INTENT:
        snapshot = purse.Snapshot(content.statement, content.record, content.paid_before)
    elif kind == record.SEEN:
        snapshot = purse.Snapshot(content.statement, content.record, content.paid)
    reason = 0 if content is not None else int(PAGE_CONTENT)
    return Entry(arrival.header, arrival.page, branch, content, snapshot, reason)


class Reading:
    """The reading of one batch of accepted pages, in the order of their terminals' journals."""

    def __init__(self, entries: list[Entry], keys: KeyDirectory) -> None:
        self._entries = entries
        self._keys = keys
        self._intents = {
            entry.key: entry for entry in entries if entry.header.kind == record.INTENT
        }

    def needs(self) -> Needs:
        """Return what the history must hold before `tell`, as far as these pages name it."""
        needs = Needs()
        for entry in self._entries:
            kind, content = entry.header.kind, entry.content
            if kind == record.INTENT:
                needs.cards.add(content.card_number)
                needs.places.add((content.card_number, content.counter))
                needs.taps.add(entry.key)
                _add_record(needs, entry)
            elif kind == record.OUTCOME:
                key = (entry.header.terminal, content.ref)
                needs.taps.add(key)
                if key not in self._intents:
                    needs.intents.add(key)
            elif kind == record.SEEN:
                needs.cards.add(content.card_number)
                _add_record(needs, entry)
        return needs

    def add_intents(self, pages: Collection[bytes], needs: Needs) -> None:
        """Take in intent pages of earlier batches; adds to `needs` what they name in turn."""
        for page in pages:
            entry = open_page(Arrival(record.parse_header(page), page), "")
            if entry.header.kind == record.INTENT:
                self._intents[entry.key] = entry
                needs.cards.add(entry.content.card_number)
                _add_record(needs, entry)

    def tell(self, history: History, uids: Mapping[int, bytes]) -> None:
        """Tell the history everything; sets the reason of each page that can't be used."""
        for entry in self._entries:
            kind, content, snapshot = entry.header.kind, entry.content, entry.snapshot
            if kind == record.INTENT:
                uid = uids.get(content.card_number)
                entry.reason = verify.intent_fault(content, snapshot, uid)
                if not entry.reason:
                    _tell_intent(history, entry, content)
            elif kind == record.OUTCOME:
                self._tell_outcome(history, entry, content)
            elif kind == record.SEEN:
                uid = uids.get(content.card_number)
                entry.reason = verify.seen_fault(content, snapshot, uid)
                if not entry.reason:
                    _sight(history, entry)
            if entry.reason:
                number = getattr(content, "card_number", 0)
                history.alarms.append(Alarm(entry.reason, *entry.key, number))

    def _tell_outcome(self, history: History, entry: Entry, outcome: record.Outcome) -> None:
        key = (entry.header.terminal, outcome.ref)
        tap = history.taps.get(key)
        cause = Cause(*entry.key)
        reported = tap is not None and tap.state is not State.MISSING and key in self._intents
        if tap is None or not reported:
            entry.reason = int(PAGE_CONTENT)
        elif outcome.result == record.NOT_DONE:
            history.deny(tap, cause)
        elif outcome.result == record.DONE:
            intent = self._intents[key]
            proof = self._proof(intent, outcome)
            if proof is Proof.RIGHT:
                history.prove(tap, intent.snapshot.record, cause)
            else:
                history.claim(tap, int(proof.value), cause)
        else:
            entry.reason = int(PAGE_CONTENT)

    def _proof(self, entry: Entry, outcome: record.Outcome) -> Proof:
        intent: Intent = entry.content
        try:
            card_key = self._keys.transaction_mac_key(intent.uid, intent.key_version)
        except VafaError:
            return Proof.UNKNOWN
        return verify.prove_sale(intent, entry.header, entry.snapshot, outcome, card_key)


def _add_record(needs: Needs, entry: Entry) -> None:
    if entry.snapshot is not None and entry.snapshot.record is not None:
        needs.taps.add((entry.snapshot.record.terminal, entry.snapshot.record.sequence))


def _sight(history: History, entry: Entry) -> None:
    read = entry.snapshot.record
    history.sight(entry.content.card_number, read, entry.key, Cause(*entry.key))


def _tell_intent(history: History, entry: Entry, intent: Intent) -> None:
    cause = Cause(*entry.key)
    read = entry.snapshot.record
    history.report(
        Tap(
            terminal=entry.header.terminal,
            sequence=entry.header.sequence,
            card_number=intent.card_number,
            kind=purse.KIND_SALE,
            branch=entry.branch,
            amount_minor=intent.amount,
            paid_after_minor=intent.paid_before - intent.amount,
            counter=intent.counter,
            predecessor=(read.terminal, read.sequence),
        ),
        cause,
    )
    _sight(history, entry)
