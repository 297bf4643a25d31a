"""Is this page authentic, and does the card itself prove this sale?

Pure checks of bytes against keys; no database, nothing remembered but derived sector keys. The
formats are firmware.core's record and tmac; only HMAC and AES-CMAC themselves come from CPython's
libraries, for speed. Called by the intake's service and interpreter.
"""

import hashlib
import hmac
from enum import Enum

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from firmware.core import cmac, purse, record, tmac
from firmware.core.errors import (
    PAGE_CARD,
    PAGE_CONTENT,
    TAP_MAC_UNKNOWN,
    TAP_MAC_WRONG,
    VafaError,
)
from host.intake.shapes import Intent

CURRENCY_UNIT = 1
"""The only currency-unit version so far."""

_UNKNOWN_TMV = bytes(8)


class Proof(Enum):
    """What the card's transaction MAC says about a sale; the value is the reason number."""

    RIGHT = 0
    WRONG = TAP_MAC_WRONG
    UNKNOWN = TAP_MAC_UNKNOWN


def read_header(page: bytes) -> record.Header | None:
    """Return the header of a page of the right size and layout, else None."""
    if len(page) != record.PAGE:
        return None
    header: record.Header | None = record.parse_header(page)
    return header


class PageKeys:
    """Page keys of the terminals of one batch, each sector's keys derived once."""

    def __init__(self) -> None:
        self._sectors: dict[tuple[bytes, int], list[bytes]] = {}

    def tag_is_right(self, page: bytes, header: record.Header, root: bytes) -> bool:
        """Tell whether the page's tag is right under its terminal's journal root."""
        keys = self._sectors.get((root, header.epoch))
        if keys is None:
            keys = [hmac.digest(root, record.sector_label(header.epoch), "sha256")]
            for _ in range(record.PAGES_PER_SECTOR - 1):
                keys.append(record.next_key(keys[-1]))
            self._sectors[root, header.epoch] = keys
        covered = record.BODY + 32
        tag = hmac.digest(keys[header.index], page[:covered], "sha256")
        return hmac.compare_digest(tag[: record.PAGE - covered], page[covered:])


def chain_follows(page: bytes, previous_chain: bytes) -> bool:
    """Tell whether a page's chain value continues `previous_chain`."""
    chain = hashlib.sha256(previous_chain + page[: record.BODY]).digest()
    return hmac.compare_digest(chain, page[record.BODY : record.BODY + 32])


def ack_mac(ack_key: bytes, terminal: int, through_sequence: int) -> bytes:
    """Return the mac of a JournalAck."""
    return hmac.digest(ack_key, record.ack_label(terminal, through_sequence), "sha256")[:16]


def intent_fault(intent: Intent, snapshot: purse.Snapshot, uid: bytes | None) -> int:
    """Return why an authentic intent can't be booked, 0 when it can.

    `uid` is what the host issued the card number to. The intent's own snapshot must agree with
    itself: card number, balance and counter are stated twice in it.
    """
    if uid is None or intent.uid != uid:
        return int(PAGE_CARD)
    sound = (
        intent.operation == record.SALE
        and intent.script == purse.SCRIPT_SALE
        and intent.currency_unit == CURRENCY_UNIT
        and intent.bonus_amount == 0
        and intent.points_amount == 0
        and 0 < intent.amount <= intent.paid_before
        and snapshot.is_ours()
        and snapshot.statement.card_number == intent.card_number
        and intent.counter == snapshot.record.counter + 1
    )
    return 0 if sound else int(PAGE_CONTENT)


def seen_fault(seen: record.Seen, snapshot: purse.Snapshot, uid: bytes | None) -> int:
    """Return why an authentic sighting of a card can't be used, 0 when it can."""
    if uid is None or seen.uid != uid:
        return int(PAGE_CARD)
    sound = snapshot.is_ours() and snapshot.statement.card_number == seen.card_number
    return 0 if sound else int(PAGE_CONTENT)


def prove_sale(
    intent: Intent,
    header: record.Header,
    snapshot: purse.Snapshot,
    outcome: record.Outcome,
    card_key: bytes,
) -> Proof:
    """Recompute the card's transaction MAC over the whole sale and compare.

    `header` and `snapshot` are the intent's: terminal, sequence, time and grade stand in the
    record that the card signed. `card_key` is the card's transaction MAC key.
    """
    if outcome.tmv == _UNKNOWN_TMV or outcome.counter == 0:
        return Proof.UNKNOWN
    written = purse.intent_record(intent, header, snapshot)
    if written is None:
        return Proof.WRONG
    try:
        tmi = purse.sale_tmi(
            intent.statement, intent.record, intent.paid_before, intent.amount, written
        )
        vector, _ = tmac.session_vectors(outcome.counter, intent.uid)
    except VafaError:
        return Proof.WRONG
    tmv = cmac.truncate8(_cmac(_cmac(card_key, vector), tmi))
    return Proof.RIGHT if hmac.compare_digest(tmv, outcome.tmv) else Proof.WRONG


def _cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC by the library; the core's own, made for both interpreters, is far slower."""
    calculation = CMAC(AES(key))
    calculation.update(message)
    return calculation.finalize()
