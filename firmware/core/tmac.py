"""Transaction MAC: session keys, the MAC input (TMI), its value (TMV), the reader id.

The one place that holds the TMI layouts; all but WriteRecord and CommitReaderID rest on the
data sheet's text and on one other implementation, not on a public log of a real card.
Terminals note what they did, the host recomputes and judges. Never talks to a card.
Source: MF2DL(H)x0 data sheet 10.3, proxmark3 desfirecrypto.c, libnxpsc nxpsc_advanced.c.
"""

from firmware.core import desfire
from firmware.core.bits import BLOCK, i32, u24, u32, zero_fill
from firmware.core.cmac import Cmac
from firmware.core.errors import CARD_REQUEST, VafaError

UID_SIZE = 7
_LABEL_MAC = b"\x5a\x00\x01\x00\x80"
_LABEL_ENC = b"\xa5\x00\x01\x00\x80"
_READ_DATA = (0xAD, 0xBD)
_WRITE_DATA = (0x8D, 0x3D)
_READ_RECORDS = (0xAB, 0xBB)
_WRITE_RECORD = (0x8B, 0x3B)
_UPDATE_RECORD = (0xBA, 0xDB)
_VALUE_CHANGES = (0x0C, 0xDC, 0x1C)


def session_vectors(counter, uid):
    """Inputs of the two session keys: 5A.. for the MAC key, A5.. for the reader id's key.

    `counter` is the TMC that the card reports with this commit (the one before plus 1),
    `uid` the real 7-byte UID.
    """
    if len(uid) != UID_SIZE:
        raise VafaError(CARD_REQUEST, "a UID of %d bytes" % len(uid))
    tail = u32(counter) + uid
    return _LABEL_MAC + tail, _LABEL_ENC + tail


def session_keys(new_aes, app_tm_key, counter, uid):
    """SesTMMACKey and SesTMENCKey."""
    mac = Cmac(new_aes, app_tm_key)
    sv_mac, sv_enc = session_vectors(counter, uid)
    return mac.tag(sv_mac), mac.tag(sv_enc)


def tmv(new_aes, ses_tm_mac, tmi):
    """The 8-byte transaction MAC value over the bytes of a TMI."""
    return Cmac(new_aes, ses_tm_mac).tag8(tmi)


def encrypt_reader_id(new_aes, ses_tm_enc, previous_reader_id):
    """EncTMRI, what the card answers to CommitReaderID."""
    return new_aes(ses_tm_enc).cbc_encrypt(bytes(BLOCK), previous_reader_id)


def decrypt_reader_id(new_aes, ses_tm_enc, enc_tmri):
    """The reader id of the transaction before, from EncTMRI."""
    return new_aes(ses_tm_enc).cbc_decrypt(bytes(BLOCK), enc_tmri)


class Tmi:
    """The transaction MAC input of the open transaction, one part per command in order.

    `ins` is the byte really sent, since 8B and 3B give different values. Data is always
    plain data without MAC and padding. Not noted: authentication, settings, and reads of
    the transaction MAC file itself.
    """

    def __init__(self):
        self._parts = bytearray()

    def __bytes__(self):
        return bytes(self._parts)

    def value(self):
        """The input so far."""
        return bytes(self._parts)

    def clear(self):
        """Start again: after a commit, an abort or anything that drops the transaction."""
        self._parts = bytearray()

    def read_data(self, file_no, offset, data, ins=0xAD):
        """ReadData with the data it answered."""
        self._add(ins, file_no, u24(offset) + u24(len(data)), data)

    def write_data(self, file_no, offset, data, ins=0x8D):
        """WriteData."""
        self._add(ins, file_no, u24(offset) + u24(len(data)), data)

    def get_value(self, file_no, value_minor):
        """GetValue with the value it answered."""
        self._add(desfire.INS_GET_VALUE, file_no, i32(value_minor))

    def credit(self, file_no, amount_minor):
        """Credit."""
        self._add(desfire.INS_CREDIT, file_no, i32(amount_minor))

    def debit(self, file_no, amount_minor):
        """Debit."""
        self._add(desfire.INS_DEBIT, file_no, i32(amount_minor))

    def limited_credit(self, file_no, amount_minor):
        """LimitedCredit."""
        self._add(desfire.INS_LIMITED_CREDIT, file_no, i32(amount_minor))

    def read_records(self, file_no, first, count, data, ins=0xAB):
        """ReadRecords; `count` is the true number, also where the command said 0."""
        self._add(ins, file_no, u24(first) + u24(count), data)

    def write_record(self, file_no, offset, data, ins=0x8B):
        """WriteRecord."""
        self._add(ins, file_no, u24(offset) + u24(len(data)), data)

    def update_record(self, file_no, record, offset, data, ins=0xBA):
        """UpdateRecord."""
        self._add(ins, file_no, u24(record) + u24(offset) + u24(len(data)), data)

    def clear_record_file(self, file_no):
        """ClearRecordFile."""
        self._add(desfire.INS_CLEAR_RECORD_FILE, file_no, b"")

    def commit_reader_id(self, reader_id, enc_tmri=b""):
        """CommitReaderID; `enc_tmri` is the card's answer, empty outside a session."""
        head = bytes((desfire.INS_COMMIT_READER_ID,)) + reader_id
        self._parts.extend(head + enc_tmri + bytes(BLOCK - 1))

    def note(self, command, answer=b""):
        """Note a performed apdu.Command with its plain response data.

        Commands that do not count are passed over; AbortTransaction empties the input.
        ReadRecords of "all" (count 0) cannot be noted this way: error 108, use
        read_records with the true number.
        """
        ins, header = command.ins, command.header
        body = header + command.data
        if ins in _READ_DATA:
            self._add(ins, header[0], header[1:4] + u24(len(answer)), answer)
        elif ins in _WRITE_DATA or ins in _WRITE_RECORD or ins in _UPDATE_RECORD:
            self._add(ins, header[0], header[1:], command.data)
        elif ins in _READ_RECORDS:
            if not any(header[4:7]):
                raise VafaError(CARD_REQUEST, "number of records unknown")
            self._add(ins, header[0], header[1:], answer)
        elif ins == desfire.INS_GET_VALUE:
            self._add(ins, header[0], answer)
        elif ins in _VALUE_CHANGES or ins == desfire.INS_CLEAR_RECORD_FILE:
            self._add(ins, body[0], body[1:])
        elif ins == desfire.INS_COMMIT_READER_ID:
            self.commit_reader_id(body, answer)
        elif ins == desfire.INS_ABORT:
            self.clear()

    def _add(self, ins, file_no, fields, data=b""):
        """INS, file, fields, zeros to one block; then the data, zeros to whole blocks."""
        self._parts.extend(zero_fill(bytes((ins, file_no)) + fields))
        self._parts.extend(zero_fill(data))
