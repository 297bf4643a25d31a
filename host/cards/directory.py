"""What the intake and the link ask about terminals and cards, answered from database and key file.

Owns the caching of journal roots, which stay in memory once deciphered. Implements
`host.intake.directory.KeyDirectory`.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

from sqlalchemy import Engine

from firmware.core import record
from firmware.core.hmac256 import hmac_sha256
from host.cards import store
from host.cards.keys import HostKeys
from host.db.engine import reading

_CARDS_IN_MIND = 10_000
"""Cards whose transaction MAC keys stay derived: those that come back within days."""


class CardsDirectory:
    """Terminals and cards as the host enrolled and issued them."""

    def __init__(self, engine: Engine, keys: HostKeys) -> None:
        self._engine = engine
        self._keys = keys
        # An enrolment never changes, so what was found once is kept; what wasn't is asked again.
        self._terminals: dict[int, store.TerminalRow] = {}
        self._roots: dict[int, bytes] = {}
        self._mac_key = lru_cache(_CARDS_IN_MIND)(keys.transaction_mac_key)

    def branch_of(self, terminal_id: int) -> str | None:
        """Return the branch of an enrolled terminal; None for an unknown one."""
        row = self._terminal(terminal_id)
        return None if row is None else row.branch

    def identity_key(self, terminal_id: int) -> bytes | None:
        """Return the public point (X || Y) of a terminal's secure element."""
        row = self._terminal(terminal_id)
        return None if row is None else row.identity_point

    def journal_root(self, terminal_id: int) -> bytes | None:
        """Return the 32-byte root of a terminal's page keys."""
        row = self._terminal(terminal_id)
        if row is None:
            return None
        if terminal_id not in self._roots:
            label = journal_root_label(terminal_id)
            self._roots[terminal_id] = self._keys.unwrap(row.wrapped_journal_root, label)
        return self._roots[terminal_id]

    def ack_key(self, terminal_id: int) -> bytes | None:
        """Return HMAC-SHA-256(journal root, record.ACK_KEY_LABEL)."""
        root = self.journal_root(terminal_id)
        return None if root is None else hmac_sha256(root, record.ACK_KEY_LABEL)

    def uids_of(self, card_numbers: Collection[int]) -> Mapping[int, bytes]:
        """Return the uid of each of these cards that was issued."""
        with reading(self._engine) as conn:
            return store.uids_of(conn, card_numbers)

    def transaction_mac_key(self, uid: bytes, key_version: int) -> bytes:
        """Return the key under which a card proves its transactions."""
        return self._mac_key(uid, key_version)

    def _terminal(self, terminal_id: int) -> store.TerminalRow | None:
        if terminal_id not in self._terminals:
            with reading(self._engine) as conn:
                row = store.terminal(conn, terminal_id)
            if row is None:
                return None
            self._terminals[terminal_id] = row
        return self._terminals[terminal_id]


def journal_root_label(terminal_id: int) -> bytes:
    """Return what binds a wrapped journal root to its terminal."""
    return b"vafa journal root 1" + terminal_id.to_bytes(4, "little")
