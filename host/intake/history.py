"""The linked list that a card's taps form, and what each piece of evidence proves about them.

Pure rules over a working set of taps; no database, no keys. Called by the intake for journals and
for the host's own top-ups.

Every committed tap wrote a log record and, before that, read the record before it. So a card's
taps form one list; a record's counter is its place in it, and a place holds one record. Evidence:

- the card's own MAC over a tap proves the tap, and the record and balance that it read;
- a record read under such a MAC, or by the host, has its place: every other tap for that place was
  not done. It doesn't prove its amount, for whoever holds a terminal's keys can write a record and
  debit nothing. Taps without a MAC of their own are proven when, from one true balance to the
  next, their amounts account for the difference;
- a terminal's word alone claims about itself, and about others says nothing;
- a terminal (or the host) that reads a newest record knows that its own earlier taps with a
  higher place were not done.

A tap's state only rises through the numbers of State whatever the order of the evidence, which is
why any order of upload ends in the same books.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from firmware.core import purse
from firmware.core.errors import (
    TAP_CONTRADICTED,
    TAP_MAC_UNKNOWN,
    TAP_UNREPORTED,
)
from host.intake.shapes import LogRecord
from host.intake.tap import TRUE, Alarm, Key, State, Tap
from host.ledger.rules import Cause


class History:
    """The taps of the cards at hand.

    Whoever makes it loads, for each card, every tap that is open or unproven and its neighbours in
    the list, every tap that evidence names, and whatever stands at and after a new tap's place.
    """

    def __init__(self, taps: Iterable[Tap], branch_of: Callable[[int], str | None]) -> None:
        self.taps: dict[Key, Tap] = {}
        self.alarms: list[Alarm] = []
        self._branch_of = branch_of
        self._cards: dict[int, list[Tap]] = defaultdict(list)
        self._heirs: dict[Key, list[Tap]] = defaultdict(list)
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
        if self._place_is_taken(tap):
            self._rise(tap, State.NOT_DONE, 0, cause)
        else:
            self._resume(tap, cause)

    def prove(self, tap: Tap, read: LogRecord | None, cause: Cause) -> None:
        """The card's own MAC proves a tap, and with it the record `read` in the same session."""
        self._accept(tap, cause)
        if read is not None:
            self._place(tap.card_number, read, cause)
        before = self._before(tap)
        if before is not None:
            self._vouch(before, cause)

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
        if terminal == purse.ISSUER_TERMINAL:
            placed = self._place(card_number, record, cause)
            if placed is not None:
                self._vouch(placed, cause)
        else:
            self._hear(card_number, record, terminal, cause)
        for tap in self._cards[card_number]:
            before = tap.terminal == terminal and tap.sequence < sequence
            if before and tap.state is State.OPEN and tap.counter > record.counter:
                self._rise(tap, State.NOT_DONE, 0, cause)

    def attest(self, card_number: int, record: LogRecord, cause: Cause) -> None:
        """The host read `record`, not the newest one, from the card's log.

        The card held no balance against it then. Of the host's own top-ups that is proof all the
        same, of a terminal's sale it is not.
        """
        if (record.terminal, record.sequence) not in self.taps:
            self._exclude_rivals(self._unreported(card_number, record, cause), cause)
            return
        placed = self._place(card_number, record, cause)
        if placed is not None and placed.kind == purse.KIND_TOP_UP:
            self._vouch(placed, cause)

    def _hear(self, card_number: int, record: LogRecord, terminal: int, cause: Cause) -> None:
        """A terminal says, without the card's MAC, that it read `record`."""
        if record.kind == purse.KIND_ISSUE:
            return
        tap = self.taps.get((record.terminal, record.sequence))
        own = record.terminal == terminal
        if tap is not None and not tap.agrees_with(card_number, record):
            self._alarm(tap)
        elif tap is not None and own:
            self._rise(tap, State.UNPROVEN, TAP_MAC_UNKNOWN, cause)
        elif own:
            # A terminal's journal is in order: it can't show an earlier record of its own that it
            # hasn't reported.
            self._alarm(self._unreported(card_number, record, cause))

    def _place(self, card_number: int, record: LogRecord, cause: Cause) -> Tap | None:
        """A record was read beyond doubt: it holds its place. Return the tap that reported it."""
        if record.kind == purse.KIND_ISSUE:
            return None
        tap = self.taps.get((record.terminal, record.sequence))
        if tap is not None and not tap.agrees_with(card_number, record):
            self._alarm(tap)
            return None
        placed = tap or self._unreported(card_number, record, cause)
        if tap is None:
            self._add(placed)
        self._exclude_rivals(placed, cause)
        if tap is None:
            self._resume(placed, cause)
        return tap

    def _unreported(self, card_number: int, record: LogRecord, cause: Cause) -> Tap:
        return Tap(
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
            self._exclude_rivals(reported, reported.cause)
            self._vouch(reported, reported.cause)
        else:
            self._alarm(reported)

    def _accept(self, tap: Tap, cause: Cause) -> None:
        """A tap was done, and its balance is true."""
        if tap.state is State.NOT_DONE:
            self._alarm(tap)
        self._rise(tap, State.PROVEN, 0, cause)
        self._exclude_rivals(tap, cause)
        self._resume(tap, cause)

    def _vouch(self, tap: Tap, cause: Cause) -> None:
        """The balance after `tap` is true: prove the taps that account for it."""
        for each in reversed(self._run_to(tap)):
            self._accept(each, cause)

    def _run_to(self, tap: Tap) -> list[Tap]:
        """Return the unproven taps between the true balance before and `tap`, newest first.

        Nothing while that balance isn't known, or when their amounts don't lead from it. What was
        there before a top-up the host has read itself.
        """
        run: list[Tap] = []
        step: Tap | None = tap
        while step is not None and step.state not in TRUE:
            run.append(step)
            if step.kind == purse.KIND_TOP_UP:
                return run
            step = self._before(step)
        return run if step is not None else []

    def _before(self, tap: Tap) -> Tap | None:
        """Return the tap before, if it left the balance that `tap` says it found."""
        before = self.taps.get(tap.predecessor)
        if before is None:
            return None
        fits = tap.follows(before)
        if not fits and before.state in TRUE:
            self._alarm(tap)
        return before if fits else None

    def _resume(self, tap: Tap, cause: Cause) -> None:
        """Prove the taps above that waited for this one and that a proven one went on from."""
        climbing = [tap]
        while climbing:
            step = climbing.pop()
            for heir in self._heirs[step.key]:
                if heir.state is not State.PROVEN:
                    climbing.append(heir)
                elif step is not tap:
                    self._vouch(step, cause)

    def _place_is_taken(self, tap: Tap) -> bool:
        """Tell whether another record stands at the tap's place beyond doubt."""
        after = [
            other.predecessor != tap.key
            for other in self._cards[tap.card_number]
            if other.state is State.PROVEN and other.counter == tap.counter + 1
        ]
        return any(after) or any(rival.state in TRUE for rival in self._rivals(tap))

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
        if tap.state is not State.MISSING:
            self._heirs[tap.predecessor].append(tap)

    def _alarm(self, tap: Tap) -> None:
        self.alarms.append(Alarm(TAP_CONTRADICTED, tap.terminal, tap.sequence, tap.card_number))
