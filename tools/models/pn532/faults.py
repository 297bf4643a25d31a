"""Faults on the way from the chip to the host, placed by a test.

Owns which output frame is dropped, delayed or damaged; decides nothing at random. The chip core
asks it for each frame that it is about to send.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Part(Enum):
    """The two frames with which the chip meets a command."""

    ACK = "ack"
    ANSWER = "answer"


class Action(Enum):
    """What happens to a frame."""

    DROP = "drop"
    DELAY = "delay"
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class Fault:
    """One fault.

    `command` counts the commands that the chip has accepted since reset, from 1. `amount` is,
    for DELAY, the number of times the chip says "not ready" first; for CORRUPT, the position of
    the byte (modulo the frame's length) in which every bit is inverted.
    """

    command: int
    part: Part
    action: Action
    amount: int = 0


class FaultPlan:
    """The faults still to come."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)

    def place(self, fault: Fault) -> None:
        """Add a fault; one for a command in the past never happens."""
        self._faults.append(fault)

    def apply(self, command: int, part: Part, frame: bytes) -> tuple[bytes | None, int]:
        """The frame as it leaves (None: not at all), and the not-ready polls before it."""
        outgoing: bytes | None = frame
        polls = 0
        for fault in self._faults:
            if (fault.command, fault.part) != (command, part):
                continue
            if fault.action is Action.DELAY:
                polls += fault.amount
            elif fault.action is Action.DROP or outgoing is None:
                outgoing = None
            else:
                at = fault.amount % len(outgoing)
                outgoing = outgoing[:at] + bytes((outgoing[at] ^ 0xFF,)) + outgoing[at + 1 :]
        return outgoing, polls
