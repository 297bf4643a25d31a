"""Owns everything noted but not committed: changed files, transaction MAC input, reader id.

Never touches the committed state; a commit takes the finished files from here in one step.
One transaction lives per selected application, and only as long as there is power.
"""

from copy import deepcopy
from dataclasses import dataclass, field

from tools.models.card import crypto
from tools.models.card.state import Application, File, TransactionMacFile, ValueFile


@dataclass
class Pending:
    """A file as it will be after the commit, and what limited credit and records need."""

    file: File
    debits: int = 0
    limited_credit_used: bool = False
    new_record: bool = False
    cleared: bool = False


@dataclass
class Transaction:
    """Noted changes by file number, and the transaction MAC input (TMI) so far."""

    changes: dict[int, Pending] = field(default_factory=dict)
    tmi: bytes = b""
    reader_id: bytes | None = None

    @property
    def empty(self) -> bool:
        """Neither a change nor anything for the transaction MAC."""
        return not self.changes and not self.tmi

    def change(self, file_no: int, committed: File) -> Pending:
        """The pending form of a file, copied from the committed one at the first change."""
        if file_no not in self.changes:
            self.changes[file_no] = Pending(deepcopy(committed))
        return self.changes[file_no]

    def note(self, header: bytes, data: bytes = b"") -> None:
        """Grow the TMI by one command's part (MF2DL(H)x0 data sheet 10.3.4).

        In every row of that table both the fields and the data end at a multiple of 16.
        """
        self.tmi += _fill(header) + _fill(data)

    def result(self, application: Application, uid: bytes) -> dict[int, File]:
        """All files of the application as they are after this transaction."""
        files = dict(application.files)
        for file_no, pending in self.changes.items():
            files[file_no] = _settled(pending)
        for file_no, file in application.files.items():
            if isinstance(file, TransactionMacFile) and self.tmi:
                files[file_no] = self._next_mac(file, uid)
        return files

    def _next_mac(self, file: TransactionMacFile, uid: bytes) -> TransactionMacFile:
        advanced = deepcopy(file)
        advanced.counter += 1
        mac_key, _ = crypto.tm_session_keys(file.key.value, advanced.counter, uid)
        advanced.mac_value = crypto.tmv(mac_key, self.tmi)
        advanced.reader_id = self.reader_id or file.reader_id
        return advanced


def _settled(pending: Pending) -> File:
    """The file with its new limited-credit ceiling (after libfreefare's test)."""
    file = pending.file
    if isinstance(file, ValueFile):
        if pending.debits:
            file.limited_credit = pending.debits
        elif pending.limited_credit_used:
            file.limited_credit = 0
    return file


def _fill(data: bytes) -> bytes:
    return data + bytes(-len(data) % crypto.BLOCK)
