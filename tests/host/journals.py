"""Terminals and cards for tests of the host: they know the truth and write real journal pages.

A card here computes its transaction MAC by itself, byte by byte from the data sheet's layout and
with another library's CMAC, so that a mistake in the core's layout can't prove itself right.
"""

import shutil
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from sqlalchemy import Engine, insert

from firmware.core import purse, record
from host import p256
from host.db.engine import open_engine, writing
from host.db.metadata import metadata
from host.db.migrate import migrate
from host.db.tables.intake import streams, taps
from host.intake.service import Intake
from host.intake.tap import State

NOW = 190_000_000
OPENING = 1_000_000
"""Sequences of the host's records from before the test begin here."""


class StandingClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: int = NOW) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


def cmac(key: bytes, message: bytes) -> bytes:
    calculation = CMAC(AES(key))
    calculation.update(message)
    return calculation.finalize()


def hmac_of(key: bytes, message: bytes) -> bytes:
    calculation = hmac.HMAC(key, hashes.SHA256())
    calculation.update(message)
    return calculation.finalize()


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


class FakeCard:
    """A card: its purse, its log, and what it would sign."""

    def __init__(self, number: int, paid: int = 1_000_000) -> None:
        self.number = number
        self.uid = b"\x04" + number.to_bytes(6, "big")
        self.key = hmac_of(b"card", self.uid)[:16]
        self.paid = paid
        # What the customer holds from before the test: a top-up that the host knows.
        self.opening = paid
        issue = purse.LogRecord(kind=purse.KIND_ISSUE, sequence=number, counter=1)
        top_up = purse.LogRecord(
            kind=purse.KIND_TOP_UP,
            sequence=OPENING + number,
            counter=2,
            paid_delta=paid,
            paid_after=paid,
        )
        self.log = [issue.pack(), top_up.pack()]
        self.statement = purse.Statement(
            key_version=1, currency_unit=1, version=1, card_number=number
        ).pack()

    @property
    def newest(self) -> purse.LogRecord:
        return purse.parse_record(self.log[-1])

    def snapshot(self) -> purse.Snapshot:
        return purse.Snapshot(self.statement, self.log[-1], self.paid)

    def next(self, kind: int, terminal: int, sequence: int, delta: int) -> bytes:
        return purse.next_record(
            self.snapshot(), kind, terminal, sequence, delta, NOW, record.TIME_HOST
        ).pack()

    def commit(self, raw: bytes) -> None:
        self.log.append(raw)
        self.paid = purse.parse_record(raw).paid_after

    def sale_tmv(self, amount: int, written: bytes, counter: int) -> bytes:
        """What the card answers to the commit of a sale, computed before it commits."""
        reads = padded(b"\xad\x03" + bytes(3) + b"\x40\x00\x00") + self.statement
        reads += padded(b"\xab\x04" + bytes(3) + b"\x01\x00\x00") + self.log[-1]
        reads += padded(b"\x6c\x02" + struct.pack("<i", self.paid))
        changes = padded(b"\xdc\x02" + struct.pack("<i", amount))
        changes += padded(b"\x8b\x04" + bytes(3) + b"\x40\x00\x00") + written
        session = cmac(self.key, b"\x5a\x00\x01\x00\x80" + struct.pack("<I", counter) + self.uid)
        return cmac(session, reads + changes)[1::2]


class FakeTerminal:
    """A terminal's journal, page by page, with sectors, tags, chain and signatures."""

    def __init__(self, number: int, branch: str) -> None:
        self.number = number
        self.branch = branch
        self.root = hmac_of(b"root", struct.pack("<I", number))
        self.identity = p256.PrivateKey(hmac_of(b"identity", struct.pack("<I", number)))
        self.pages: list[bytes] = []
        self._chain = record.genesis(number)
        self._epoch = 0
        self._index = record.PAGES_PER_SECTOR

    @property
    def next_sequence(self) -> int:
        return len(self.pages) + 1

    def write(self, kind: int, content: object) -> record.Header:
        """Append a record, opening and closing sectors as a terminal does."""
        self.room()
        return self._program(kind, content)

    def room(self) -> None:
        """Make sure that the next record has a place, so that `next_sequence` is that record's."""
        if self._index == record.PAGES_PER_SECTOR - 1:
            digest = record.close_digest(self._chain)
            self._program(record.CLOSE, record.Close(self.identity.sign(digest)))
        if self._index == record.PAGES_PER_SECTOR:
            self._epoch, self._index = self._epoch + 1, 0
            self._program(record.SECTOR, record.Sector(self._epoch, 1, self._epoch - 1))

    def _program(self, kind: int, content: object) -> record.Header:
        header = record.Header(
            kind, self.number, self.next_sequence, self._epoch, self._index, 3, 1, NOW
        )
        key = record.page_key(hmac_of(self.root, record.sector_label(self._epoch)), self._index)
        page = record.seal(header, content, self._chain, key)
        self._chain = record.chain_of(page)
        self._index += 1
        self.pages.append(page)
        return header

    def intent(self, card: FakeCard, amount: int, **changed: object) -> "Attempt":
        """Write the intent of a sale; the card isn't touched yet."""
        self.room()
        counter = card.newest.counter + 1
        fields = {
            "operation": record.SALE,
            "key_version": 1,
            "currency_unit": 1,
            "flags": 0,
            "card_number": card.number,
            "uid": card.uid,
            "script": purse.SCRIPT_SALE,
            "paid_before": card.paid,
            "amount": amount,
            "bonus_amount": 0,
            "points_amount": 0,
            "counter": counter,
            "hotlist_version": 1,
            "config_version": 1,
            "lease": 1,
            "operator": 0,
            "order_ref": 0,
            "statement": card.statement,
            "record": card.log[-1],
        } | changed
        header = self.write(record.INTENT, record.Intent(**fields))
        written = card.next(purse.KIND_SALE, self.number, header.sequence, -amount)
        tmv = card.sale_tmv(amount, written, counter)
        return Attempt(self, card, header.sequence, amount, counter, written, tmv)

    def sale(self, card: FakeCard, amount: int) -> "Attempt":
        """A sale as it should be: intent, commit, outcome with the card's proof."""
        attempt = self.intent(card, amount)
        attempt.commit()
        attempt.outcome(record.DONE)
        return attempt

    def seen(self, card: FakeCard) -> None:
        self.write(
            record.SEEN,
            record.Seen(card.number, card.uid, card.paid, card.statement, card.log[-1]),
        )


