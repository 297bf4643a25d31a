"""What the intake asks about terminals and cards: keys, branch, uid.

A port only: the card domain implements it, tests fake it. Called by host.intake.service.
"""

from collections.abc import Collection, Mapping
from typing import Protocol


class KeyDirectory(Protocol):
    """Answers from the enrolment of terminals and the issue of cards."""

    def branch_of(self, terminal_id: int) -> str | None:
        """Return the branch of an enrolled terminal; None for an unknown one."""

    def journal_root(self, terminal_id: int) -> bytes | None:
        """Return the 32-byte root of a terminal's page keys."""

    def identity_key(self, terminal_id: int) -> bytes | None:
        """Return the public point (X || Y) of a terminal's secure element."""

    def ack_key(self, terminal_id: int) -> bytes | None:
        """Return HMAC-SHA-256(journal root, record.ACK_KEY_LABEL)."""

    def uids_of(self, card_numbers: Collection[int]) -> Mapping[int, bytes]:
        """Return the 7-byte uid of each of these cards that was issued; others are left out."""

    def transaction_mac_key(self, uid: bytes, key_version: int) -> bytes:
        """Return the key of a card's transaction MACs; VafaError when there is none."""
