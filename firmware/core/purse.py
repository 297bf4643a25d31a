"""The purse application on the card: its files, what a tap reads and what a sale writes.

What a tap doesn't read, the identity file, is `firmware.core.identity`.

Pure layout and planning; who talks to the card is the caller's business. Used by the terminal
for a sale and by the host for personalisation, top-up and for rebuilding what a card signed.
All numbers on the card are little-endian; times are seconds and days since 2020-01-01 UTC;
amounts are minor units, signed 32 bit.
"""

import hashlib
import struct

from firmware.core import desfire
from firmware.core.apdu import MAC
from firmware.core.tmac import Tmi

AID = b"\x46\x41\x56"
"""Application id 564146h, least significant byte first as it is sent."""

FILE_IDENTITY = 1
FILE_PAID = 2
FILE_STATEMENT = 3
FILE_LOG = 4
FILE_BONUS_SPENT = 5
FILE_POINTS_SPENT = 6
FILE_FLOAT = 7
FILE_TRANSACTION_MAC = 0x0F

KEY_MASTER = 0
KEY_DEBIT = 1
KEY_CREDIT = 2
KEY_ISSUER = 3
KEY_FLOAT = 4
KEY_COUNT = 5

# Not keys of the application, but diversified the same way.
KEY_PICC = 0x10
KEY_TRANSACTION_MAC = 0x11

STATEMENT_SIZE = 128
STATEMENT_BODY = 64
RECORD_SIZE = 64
RECORDS = 9
"""Size of the cyclic file in records; one is the card's spare, so eight can be read."""

METER_FULL = 2000000000
"""What a spent meter starts with; spent = METER_FULL - value."""

# Kinds of log records.
KIND_ISSUE = 1
KIND_SALE = 2
KIND_TOP_UP = 3

FLAG_BLOCKED = 0x01

SCRIPT_SALE = 1
"""Which commands made the transaction MAC's input; an intent names it (see `sale_tmi`)."""

ISSUER_TERMINAL = 0
"""The terminal number in log records that the host itself wrote."""

NEVER = 0xFFFF

_RECORD = "<BBBBIIIiiiiiiIIHBBIH6s"
_STATEMENT = "<BBBBIIHBBHHIIIIHIHIHI8sH"


def diversification(uid, key_number, aid=AID):
    """Return AN10922's input M for one card key: UID, AID, key number, system: 17 bytes.

    Above 15 bytes AN10922 and an ordinary CMAC agree, which spares two interpretations.
    """
    return uid + aid + bytes((key_number,)) + b"VAFA.1"


class LogRecord:
    """One record of the cyclic log; the newest is the card's running state.

    `counter` is the transaction MAC counter of the transaction that wrote it. Deltas are signed
    from the card's view: a sale has a negative `paid_delta`.
    """

    FIELDS = (
        "kind",
        "grade",
        "flags",
        "time",
        "terminal",
        "sequence",
        "paid_delta",
        "bonus_delta",
        "points_delta",
        "paid_after",
        "bonus_after",
        "points_after",
        "counter",
        "points_since_statement",
        "window_day",
        "window_count",
        "reserved",
        "window_sum",
        "coupons_used",
    )

    def __init__(self, **fields):
        for name in self.FIELDS:
            setattr(self, name, fields.get(name, 0))

    def pack(self):
        values = [getattr(self, name) for name in self.FIELDS]
        return struct.pack(_RECORD, 1, *values, bytes(6))


def parse_record(raw):
    """Return the LogRecord in 64 bytes; None when the layout is unknown or the size wrong."""
    if len(raw) != RECORD_SIZE or raw[0] != 1:
        return None
    fields = struct.unpack(_RECORD, bytes(raw))[1:-1]
    return LogRecord(**dict(zip(LogRecord.FIELDS, fields)))


class Statement:
    """The host's word on a card: everything about it that only the host decides."""

    FIELDS = (
        "key_version",
        "currency_unit",
        "flags",
        "version",
        "card_number",
        "expiry_day",
        "tier",
        "reserved1",
        "segments",
        "reserved2",
        "bonus_issued",
        "bonus_expired",
        "points_issued",
        "points_expired",
        "bucket1_day",
        "bucket1_amount",
        "bucket2_day",
        "bucket2_amount",
        "bucket3_day",
        "bucket3_amount",
        "coupons",
    )

    def __init__(self, **fields):
        for name in self.FIELDS:
            setattr(self, name, fields.get(name, bytes(8) if name == "coupons" else 0))

    def pack(self):
        """Return the 64-byte body; the signature of 64 bytes follows it on the card."""
        values = [getattr(self, name) for name in self.FIELDS]
        return struct.pack(_STATEMENT, 1, *values, 0)

    def digest(self, uid):
        """Return what the host's P-256 signature is over."""
        return hashlib.sha256(b"vafa statement 1" + uid + self.pack()).digest()


