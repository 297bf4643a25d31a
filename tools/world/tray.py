"""The tray of model cards: one file a card, by name, and the truth about each without a protocol.

The files outlive the processes. A card is loaded anew each time it is held to a reader, so two
readers never share one in memory.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from firmware.core import purse
from tools.models.card import Card, Picc, Tear

_AID = int.from_bytes(purse.AID, "little")
_FOREIGN_AID = 0x00BEEF
_UID_NXP = 0x04


@dataclass(frozen=True)
class Truth:
    """A card's true paid balance and the counter of its last commit."""

    paid_minor: int
    counter: int


class Tray:
    """Cards in `directory`, made with UIDs drawn from `rng`."""

    def __init__(self, directory: Path, rng: random.Random) -> None:
        self._directory = directory
        self._rng = rng
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._directory.glob("*.json"))

    def add(self, name: str) -> bytes:
        """Put a factory-new card into the tray; returns its UID."""
        uid = bytes([_UID_NXP]) + self._rng.randbytes(6)
        Card.create(self.path(name), uid, random_bytes=self._rng.randbytes)
        return uid

    def uid(self, name: str) -> bytes:
        return self.load(name).state.uid

    def load(self, name: str) -> Card:
        """A card from its file; FileNotFoundError with the names there are."""
        # A name is one of these words and never a path.
        if name not in self.names():
            known = ", ".join(self.names()) or "none"
            raise FileNotFoundError(f"no card named {name!r} in the tray; there are: {known}")
        return Card.load(self.path(name), random_bytes=self._rng.randbytes)

    def hold(self, name: str, tear: Tear | None = None) -> Picc:
        """The card ready to be held to a reader, to be torn away as `tear` plans."""
        card = self.load(name)
        card.tear = tear
        return Picc(card)

    def truth(self, name: str) -> Truth | None:
        """What the card really holds; None before it was personalised."""
        card = self.load(name)
        if _AID not in card.state.applications:
            return None
        truth = card.truth(_AID)
        return Truth(truth.values[purse.FILE_PAID], truth.tmc or 0)

    def alter(self, name: str, difference_minor: int) -> None:
        """Plant a fault: change what the card holds behind everybody's back."""
        truth = self.truth(name)
        if truth is None:
            raise ValueError(f"card {name!r} isn't personalised")
        self.load(name).alter_value(_AID, purse.FILE_PAID, truth.paid_minor + difference_minor)