@dataclass
class Attempt:
    """One sale between intent and outcome."""

    terminal: FakeTerminal
    card: FakeCard
    sequence: int
    amount: int
    counter: int
    written: bytes
    tmv: bytes

    def commit(self) -> None:
        self.card.commit(self.written)

    def outcome(self, result: int, tmv: bytes | None = None) -> None:
        done = result == record.DONE
        self.terminal.write(
            record.OUTCOME,
            record.Outcome(
                self.sequence,
                result,
                record.BY_ANSWER,
                0,
                purse.parse_record(self.written).paid_after,
                self.counter if done else 0,
                (self.tmv if tmv is None else tmv) if done else bytes(8),
            ),
        )


@dataclass
class FakeDirectory:
    """Answers about the terminals and cards of a test."""

    terminals: Mapping[int, FakeTerminal]
    cards: Mapping[int, FakeCard] = field(default_factory=dict)

    def branch_of(self, terminal_id: int) -> str | None:
        found = self.terminals.get(terminal_id)
        return found.branch if found else None

    def journal_root(self, terminal_id: int) -> bytes | None:
        found = self.terminals.get(terminal_id)
        return found.root if found else None

    def identity_key(self, terminal_id: int) -> bytes | None:
        found = self.terminals.get(terminal_id)
        return found.identity.point if found else None

    def ack_key(self, terminal_id: int) -> bytes | None:
        root = self.journal_root(terminal_id)
        return hmac_of(root, record.ACK_KEY_LABEL) if root else None

    def uids_of(self, card_numbers: Collection[int]) -> Mapping[int, bytes]:
        return {number: self.cards[number].uid for number in card_numbers if number in self.cards}

    def transaction_mac_key(self, uid: bytes, key_version: int) -> bytes:
        return hmac_of(b"card", uid)[:16]


class World:
    """Terminals 101 and 102 in branch a, 201 in branch b, and a few cards."""

    def __init__(self, cards: int = 3, paid: int = 1_000_000) -> None:
        self.terminals = {
            101: FakeTerminal(101, "a"),
            102: FakeTerminal(102, "a"),
            201: FakeTerminal(201, "b"),
        }
        self.cards = {number: FakeCard(number, paid) for number in range(1, cards + 1)}
        self.directory = FakeDirectory(self.terminals, self.cards)

    def pages(self) -> list[bytes]:
        return [page for terminal in self.terminals.values() for page in terminal.pages]


class Host:
    """A host's books in a directory: engine and intake over a migrated database."""

    def __init__(self, world: World, database: Path) -> None:
        self.engine: Engine = open_engine(f"sqlite:///{database}")
        self.clock = StandingClock()
        self.intake = Intake(self.engine, world.directory, self.clock)
        self._open_cards(world)

    def wipe(self, world: World) -> None:
        """Empty the books again, for this world's cards."""
        host_stream = streams.c.terminal == purse.ISSUER_TERMINAL
        with writing(self.engine) as conn:
            for table in reversed(metadata.sorted_tables):
                if table is streams:
                    conn.execute(streams.delete().where(~host_stream))
                    conn.execute(streams.update().values(through_sequence=0))
                else:
                    conn.execute(table.delete())
        self._open_cards(world)

    def _open_cards(self, world: World) -> None:
        """Let the host know the top-up that each card began with."""
        rows = [
            {
                "terminal": purse.ISSUER_TERMINAL,
                "sequence": OPENING + card.number,
                "card_number": card.number,
                "kind": purse.KIND_TOP_UP,
                "branch": "a",
                "amount_minor": card.opening,
                "paid_after_minor": card.opening,
                "counter": 2,
                "predecessor_terminal": purse.ISSUER_TERMINAL,
                "predecessor_sequence": card.number,
                "state": State.PROVEN,
                "reason": 0,
            }
            for card in world.cards.values()
        ]
        with writing(self.engine) as conn:
            conn.execute(insert(taps), rows)


def template(directory: Path) -> Path:
    """Make an empty, migrated database once; copying it is much faster than migrating again."""
    path = directory / "template.db"
    if not path.exists():
        migrate(f"sqlite:///{path}")
    return path


def copy_of(path: Path, target: Path) -> Path:
    shutil.copyfile(path, target)
    return target
