"""Owns what the card remembers without power: keys, applications, files, configuration.

Never holds a session or anything pending. Plain data, changed by the command modules and
written to the card's file by `storage`; every field here is part of that file's format.
"""

from dataclasses import dataclass, field

PICC_LEVEL = 0
MAX_FILE_NO = 0x1F

KEY_AES = 0x80  # high bits of KS2; DES keys (00, 40) are not modelled

STANDARD, BACKUP, VALUE, LINEAR, CYCLIC, TRANSACTION_MAC = range(6)


@dataclass
class Key:
    """An AES-128 key and its version byte."""

    value: bytes = field(default=bytes(16), repr=False)
    version: int = 0


@dataclass
class DataFile:
    """Standard or backup data file; `sdm` is the unparsed secure-dynamic-messaging tail."""

    backup: bool
    comm: int
    rights: list[bytes]
    iso_id: bytes | None
    content: bytes
    sdm: bytes = b""


@dataclass
class ValueFile:
    """A purse: signed 32-bit value within limits. `flags`: 1 limited credit, 2 free GetValue."""

    comm: int
    rights: list[bytes]
    lower: int
    upper: int
    value: int
    flags: int
    limited_credit: int = 0


@dataclass
class RecordFile:
    """Linear or cyclic records, oldest first."""

    cyclic: bool
    comm: int
    rights: list[bytes]
    iso_id: bytes | None
    record_size: int
    max_records: int
    records: list[bytes] = field(default_factory=list)


@dataclass
class TransactionMacFile:
    """Counter, value and key of the transaction MAC; `reader_id` is the last committed one."""

    comm: int
    rights: list[bytes]
    key: Key
    counter: int = 0
    mac_value: bytes = bytes(8)
    reader_id: bytes = bytes(16)
    limit: int | None = None


File = DataFile | ValueFile | RecordFile | TransactionMacFile


@dataclass
class Application:
    """One application, or the PICC level itself (which has keys and settings, no files)."""

    settings: int
    key_type: int
    keys: list[Key]
    iso_file_ids: bool = False
    iso_id: bytes | None = None
    df_name: bytes | None = None
    files: dict[int, File] = field(default_factory=dict)

    def transaction_mac_file(self) -> TransactionMacFile | None:
        for file in self.files.values():
            if isinstance(file, TransactionMacFile):
                return file
        return None


@dataclass
class CardState:
    """Everything of one card. Applications are keyed by AID as a number (123456h)."""

    personality: str
    uid: bytes
    picc: Application
    applications: dict[int, Application] = field(default_factory=dict)
    default_key: Key = field(default_factory=Key)
    configuration: int = 0
    user_ats: bytes | None = None
    memory_used: int = 0
    rolled_back: bool = False
