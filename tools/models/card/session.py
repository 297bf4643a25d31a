"""Owns the shape that EV1 and EV2 sessions share: terms of one command, open, seal.

Never does cryptography. The processor talks to sessions through this; `ev1` and `ev2`
implement it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from tools.models.card.status import CardError, Status


class Mode(IntEnum):
    """Communication mode, with the numbers of the file settings; 2 also means plain there."""

    PLAIN = 0
    MAC = 1
    FULL = 3


@dataclass(frozen=True)
class Terms:
    """How one command is protected.

    `header` bytes stay plain in full mode. `fits` tells whether a plain body (header and
    data) may have a given length. `sends_data` is false for commands that only ask: EV1
    never protects those in the reader's direction. `changes_key` marks C4 and C6, whose
    EV1 form has a second CRC.
    """

    mode: Mode
    header: int
    fits: Callable[[int], bool]
    sends_data: bool
    changes_key: bool = False

    def require(self, length: int) -> None:
        """Raise 7E unless a plain body may be `length` bytes long."""
        if not self.fits(length):
            raise CardError(Status.LENGTH)


class Session(Protocol):
    """An authenticated channel."""

    @property
    def key_no(self) -> int:
        """Number of the key that was authenticated with."""

    def open(self, ins: int, body: bytes, terms: Terms) -> bytes:
        """Check and remove the protection of a command; the plain header and data.

        Raises:
            CardError: 7E wrong length, 1E wrong MAC, CRC or padding.
        """

    def seal(self, mode: Mode, data: bytes) -> bytes:
        """Protect the data of a successful answer."""

    def wire_length(self, plain: int, terms: Terms) -> int:
        """Length of a protected body whose plain form has `plain` bytes."""


class Handshake(Protocol):
    """An authentication waiting for its second part."""

    @property
    def keeps_pending(self) -> bool:
        """Whether a running transaction survives when the authentication succeeds."""

    def finish(self, data: bytes) -> tuple[bytes, Session]:
        """Check the reader's answer; the card's last answer and the new session.

        Raises:
            CardError: 7E wrong length, AE wrong key.
        """
