"""Owns the meaning of a file's access rights: which nibble covers which command.

Never looks at MACs or contents. `access` says what is granted and in which mode, before the
MAC can be checked; `Access.require` refuses afterwards. Layout: proxmark3
`desfirecore.c`; which command each nibble covers: libfreefare and `CardProfile`.
"""

from dataclasses import dataclass

from tools.models.card.profile import GET_VALUE, CardProfile
from tools.models.card.session import Mode
from tools.models.card.state import DataFile, File, RecordFile, TransactionMacFile, ValueFile
from tools.models.card.status import CardError, Status

FREE = 0xE
NEVER = 0xF

READ_DATA = frozenset({0xBD, 0xAD})
WRITE_DATA = frozenset({0x3D, 0x8D})
READ_RECORDS = frozenset({0xBB, 0xAB})
WRITE_RECORDS = frozenset({0x3B, 0x8B, 0xDB, 0xBA})
CLEAR_RECORDS = 0xEB

FREE_GET_VALUE_FLAG = 0x02


@dataclass(frozen=True)
class Access:
    """Whether a command may run, and how its data travels."""

    granted: bool
    mode: Mode
    never: bool = False

    def require(self, *, in_session: bool) -> None:
        """Raise AE without a session, 9D with one or when nobody ever may."""
        if not self.granted:
            keyed = not in_session and not self.never
            raise CardError(Status.AUTHENTICATION if keyed else Status.PERMISSION)


def file_mode(file: File) -> Mode:
    """Mode of the file's setting; 00 and 02 both mean plain."""
    return {1: Mode.MAC, 3: Mode.FULL}.get(file.comm & 3, Mode.PLAIN)


def change_nibble(file: File) -> int:
    """Who may change the settings."""
    return file.rights[0][0] & 0x0F


def read_write_nibble(file: File) -> int:
    """The ReadWrite nibble; of a transaction MAC file it rules CommitReaderID."""
    return file.rights[0][0] >> 4


def access(file: File, ins: int, key_no: int | None, profile: CardProfile) -> Access:
    """What the session with `key_no` (None without a session) gets for one data command."""
    nibbles = _covering(file, ins, profile)
    if key_no is not None and key_no in nibbles:
        return Access(True, file_mode(file))
    if FREE in nibbles:
        return Access(True, Mode.PLAIN)
    mode = Mode.PLAIN if key_no is None else file_mode(file)
    return Access(False, mode, never=nibbles <= {NEVER})


def _covering(file: File, ins: int, profile: CardProfile) -> set[int]:
    """All nibbles, of every set of rights, that cover the command."""
    read, write, both = _sides(file, ins, profile)
    nibbles: set[int] = set()
    for rights in file.rights:
        if read:
            nibbles.add(rights[1] >> 4)
        if write:
            nibbles.add(rights[1] & 0x0F)
        if both:
            nibbles.add(rights[0] >> 4)
    if isinstance(file, ValueFile) and ins == GET_VALUE and file.flags & FREE_GET_VALUE_FLAG:
        nibbles.add(FREE)
    return nibbles


def _sides(file: File, ins: int, profile: CardProfile) -> tuple[bool, bool, bool]:
    """Whether the Read, Write and ReadWrite nibbles cover the command."""
    match file:
        case ValueFile():
            return (
                ins in profile.value_read_covers,
                ins in profile.value_write_covers,
                ins in profile.value_read_write_covers,
            )
        case RecordFile():
            read, write = ins in READ_RECORDS, ins in WRITE_RECORDS
            return read, write, read or write or ins == CLEAR_RECORDS
        case DataFile():
            read, write = ins in READ_DATA, ins in WRITE_DATA
            return read, write, read or write
        case TransactionMacFile():
            return ins in READ_DATA, False, False