def parse_statement(raw):
    """Return the Statement in the first 64 bytes of `raw`; None when the layout is unknown."""
    if len(raw) < STATEMENT_BODY or raw[0] != 1:
        return None
    fields = struct.unpack(_STATEMENT, bytes(raw[:STATEMENT_BODY]))[1:-1]
    return Statement(**dict(zip(Statement.FIELDS, fields)))


def read_commands():
    """Return the commands every tap reads with, in the order that the MAC's input has them."""
    return (
        desfire.read_data(FILE_STATEMENT, 0, STATEMENT_BODY, MAC),
        desfire.read_records(FILE_LOG, 0, 1, MAC),
        desfire.get_value(FILE_PAID, MAC),
    )


class Snapshot:
    """What a tap read: statement body and newest record, raw and parsed, and the paid balance."""

    def __init__(self, statement_raw, record_raw, paid):
        self.statement_raw = statement_raw
        self.record_raw = record_raw
        self.paid = paid
        self.statement = parse_statement(statement_raw)
        self.record = parse_record(record_raw)

    def is_ours(self):
        """Tell whether the card's own files agree with each other."""
        return (
            self.statement is not None
            and self.record is not None
            and self.record.paid_after == self.paid
        )


def next_record(snapshot, kind, terminal, sequence, paid_delta, time, grade):
    """Return the LogRecord that a transaction moving only the paid purse writes."""
    last = snapshot.record
    return LogRecord(
        kind=kind,
        grade=grade,
        time=time,
        terminal=terminal,
        sequence=sequence,
        paid_delta=paid_delta,
        paid_after=snapshot.paid + paid_delta,
        bonus_after=last.bonus_after,
        points_after=last.points_after,
        counter=last.counter + 1,
        points_since_statement=last.points_since_statement,
        window_day=last.window_day,
        window_count=last.window_count,
        window_sum=last.window_sum,
        coupons_used=last.coupons_used,
    )


def sale_commands(amount, record):
    """Return the commands that change the card in a sale; the commit comes after them."""
    return (
        desfire.debit(FILE_PAID, amount, MAC),
        desfire.write_record(FILE_LOG, record.pack(), 0, MAC),
    )


def top_up_commands(amount, record):
    """Return the commands that change the card in a top-up; the commit comes after them."""
    return (
        desfire.credit(FILE_PAID, amount, MAC),
        desfire.write_record(FILE_LOG, record.pack(), 0, MAC),
    )


def _reads_tmi(statement_raw, record_raw, paid):
    tmi = Tmi()
    tmi.read_data(FILE_STATEMENT, 0, statement_raw)
    tmi.read_records(FILE_LOG, 0, 1, record_raw)
    tmi.get_value(FILE_PAID, paid)
    return tmi


def sale_tmi(statement_raw, record_raw, paid_before, amount, record):
    """Return the transaction MAC's input of SCRIPT_SALE: what the card signed in a sale."""
    tmi = _reads_tmi(statement_raw, record_raw, paid_before)
    tmi.debit(FILE_PAID, amount)
    tmi.write_record(FILE_LOG, 0, record.pack())
    return tmi.value()


def top_up_tmi(statement_raw, record_raw, paid_before, amount, record):
    """Return the transaction MAC's input of a top-up in the host's own session."""
    tmi = _reads_tmi(statement_raw, record_raw, paid_before)
    tmi.credit(FILE_PAID, amount)
    tmi.write_record(FILE_LOG, 0, record.pack())
    return tmi.value()


def intent_record(intent, header, snapshot=None):
    """Return the LogRecord that the sale of an intent wrote, None if its snapshot is unreadable.

    Terminal and host build the record from the same fields, so nothing about it needs to be sent.
    `snapshot` is the intent's own, from a caller that has parsed it already.
    """
    if snapshot is None:
        snapshot = Snapshot(intent.statement, intent.record, intent.paid_before)
    if snapshot.statement is None or snapshot.record is None:
        return None
    return next_record(
        snapshot,
        KIND_SALE,
        header.terminal,
        header.sequence,
        -intent.amount,
        header.time,
        header.grade,
    )
