"""The linked list that a card's taps form, and what each piece of evidence proves about them.

Pure rules over a working set of taps; no database, no keys. Called by the intake for journals and
for the host's own top-ups.

Every committed tap wrote a log record and, before that, read the record before it. So a card's
taps form one list; a record's counter is its place in it, and a place holds one record. Evidence:

- the card's own MAC over a tap proves the tap, and a proven tap proves the record it read;
- a record read by the host or by a terminal that didn't write it proves that record;
- a terminal's word alone, about itself, claims and doesn't prove;
- a proven record proves that every other tap for the same place was not done;
- a terminal (or the host) that reads a newest record knows that its own earlier taps with a
  higher place were not done.

A tap's state only rises through the numbers of State whatever the order of the evidence, which is
why any order of upload ends in the same books.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from firmware.core import purse
from firmware.core.errors import (
    TAP_CONTRADICTED,
    TAP_MAC_UNKNOWN,
    TAP_OPEN,
    TAP_UNREPORTED,
)
from host.intake.shapes import LogRecord
from host.ledger.rules import Cause

Key = tuple[int, int]
"""Who wrote the record: terminal (0 for the host) and its sequence."""


class State(IntEnum):
    """What is known of a tap; it only ever rises."""

    MISSING = 0
    """Proven by another's reading, but its own terminal hasn't reported it."""
    OPEN = 1
    """In doubt: begun, and nobody knows whether the card was changed."""
    UNPROVEN = 2
    """Claimed done without the card's proof: in suspense."""
    NOT_DONE = 3
    PROVEN = 4


