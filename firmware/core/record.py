"""The journal page: a sealed record of 256 bytes, the same in flash, on the wire, at the host.

Goal: the host can check each page alone (tag) and all of them together (chain, sequence), and can
rebuild what the card signed. Pages are programmed once and never re-encoded.

    offset size
    0      208  body
    208    32   chain: SHA-256(chain of the page before || body)
    240    16   tag: HMAC-SHA-256(page key, body || chain), first 16 bytes

Every body starts with the same header; all numbers are little-endian.

    0  2  "VJ"              8  4  sequence             17 1  time grade
    2  1  layout, 1         12 4  epoch of the sector  18 2  boot count
    3  1  kind              16 1  index in the sector  20 4  time
    4  4  terminal

Page keys: the sector key is HMAC-SHA-256(journal root, "vafa sector 1" || epoch), made inside the
secure element; the key of index n is the sector key hashed forward n times, so a memory image of
a terminal can't forge the past of its sector.
Limits: sequence and epoch are 32 bits and start at 1; a sector has 16 pages.
"""

import hashlib
import struct

from firmware.core.bits import equal
from firmware.core.hmac256 import hmac_sha256

PAGE = 256
BODY = 208
LAYOUT = 1
PAGES_PER_SECTOR = 16

# Kinds of records. INTENT and OUTCOME are programmed separately, before and after the card's part.
SECTOR = 1
INTENT = 2
OUTCOME = 3
REFUSAL = 4
SEEN = 5
EVENT = 6
CLOSE = 7

# What an intent wants to do.
SALE = 1

# What became of an intent.
DONE = 1
NOT_DONE = 2

# How an outcome became known: from the answer to the commit, or later from the newest record.
BY_ANSWER = 1
BY_CARD = 2

# Grades of time (architecture: time never orders anything).
TIME_NONE = 0
TIME_GUESS = 1
TIME_CLOCK = 2
TIME_HOST = 3

_HEADER = "<2sBBIIIBBHI"
_INTENT = "<BBBBI7sBiiiIIIIIII64s64s"
_OUTCOME = "<IBBHiI8s"
_REFUSAL = "<IHHi7s"
_SEEN = "<I7sBi64s64s"
_EVENT = "<HHI"
_SECTOR = "<III"
_HEADER_SIZE = 24


class Header:
    """The common header of a body."""

    def __init__(self, kind, terminal, sequence, epoch, index, grade, boot, time):
        self.kind = kind
        self.terminal = terminal
        self.sequence = sequence
        self.epoch = epoch
        self.index = index
        self.grade = grade
        self.boot = boot
        self.time = time

    def pack(self):
        return struct.pack(
            _HEADER,
            b"VJ",
            LAYOUT,
            self.kind,
            self.terminal,
            self.sequence,
            self.epoch,
            self.index,
            self.grade,
            self.boot,
            self.time,
        )


def parse_header(page):
    """Return the Header of a page or body, or None when it isn't one of ours."""
    if len(page) < _HEADER_SIZE or page[0:2] != b"VJ" or page[2] != LAYOUT:
        return None
    fields = struct.unpack(_HEADER, bytes(page[:_HEADER_SIZE]))
    header = Header(*fields[2:])
    if header.sequence == 0 or header.epoch == 0 or header.index >= PAGES_PER_SECTOR:
        return None
    return header


class Intent:
    """What the terminal is about to do to a card, with all that was read from it.

    `statement` and `record` are the 64 bytes read from the card, as they were: with them and the
    amounts the host rebuilds the input of the card's transaction MAC. `counter` is the value that
    the card will report with this commit.
    """

    FIELDS = (
        "operation",
        "key_version",
        "currency_unit",
        "flags",
        "card_number",
        "uid",
        "script",
        "paid_before",
        "amount",
        "bonus_amount",
        "points_amount",
        "counter",
        "hotlist_version",
        "config_version",
        "lease",
        "operator",
        "order_ref",
        "statement",
        "record",
    )

    def __init__(self, **fields):
        for name in self.FIELDS:
            setattr(self, name, fields[name])

    def pack(self):
        return struct.pack(_INTENT, *[getattr(self, name) for name in self.FIELDS])


class Outcome:
    """What became of the intent `ref`: result, how it is known, the card's counter and MAC value.

    `counter` 0 and `tmv` of zeros mean unknown. `basket` is up to 160 bytes about the goods.
    """

    def __init__(self, ref, result, how, reason, paid_after, counter, tmv, basket=b""):
        self.ref = ref
        self.result = result
        self.how = how
        self.reason = reason
        self.paid_after = paid_after
        self.counter = counter
        self.tmv = tmv
        self.basket = basket

    def pack(self):
        return (
            struct.pack(
                _OUTCOME,
                self.ref,
                self.result,
                self.how,
                self.reason,
                self.paid_after,
                self.counter,
                self.tmv,
            )
            + self.basket
        )


