"""One attempt to change a card, as the host knows it, and what can be known of it.

Values only. Made by the intake and the host's own top-ups, judged by `host.intake.history`, kept
by `host.intake.store`.
"""

from dataclasses import dataclass
from enum import IntEnum

from firmware.core import purse
from firmware.core.errors import TAP_OPEN
from host.intake.shapes import LogRecord
from host.ledger.rules import Cause

Key = tuple[int, int]
"""Who wrote the record: terminal (0 for the host) and its sequence."""


class State(IntEnum):
    """What is known of a tap; it only ever rises."""

    MISSING = 0
    """Read under a card's MAC or by the host, but its own terminal hasn't reported it."""
    OPEN = 1
    """In doubt: begun, and nobody knows whether the card was changed."""
    UNPROVEN = 2
    """Claimed done without the card's proof: in suspense."""
    NOT_DONE = 3
    PROVEN = 4


TRUE = (State.MISSING, State.PROVEN)
"""States in which a tap's balance is beyond doubt."""


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

    def follows(self, before: "Tap") -> bool:
        """Tell whether `before` stands just before this tap and left the balance it found."""
        sale = self.kind == purse.KIND_SALE
        found_minor = self.paid_after_minor + (self.amount_minor if sale else -self.amount_minor)
        return (
            before.card_number == self.card_number
            and before.counter == self.counter - 1
            and before.paid_after_minor == found_minor
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that honest parts don't produce: for a person to look at."""

    reason: int
    terminal: int
    sequence: int
    card_number: int
