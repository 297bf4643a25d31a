"""What a station needs of a card reader."""

from typing import Protocol


class CardLostError(Exception):
    """The card fell silent or left the field."""


class CardReader(Protocol):
    """A reader with one activated card on it."""

    @property
    def uid(self) -> bytes:
        """The card's UID, 7 bytes."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send a command APDU and return the answer; CardLostError when there is none."""
