"""Owns whether the card has power, and the plan to take it away at one exact moment.

Never executes anything: the block layer counts frames, the card counts exchanges, and both
ask here what happens next. Tests write a `Tear`; `Supply` carries it out.
"""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["frame", "exchange"]
Phase = Literal["before", "during", "after"]
Outcome = Literal["rolled_back", "done"]


@dataclass(frozen=True)
class Tear:
    """Take the card out of the field at frame or exchange number `at`, counted from field on.

    Numbers start at 1. Frames are the blocks given to `Picc.transceive` (RATS included),
    exchanges the APDUs given to `Card.exchange`. Phases: `before`, the command never reaches
    the card; `during`, power fails while the card writes its memory, and `outcome` says
    whether that write is then rolled back or done (a write to a standard data file has no
    backup: "rolled back" leaves it half written; where nothing is written it is as `after`);
    `after`, executed, but the answer is lost.
    """

    at: int
    phase: Phase
    outcome: Outcome = "rolled_back"
    unit: Unit = "exchange"


class Supply:
    """Power of one card. After the planned tear there is silence until field off and on."""

    def __init__(self) -> None:
        self.plan: Tear | None = None
        self.on = False
        self.failing: Outcome | None = None
        self._counts: dict[Unit, int] = {"frame": 0, "exchange": 0}

    def field_on(self) -> None:
        self.on = True
        self.failing = None
        self._counts = {"frame": 0, "exchange": 0}

    def lose(self) -> None:
        """Power is gone, by the plan or because the field went off."""
        self.on = False
        self.failing = None

    def begin(self, unit: Unit) -> Phase | None:
        """Count one frame or exchange; answer the phase of the tear that is due in it."""
        self._counts[unit] += 1
        plan = self.plan
        if plan is None or plan.unit != unit or plan.at != self._counts[unit]:
            return None
        # One plan, one tear: the next tap must be able to recover.
        self.plan = None
        if plan.phase == "during":
            self.failing = plan.outcome
        return plan.phase