@dataclass(slots=True)
class Tap:
    """One attempt to change a card. `amount_minor` is positive for sales and top-ups alike."""

    terminal: int
    sequence: int
    card_number: int
    kind: int
    branch: str
    amount_minor: int
    paid_after_minor: int
    counter: int
    predecessor: Key
    state: State = State.OPEN
    reason: int = TAP_OPEN
    # What the database holds: None for a tap that is new, and the record that last changed it.
    stored: State | None = None
    cause: Cause | None = None

    @property
    def key(self) -> Key:
        return (self.terminal, self.sequence)

    def agrees_with(self, card_number: int, record: LogRecord) -> bool:
        """Tell whether a record read from a card is the one that this tap would have written."""
        signed = -self.amount_minor if self.kind == purse.KIND_SALE else self.amount_minor
        return (
            self.card_number == card_number
            and self.kind == record.kind
            and self.counter == record.counter
            and self.paid_after_minor == record.paid_after
            and signed == record.paid_delta
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that honest parts don't produce: for a person to look at."""

    reason: int
    terminal: int
    sequence: int
    card_number: int


class History:
    """The taps of the cards at hand.

    Whoever makes it loads, for each card, every tap that is open or unproven, every tap that
    evidence names, and whatever stands at the place of a new tap.
    """

    def __init__(self, taps: Iterable[Tap], branch_of: Callable[[int], str | None]) -> None:
        self.taps: dict[Key, Tap] = {}
        self.alarms: list[Alarm] = []
        self._branch_of = branch_of
        self._cards: dict[int, list[Tap]] = defaultdict(list)
        for tap in taps:
            self._add(tap)

    def changed(self) -> list[Tap]:
        """Return the taps that are new or have risen."""
        return [tap for tap in self.taps.values() if tap.stored != tap.state]

    def report(self, tap: Tap, cause: Cause) -> None:
        """Take in the report of an attempt, made before its outcome was known."""
        tap.cause = cause
        known = self.taps.get(tap.key)
        if known is not None:
            self._fill_in(known, tap)
            return
        self._add(tap)
        if any(rival.state in (State.PROVEN, State.MISSING) for rival in self._rivals(tap)):
            self._rise(tap, State.NOT_DONE, 0, cause)

    def prove(self, tap: Tap, read: LogRecord | None, cause: Cause) -> None:
        """The card's own MAC proves a tap, and with it the record `read` in the same session."""
        self._prove(tap, cause)
        if read is not None:
            self._attest(tap.card_number, read, cause, strong=True)

    def claim(self, tap: Tap, reason: int, cause: Cause) -> None:
        """The tap's own terminal says done; `reason` says what is wrong with the proof."""
        if tap.state is State.NOT_DONE:
            self._alarm(tap)
        self._rise(tap, State.UNPROVEN, reason, cause)

    def deny(self, tap: Tap, cause: Cause) -> None:
        """The tap's own terminal, or the host for its top-up, says not done."""
        if tap.state in (State.UNPROVEN, State.PROVEN):
            self._alarm(tap)
        self._rise(tap, State.NOT_DONE, 0, cause)

    def sight(self, card_number: int, record: LogRecord, witness: Key, cause: Cause) -> None:
        """A terminal, or the host, read `record` as the card's newest; `witness` is when it did.

        Its own taps before `witness` that would come after `record` in the list were not done.
        """
        terminal, sequence = witness
        host = terminal == purse.ISSUER_TERMINAL
        self._attest(card_number, record, cause, strong=host or record.terminal != terminal)
        for tap in self._cards[card_number]:
            before = tap.terminal == terminal and tap.sequence < sequence
            if before and tap.state is State.OPEN and tap.counter > record.counter:
                self._rise(tap, State.NOT_DONE, 0, cause)

    def attest(self, card_number: int, record: LogRecord, cause: Cause) -> None:
        """The host read `record`, not the newest one, from the card's log."""
        self._attest(card_number, record, cause, strong=True)

    def _attest(self, card_number: int, record: LogRecord, cause: Cause, *, strong: bool) -> None:
        if record.kind == purse.KIND_ISSUE:
            return
        tap = self.taps.get((record.terminal, record.sequence))
        if tap is None:
            self._remember_missing(card_number, record, cause, strong=strong)
        elif not tap.agrees_with(card_number, record):
            self._alarm(tap)
        elif strong and tap.state is not State.MISSING:
            self._prove(tap, cause)
        elif not strong:
            self._rise(tap, State.UNPROVEN, TAP_MAC_UNKNOWN, cause)

    def _remember_missing(
        self, card_number: int, record: LogRecord, cause: Cause, *, strong: bool
    ) -> None:
        tap = Tap(
            terminal=record.terminal,
            sequence=record.sequence,
            card_number=card_number,
            kind=record.kind,
            branch=self._branch_of(record.terminal) or "",
            amount_minor=abs(record.paid_delta),
            paid_after_minor=record.paid_after,
            counter=record.counter,
            predecessor=(0, 0),
            state=State.MISSING,
            reason=TAP_UNREPORTED,
            cause=cause,
        )
        if not strong:
            # A terminal's journal is in order: it can't show an earlier record of its own that it
            # hasn't reported.
            self._alarm(tap)
            return
        self._add(tap)
        self._exclude_rivals(tap, cause)

    def _fill_in(self, missing: Tap, reported: Tap) -> None:
        """A tap that was known from another's reading is now reported by its own terminal."""
        if missing.state is not State.MISSING:
            self._alarm(reported)
            return
        same = (
            missing.card_number == reported.card_number
            and missing.kind == reported.kind
            and missing.amount_minor == reported.amount_minor
            and missing.paid_after_minor == reported.paid_after_minor
            and missing.counter == reported.counter
        )
        self._cards[missing.card_number].remove(missing)
        reported.stored = missing.stored
        self._add(reported)
        if same and reported.cause is not None:
            self._prove(reported, reported.cause)
        else:
            self._alarm(reported)

    def _prove(self, tap: Tap, cause: Cause) -> None:
        """Prove a tap and, back along the list, those that it went on from."""
        following: Tap | None = tap
        while following is not None:
            if following.state is State.NOT_DONE:
                self._alarm(following)
            self._rise(following, State.PROVEN, 0, cause)
            self._exclude_rivals(following, cause)
            following = self._unproven_predecessor(following)

    def _unproven_predecessor(self, tap: Tap) -> Tap | None:
        """Return the tap before, if it isn't proven yet and left the balance that `tap` found."""
        before = self.taps.get(tap.predecessor)
        if before is None or before.state in (State.MISSING, State.PROVEN):
            return None
        sale = tap.kind == purse.KIND_SALE
        found_minor = tap.paid_after_minor + (tap.amount_minor if sale else -tap.amount_minor)
        fits = (
            before.card_number == tap.card_number
            and before.counter == tap.counter - 1
            and before.paid_after_minor == found_minor
        )
        return before if fits else None

    def _exclude_rivals(self, tap: Tap, cause: Cause) -> None:
        for rival in self._rivals(tap):
            if rival.state is not State.OPEN and rival.state is not State.NOT_DONE:
                self._alarm(rival)
            self._rise(rival, State.NOT_DONE, 0, cause)

    def _rivals(self, tap: Tap) -> list[Tap]:
        return [
            other
            for other in self._cards[tap.card_number]
            if other.counter == tap.counter and other is not tap
        ]

    def _rise(self, tap: Tap, state: State, reason: int, cause: Cause) -> None:
        if tap.state is not State.MISSING and state > tap.state:
            tap.state, tap.reason, tap.cause = state, reason, cause

    def _add(self, tap: Tap) -> None:
        self.taps[tap.key] = tap
        self._cards[tap.card_number].append(tap)

    def _alarm(self, tap: Tap) -> None:
        self.alarms.append(Alarm(TAP_CONTRADICTED, tap.terminal, tap.sequence, tap.card_number))
