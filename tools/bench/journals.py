"""Journals of several terminals as they would have written them: sales, tagged, chained, proven.

Owns making pages: sectors, signatures, page keys, the cards' records and transaction MACs, with
the same core that terminal and card layouts come from. Checks nothing. Called by the intake suite.
"""

import random
from collections.abc import Callable

from firmware.core import purse, record, tmac
from firmware.core.hmac256 import hmac_sha256
from host import p256
from host.cards.store import CardRow
from host.crypto import Aes
from tools.bench.club import NOW

_LAST = record.PAGES_PER_SECTOR - 1
_ISSUE_COUNTER = 1
_PAID_MINOR = 40_000_000
_AMOUNTS_MINOR = (1_000, 9_000)
_UNIT = 1


class JournalWriter:
    """One terminal's journal; `pages` grows."""

    def __init__(
        self, terminal: int, root: bytes, identity: p256.PrivateKey, pages: list[bytes]
    ) -> None:
        self.terminal = terminal
        self._root = root
        self._identity = identity
        self._pages = pages
        self._chain = record.genesis(terminal)
        self._epoch = 0
        self._index = _LAST + 1
        self._sequence = 0
        self._key = b""

    def append(self, kind: int, content: object) -> record.Header:
        """Write a record, and what its sector needs around it."""
        if self._index == _LAST:
            self._write(
                record.CLOSE, record.Close(self._identity.sign(record.close_digest(self._chain)))
            )
        if self._index > _LAST:
            self._epoch += 1
            self._index = 0
            label = record.sector_label(self._epoch)
            self._key = hmac_sha256(self._root, label)
            self._write(record.SECTOR, record.Sector(self._epoch, 1, self._epoch - 1))
        return self._write(kind, content)

    def _write(self, kind: int, content: object) -> record.Header:
        self._sequence += 1
        header = record.Header(
            kind,
            self.terminal,
            self._sequence,
            self._epoch,
            self._index,
            record.TIME_HOST,
            1,
            NOW + self._sequence,
        )
        page: bytes = record.seal(header, content, self._chain, self._key)
        self._pages.append(page)
        self._chain = record.chain_of(page)
        self._key = record.next_key(self._key)
        self._index += 1
        return header


class Shopper:
    """One card's side of its sales."""

    def __init__(self, card: CardRow, mac_key: bytes) -> None:
        self._card = card
        self._mac_key = mac_key
        self._statement = purse.Statement(
            key_version=card.key_version,
            currency_unit=_UNIT,
            version=1,
            card_number=card.card_number,
            expiry_day=purse.NEVER,
        ).pack()
        issued = purse.LogRecord(
            kind=purse.KIND_ISSUE,
            terminal=purse.ISSUER_TERMINAL,
            sequence=card.issue_sequence,
            paid_after=_PAID_MINOR,
            counter=_ISSUE_COUNTER,
        )
        self._record = issued.pack()
        self._paid = _PAID_MINOR

    def buy(self, amount_minor: int, journal: JournalWriter) -> None:
        """One sale: intent, what the card signs, outcome."""
        counter = purse.parse_record(self._record).counter + 1
        intent = record.Intent(
            operation=record.SALE,
            key_version=self._card.key_version,
            currency_unit=_UNIT,
            flags=0,
            card_number=self._card.card_number,
            uid=self._card.uid,
            script=purse.SCRIPT_SALE,
            paid_before=self._paid,
            amount=amount_minor,
            bonus_amount=0,
            points_amount=0,
            counter=counter,
            hotlist_version=0,
            config_version=1,
            lease=1,
            operator=0,
            order_ref=0,
            statement=self._statement,
            record=self._record,
        )
        header = journal.append(record.INTENT, intent)
        written = purse.intent_record(intent, header)
        tmi = purse.sale_tmi(self._statement, self._record, self._paid, amount_minor, written)
        key, _ = tmac.session_keys(Aes, self._mac_key, counter, self._card.uid)
        self._paid -= amount_minor
        self._record = written.pack()
        journal.append(
            record.OUTCOME,
            record.Outcome(
                header.sequence,
                record.DONE,
                record.BY_ANSWER,
                0,
                self._paid,
                counter,
                tmac.tmv(Aes, key, tmi),
            ),
        )


def write_sales(
    sales: int,
    journals: list[JournalWriter],
    cards: list[CardRow],
    mac_key: Callable[[bytes, int], bytes],
    seed: int,
) -> None:
    """Have cards buy at terminals, both drawn by the seed."""
    draw = random.Random(seed)
    shoppers = [Shopper(card, mac_key(card.uid, card.key_version)) for card in cards]
    for _ in range(sales):
        amount_minor = draw.randint(*_AMOUNTS_MINOR)
        draw.choice(shoppers).buy(amount_minor, draw.choice(journals))
