"""Commands of a tap: select, versions, reads, value changes, records, commit.

Owns the layouts of the commands that terminal and relay send to an issued card. Never
sends anything. What creates applications, files and keys is in desfire_admin, which a
terminal need not load. Layouts: data sheet MF2DL(H)x0, libfreefare mifare_desfire.c.
"""

from firmware.core.apdu import BARE, FULL, MAC, PLAIN, Command
from firmware.core.bits import i32, u24
from firmware.core.errors import CARD_REQUEST, VafaError

INS_COMMIT = 0xC7
INS_ABORT = 0xA7
INS_COMMIT_READER_ID = 0xC8
INS_GET_VALUE = 0x6C
INS_CREDIT = 0x0C
INS_DEBIT = 0xDC
INS_LIMITED_CREDIT = 0x1C
INS_READ_DATA = 0xAD
INS_WRITE_DATA = 0x8D
INS_READ_RECORDS = 0xAB
INS_WRITE_RECORD = 0x8B
INS_UPDATE_RECORD = 0xBA
INS_CLEAR_RECORD_FILE = 0xEB

FILE_NO_MAX = 0x1F
NEWEST = 0  # record number of the newest record
READER_ID_SIZE = 16


def get_version():
    """Version in three frames, 28 bytes joined: see settings.Version."""
    return Command(0x60, mode=MAC)


def get_card_uid():
    """The real UID, 7 bytes; only inside a session."""
    return Command(0x51, mode=FULL)


def select_application(aid):
    """Select by 3-byte AID as sent (least significant byte first); ends any session."""
    if len(aid) != 3:
        raise VafaError(CARD_REQUEST, "an AID has 3 bytes")
    return Command(0x5A, aid, mode=BARE)


def get_key_version(key_no):
    """Version of one key, 1 byte."""
    return Command(0x64, bytes((key_no,)), mode=MAC)


def get_file_ids():
    """File numbers of the selected application, one byte each."""
    return Command(0x6F, mode=MAC)


def get_file_settings(file_no):
    """Settings of one file: see settings.FileSettings."""
    return Command(0xF5, file_byte(file_no), mode=MAC)


def read_data(file_no, offset, length, mode=FULL):
    """Bytes of a data file; length 0 reads to its end."""
    return Command(INS_READ_DATA, file_byte(file_no) + u24(offset) + u24(length), mode=mode)


def write_data(file_no, offset, data, mode=FULL):
    """Write into a data file; for a backup file pending until the commit."""
    header = file_byte(file_no) + u24(offset) + u24(len(data))
    return Command(INS_WRITE_DATA, header, data, mode)


def get_value(file_no, mode=FULL):
    """The committed balance, 4 bytes."""
    return Command(INS_GET_VALUE, file_byte(file_no), mode=mode)


def credit(file_no, amount_minor, mode=FULL):
    """Raise a value file, pending until the commit."""
    return _change(INS_CREDIT, file_no, amount_minor, mode)


def debit(file_no, amount_minor, mode=FULL):
    """Lower a value file, pending until the commit."""
    return _change(INS_DEBIT, file_no, amount_minor, mode)


def limited_credit(file_no, amount_minor, mode=FULL):
    """Raise a value file by no more than its last committed debits."""
    return _change(INS_LIMITED_CREDIT, file_no, amount_minor, mode)


def read_records(file_no, first=NEWEST, count=1, mode=FULL):
    """`count` records from record `first` back in time, answered oldest first; 0 reads all."""
    return Command(INS_READ_RECORDS, file_byte(file_no) + u24(first) + u24(count), mode=mode)


def write_record(file_no, data, offset=0, mode=FULL):
    """Write into the new record of this transaction, pending until the commit."""
    header = file_byte(file_no) + u24(offset) + u24(len(data))
    return Command(INS_WRITE_RECORD, header, data, mode)


def update_record(file_no, record, data, offset=0, mode=FULL):
    """Write into an existing record (EV2 and later), pending until the commit."""
    header = file_byte(file_no) + u24(record) + u24(offset) + u24(len(data))
    return Command(INS_UPDATE_RECORD, header, data, mode)


def clear_record_file(file_no):
    """Empty a record file, pending until the commit."""
    return Command(INS_CLEAR_RECORD_FILE, file_byte(file_no), mode=MAC)


def commit_transaction(with_tmac=True):
    """Make all pending changes real; with_tmac asks for the counter and MAC of this commit."""
    return Command(INS_COMMIT, b"\x01" if with_tmac else b"", mode=MAC)


def abort_transaction():
    """Drop all pending changes and the transaction MAC input."""
    return Command(INS_ABORT, mode=MAC)


def commit_reader_id(reader_id):
    """Name the reader inside the transaction MAC; answers the enciphered previous one."""
    if len(reader_id) != READER_ID_SIZE:
        raise VafaError(CARD_REQUEST, "a reader id has 16 bytes")
    return Command(INS_COMMIT_READER_ID, reader_id, mode=MAC)


def without_session(command):
    """The same command for use outside a session: no MAC, no encryption."""
    return Command(command.ins, command.header, command.data, PLAIN)


def file_byte(file_no):
    """The file number byte, 00h to 1Fh."""
    if not 0 <= file_no <= FILE_NO_MAX:
        raise VafaError(CARD_REQUEST, "file number %d" % file_no)
    return bytes((file_no,))


def _change(ins, file_no, amount_minor, mode):
    if amount_minor < 0:
        raise VafaError(CARD_REQUEST, "negative amount")
    return Command(ins, file_byte(file_no), i32(amount_minor), mode)
