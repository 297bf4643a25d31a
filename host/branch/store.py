"""The gateway's durable store of journal pages and acknowledgements: one SQLite file.

Owns what is on the branch's disk. Never judges a page: two different pages of one sequence are
both kept and both sent, as the host decides. Called by the gateway, from one thread.

Limits: `max_unsent` pages not yet answered by the host (then the terminal is told 304 and keeps
them itself), `keep_sent` answered pages a terminal for a replay.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from firmware.core import record
from firmware.core.errors import HOST_FILES, LINK_MESSAGE, LINK_STORE_FULL, VafaError

_WAITING = 0
_SENT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS page (
    terminal INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL,
    state INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    PRIMARY KEY (terminal, sequence, digest)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS page_state ON page (state, terminal, sequence);
CREATE TABLE IF NOT EXISTS ack (
    terminal INTEGER PRIMARY KEY,
    through_sequence INTEGER NOT NULL,
    mac BLOB NOT NULL
);
"""


@dataclass(frozen=True)
class StoredPage:
    """One page on disk and what identifies it here."""

    terminal: int
    sequence: int
    digest: bytes
    content: bytes


class PageStore:
    """Pages and acknowledgements of all terminals of the branch."""

    def __init__(self, path: Path, max_unsent: int = 200_000, keep_sent: int = 4_000) -> None:
        """Open or create the file; error 439 when it can't be used."""
        self._max_unsent = max_unsent
        self._keep_sent = keep_sent
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
            (said,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise sqlite3.DatabaseError(said)
        except sqlite3.DatabaseError as problem:
            # Pages that the host hasn't acknowledged are in the terminals still.
            advice = "move it away: the terminals send again what the host lacks"
            raise VafaError(HOST_FILES, f"gateway store {path}: {problem}; {advice}") from problem

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, terminal: int, pages: Sequence[bytes]) -> None:
        """Put pages of one terminal on disk; pages known already change nothing.

        Raises error 301 for something that is no page of this terminal, 304 when full.
        """
        rows = [_row(terminal, page) for page in pages]
        (unsent,) = self._db.execute(
            "SELECT count(*) FROM page WHERE state = ?", (_WAITING,)
        ).fetchone()
        if unsent + len(rows) > self._max_unsent:
            raise VafaError(LINK_STORE_FULL, f"{unsent} pages wait for the host")
        try:
            with self._transaction():
                self._db.executemany("INSERT OR IGNORE INTO page VALUES (?, ?, ?, ?, 0, 0)", rows)
        except sqlite3.OperationalError as problem:
            # A full disk, most likely. The terminal keeps what it isn't told is stored.
            raise VafaError(LINK_STORE_FULL, str(problem)) from problem

    def stored_through(self, terminal: int, first: int) -> int:
        """Return the last sequence of the unbroken run from `first` that is safe here or above."""
        through = max(first - 1, self._acknowledged(terminal))
        cursor = self._db.execute(
            "SELECT DISTINCT sequence FROM page WHERE terminal = ? AND sequence > ? "
            "ORDER BY sequence",
            (terminal, through),
        )
        for (sequence,) in cursor:
            if sequence != through + 1:
                break
            through = sequence
        return through

    def unsent(self, limit: int) -> list[StoredPage]:
        """Return pages that the host hasn't answered, by terminal and sequence."""
        cursor = self._db.execute(
            "SELECT terminal, sequence, digest, bytes FROM page WHERE state = ? "
            "ORDER BY terminal, sequence LIMIT ?",
            (_WAITING, limit),
        )
        return [StoredPage(*row) for row in cursor]

    def everything(self, terminal: int, after: int, limit: int) -> list[StoredPage]:
        """Return stored pages of a terminal above a sequence, sent or not: for a replay."""
        cursor = self._db.execute(
            "SELECT terminal, sequence, digest, bytes FROM page "
            "WHERE terminal = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            (terminal, after, limit),
        )
        return [StoredPage(*row) for row in cursor]

    def terminals(self) -> list[int]:
        """Return the terminals that have pages here."""
        cursor = self._db.execute("SELECT DISTINCT terminal FROM page ORDER BY terminal")
        return [terminal for (terminal,) in cursor]

    def mark_sent(self, answers: Sequence[tuple[StoredPage, int]]) -> None:
        """Note pages as answered by the host, each with the host's reason (0 for none)."""
        rows = [
            (_SENT, reason, page.terminal, page.sequence, page.digest) for page, reason in answers
        ]
        with self._transaction():
            self._db.executemany(
                "UPDATE page SET state = ?, reason = ? "
                "WHERE terminal = ? AND sequence = ? AND digest = ?",
                rows,
            )

    def acknowledge(self, terminal: int, through_sequence: int, mac: bytes) -> None:
        """Keep the host's acknowledgement and drop answered pages far below it."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO ack VALUES (?, ?, ?) ON CONFLICT (terminal) DO UPDATE SET "
                "through_sequence = excluded.through_sequence, mac = excluded.mac "
                "WHERE excluded.through_sequence >= through_sequence",
                (terminal, through_sequence, mac),
            )
            self._db.execute(
                "DELETE FROM page WHERE terminal = ? AND sequence <= ? AND state = ?",
                (terminal, through_sequence - self._keep_sent, _SENT),
            )

    def acknowledgement(self, terminal: int) -> tuple[int, bytes] | None:
        """Return (through sequence, mac) of the newest acknowledgement, if any."""
        row = self._db.execute(
            "SELECT through_sequence, mac FROM ack WHERE terminal = ?", (terminal,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def _acknowledged(self, terminal: int) -> int:
        known = self.acknowledgement(terminal)
        return 0 if known is None else known[0]

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when the block raised."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _row(terminal: int, page: bytes) -> tuple[int, int, bytes, bytes]:
    header = record.parse_header(page) if len(page) == record.PAGE else None
    if header is None or header.terminal != terminal:
        raise VafaError(LINK_MESSAGE, "not a page of this terminal")
    return terminal, header.sequence, hashlib.sha256(page).digest()[:16], page
