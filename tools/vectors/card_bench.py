"""A model card in the state that a vector assumes: key, files, contents, counter, randomness.

Owns making files as the commands need them; the card's own rules then produce every
answer. Uses nothing of firmware/. Called by card_sessions and card_transactions.
"""

from tools.models.card import Card, crypto
from tools.models.card.state import (
    KEY_AES,
    Application,
    DataFile,
    Key,
    RecordFile,
    TransactionMacFile,
    ValueFile,
)
from tools.vectors.shapes import Values

AID = 0x564146
_INT32 = 1 << 31
_MAX_RECORDS = 64
_LIMITED_CREDIT_ON = 1
_FREE = 0xE

READ_DATA, WRITE_DATA = {0xAD, 0xBD}, {0x8D, 0x3D}
READ_RECORDS, WRITE_RECORD, UPDATE_RECORD = {0xAB, 0xBB}, {0x8B, 0x3B}, {0xBA, 0xDB}
GET_VALUE, CLEAR, READER_ID, COMMIT = 0x6C, 0xEB, 0xC8, 0xC7
LIMITED_CREDIT = 0x1C
VALUE_CHANGES = {0x0C, 0xDC, LIMITED_CREDIT}
AF_CHAINED = {0xBD, 0x3D, 0xBB, 0x3B, 0xDB}


class Bench:
    """One card with one application, its files made as the commands need them."""

    def __init__(self, uid: bytes, key_no: int, key: bytes, randoms: list[bytes]) -> None:
        self._randoms = iter(randoms)
        self.card = Card.create(None, uid or bytes(7), "desfire-ev3", random_bytes=self._random)
        self._nibble = key_no
        keys = [Key() for _ in range(key_no)] + [Key(key)]
        self.application = Application(settings=0x0B, key_type=KEY_AES, keys=keys)
        self.card.state.applications[AID] = self.application
        self.card.field_on()

    def _random(self, size: int) -> bytes:
        value = next(self._randoms)
        if len(value) != size:
            raise ValueError(f"the card draws {size} bytes, the vector has {len(value)}")
        return value

    def free_access(self) -> None:
        """From now on files are made for use without a session."""
        self._nibble = _FREE

    @property
    def rights(self) -> list[bytes]:
        """One set of rights that gives everything to the vector's key."""
        return [bytes((self._nibble << 4, self._nibble << 4 | self._nibble))]

    def data(self, number: int, comm: int, offset: int, size: int) -> DataFile:
        """A data file of at least offset + size bytes."""
        file = self.application.files.setdefault(
            number, DataFile(True, comm, self.rights, None, b"")
        )
        if not isinstance(file, DataFile):
            raise TypeError(f"file {number} is used in two ways")
        file.content = file.content.ljust(offset + size, b"\x00")
        return file

    def value(self, number: int, comm: int) -> ValueFile:
        """A value file that allows every change the vector may make."""
        file = self.application.files.setdefault(
            number,
            ValueFile(comm, self.rights, -_INT32, _INT32 - 1, 0, _LIMITED_CREDIT_ON),
        )
        if not isinstance(file, ValueFile):
            raise TypeError(f"file {number} is used in two ways")
        return file

    def records(self, number: int, comm: int, record_size: int) -> RecordFile:
        """A cyclic file with records of at least this size."""
        file = self.application.files.setdefault(
            number, RecordFile(True, comm, self.rights, None, 0, _MAX_RECORDS)
        )
        if not isinstance(file, RecordFile):
            raise TypeError(f"file {number} is used in two ways")
        file.record_size = max(file.record_size, record_size)
        return file

    def fill(self, number: int, comm: int, read: tuple[int, int, bytes]) -> None:
        """Put records into a file so that reading `count` from `first` back gives these bytes."""
        first, count, content = read
        size = len(content) // (count or 1)
        file = self.records(number, comm, size)
        older = [content[at : at + size] for at in range(0, len(content), size)]
        file.records = older + [bytes(size)] * first

    def transaction_mac(self, inputs: Values, reader_id: bytes | None) -> TransactionMacFile:
        """The transaction MAC file; None switches the reader id off."""
        number = next(n for n in range(0x1F, -1, -1) if n not in self.application.files)
        nibble = 0xF if reader_id is None else self._nibble
        file = TransactionMacFile(
            0,
            [bytes((nibble << 4, self._nibble << 4 | 0xF))],
            Key(bytes.fromhex(inputs["app_tm_key"])),
            counter=inputs["counter_used"] - 1,
            reader_id=reader_id or bytes(16),
        )
        self.application.files[number] = file
        return file

    def send(self, apdu: bytes) -> bytes:
        """One APDU; silence is an empty answer."""
        return self.card.exchange(apdu) or b""

    def select(self) -> None:
        """Select the application."""
        self.send(bytes.fromhex("905A000003") + AID.to_bytes(3, "little") + b"\x00")


def tm_keys(inputs: Values) -> tuple[bytes, bytes]:
    """The transaction MAC session keys of a vector."""
    key, uid = bytes.fromhex(inputs["app_tm_key"]), bytes.fromhex(inputs["uid"])
    return crypto.tm_session_keys(key, inputs["counter_used"], uid)


def committed_tmv(bench: Bench, inputs: Values) -> str:
    """The TMV that the card committed, if it counted as the vector says."""
    truth = bench.card.truth(AID)
    if truth.tmc != inputs["counter_used"] or truth.tmv is None:
        return f"counter {truth.tmc} after the commit"
    return truth.tmv.hex().upper()