class Refusal:
    """A sale that was refused before any intent; `reason` is a number of the error table."""

    def __init__(self, card_number, reason, amount, uid):
        self.card_number = card_number
        self.reason = reason
        self.amount = amount
        self.uid = uid

    def pack(self):
        return struct.pack(_REFUSAL, self.card_number, self.reason, 0, self.amount, self.uid)


class Seen:
    """A card that was only read: evidence of its newest record."""

    def __init__(self, card_number, uid, paid, statement, record):
        self.card_number = card_number
        self.uid = uid
        self.paid = paid
        self.statement = statement
        self.record = record

    def pack(self):
        return struct.pack(
            _SEEN, self.card_number, self.uid, 0, self.paid, self.statement, self.record
        )


class Event:
    """Something a technician wants to know: a number of the error table and one value."""

    def __init__(self, code, value):
        self.code = code
        self.value = value

    def pack(self):
        return struct.pack(_EVENT, self.code, 0, self.value)


class Sector:
    """First page of a sector: the secure element's counter, what is acknowledged, epoch."""

    def __init__(self, se_counter, acknowledged, previous_epoch):
        self.se_counter = se_counter
        self.acknowledged = acknowledged
        self.previous_epoch = previous_epoch

    def pack(self):
        return struct.pack(_SECTOR, self.se_counter, self.acknowledged, self.previous_epoch)


class Close:
    """Last page of a sector: the secure element's P-256 signature (r, s) over the chain so far."""

    def __init__(self, signature):
        self.signature = signature

    def pack(self):
        return self.signature


def close_digest(chain):
    """Return what the signature of a Close record is over: 32 bytes."""
    return hashlib.sha256(b"vafa close 1" + chain).digest()


def _content(page, layout):
    end = _HEADER_SIZE + struct.calcsize(layout)
    return struct.unpack(layout, bytes(page[_HEADER_SIZE:end]))


def parse_content(page, kind):
    """Return the record object of a page whose header says `kind`; None for an unknown kind."""
    if kind == INTENT:
        return Intent(**dict(zip(Intent.FIELDS, _content(page, _INTENT))))
    if kind == OUTCOME:
        start = _HEADER_SIZE + struct.calcsize(_OUTCOME)
        return Outcome(*_content(page, _OUTCOME), basket=bytes(page[start:BODY]))  # type: ignore[misc]
    if kind == REFUSAL:
        card_number, reason, _, amount, uid = _content(page, _REFUSAL)
        return Refusal(card_number, reason, amount, uid)
    if kind == SEEN:
        card_number, uid, _, paid, statement, record = _content(page, _SEEN)
        return Seen(card_number, uid, paid, statement, record)
    if kind == EVENT:
        code, _, value = _content(page, _EVENT)
        return Event(code, value)
    if kind == SECTOR:
        return Sector(*_content(page, _SECTOR))
    if kind == CLOSE:
        return Close(bytes(page[_HEADER_SIZE : _HEADER_SIZE + 64]))
    return None


def genesis(terminal):
    """Return the chain value before a terminal's first record."""
    return hashlib.sha256(b"vafa journal 1" + struct.pack("<I", terminal)).digest()


def sector_label(epoch):
    """Return the message whose HMAC under the journal root is the sector key."""
    return b"vafa sector 1" + struct.pack("<I", epoch)


def next_key(key):
    """Roll a page key forward."""
    return hashlib.sha256(b"vafa page 1" + key).digest()


def page_key(sector_key, index):
    """Return the key of the page at `index` of its sector."""
    for _ in range(index):
        sector_key = next_key(sector_key)
    return sector_key


def seal(header, content, previous_chain, key):
    """Return the 256-byte page of a record; ValueError when the content doesn't fit."""
    packed = header.pack() + content.pack()
    if len(packed) > BODY:
        raise ValueError("record too long")
    body = packed + bytes(BODY - len(packed))
    chain = hashlib.sha256(previous_chain + body).digest()
    return body + chain + hmac_sha256(key, body + chain)[:16]


def chain_of(page):
    """Return the chain value of a page."""
    return bytes(page[BODY : BODY + 32])


def chain_follows(page, previous_chain):
    """Tell whether a page's chain value continues `previous_chain`."""
    return equal(hashlib.sha256(previous_chain + bytes(page[:BODY])).digest(), chain_of(page))


def tag_is_right(page, key):
    """Tell whether a page's tag is right under its page key."""
    return equal(hmac_sha256(key, bytes(page[: BODY + 32]))[:16], bytes(page[BODY + 32 : PAGE]))


def ack_label(terminal, through_sequence):
    """Return what a JournalAck's mac is over: HMAC by the acknowledgement key, cut to 16 bytes."""
    return b"vafa ack 1" + struct.pack("<II", terminal, through_sequence)


ACK_KEY_LABEL = b"vafa ack key 1"
"""HMAC of this under the journal root is the terminal's acknowledgement key."""
