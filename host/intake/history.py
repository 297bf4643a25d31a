"""The linked list that a card's taps form, and what it proves. Signatures; rules follow."""

from enum import IntEnum


class State(IntEnum):
    """What is known of a tap. A tap only ever moves to a higher number, so order can't matter."""

    MISSING = 0
    OPEN = 1
    UNPROVEN = 2
    NOT_DONE = 3
    PROVEN = 4
