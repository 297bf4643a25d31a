"""A small host in a temporary directory with model cards, for the tests of the card domain."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from firmware.core import desfire, purse
from host.cards import keyfile, relay
from host.cards.desk import Answer, CardDesk, Outcome, Request
from host.cards.directory import CardsDirectory
from host.cards.hotlist import Hotlist
from host.cards.keys import HostKeys
from host.cards.policy import Policy
from host.cards.reading import read_snapshot
from host.cards.scripts import Dialogue, authenticate, run
from host.cards.terminals import Terminals
from host.db.engine import open_engine, reading
from host.db.migrate import migrate
from host.db.tables.ledger import balances
from host.ledger import service as ledger
from tools.models.card import Card

AID = 0x564146
_GOOD = (b"\x91\x00", b"\x91\xaf")


@cache
def _migrated() -> bytes:
    """An empty database: made once, since every test wants one."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "host.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


class SeededRandomness:
    """Random bytes that a seed replays."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def bytes(self, size: int) -> bytes:
        return self._random.randbytes(size)


class HandClock:
    """A clock that tests set."""

    def __init__(self, now: int = 200_000_000) -> None:
        self.seconds = now

    def now(self) -> int:
        return self.seconds


class Club:
    """The card domain over a fresh database."""

    def __init__(self, directory: Path, policy: Policy | None = None) -> None:
        database = directory / "host.db"
        database.write_bytes(_migrated())
        url = f"sqlite:///{database}"
        self.clock = HandClock()
        self.randomness = SeededRandomness()
        self.engine = open_engine(url)
        self.policy = policy or Policy()
        self.keys = HostKeys(keyfile.generate(self.randomness), self.randomness)
        self.desk = CardDesk(self.engine, self.keys, self.policy, self.clock)
        self.directory = CardsDirectory(self.engine, self.keys)
        self.hotlist = Hotlist(self.engine, self.keys.signer, self.clock)
        self.terminals = Terminals(
            self.engine, self.keys, self.policy, self.clock, self.randomness
        )
        self._requests = 0

    def blank(self, number: int = 1) -> Card:
        uid = bytes.fromhex("045A1B2C3D") + number.to_bytes(2, "big")
        return Card.create(None, uid, random_bytes=self.randomness.bytes)

    def issued(self, number: int = 1) -> Card:
        card = self.blank(number)
        answer = self.issue(card)
        assert answer.reason == 0
        return card

    def request(self, card: Card, amount: int = 0, request_id: bytes | None = None) -> Request:
        self._requests += 1
        chosen = request_id or self._requests.to_bytes(16, "big")
        return Request(chosen, card.state.uid, "a", amount)

    def issue(self, card: Card, request: Request | None = None) -> Answer:
        wanted = request or self.request(card)
        return tap(card, relay.issue_card(self.desk, wanted, self.randomness.bytes))

    def read(self, card: Card) -> Answer:
        return tap(card, relay.read_card(self.desk, self.request(card), self.randomness.bytes))

    def top_up(self, card: Card, amount: int = 0, request: Request | None = None) -> Answer:
        wanted = request or self.request(card, amount)
        return tap(card, relay.top_up(self.desk, wanted, self.randomness.bytes))

    def spend(self, card: Card, amount: int, terminal: int, sequence: int) -> None:
        """A sale at a terminal that the host has not heard of."""
        tap(card, self._sale(card, amount, terminal, sequence))

    def _sale(self, card: Card, amount: int, terminal: int, sequence: int) -> Dialogue[Answer]:
        key = self.keys.card_key(card.state.uid, purse.KEY_DEBIT, 1)
        session = yield from authenticate(purse.AID, purse.KEY_DEBIT, key, self.randomness.bytes)
        snapshot = yield from read_snapshot(session)
        record = purse.next_record(
            snapshot, purse.KIND_SALE, terminal, sequence, -amount, self.clock.seconds, 2
        )
        commands = [*purse.sale_commands(amount, record), desfire.commit_transaction()]
        yield from run(session, commands)
        return Answer(Outcome.DONE)

    def ledger_of(self, card_number: int) -> tuple[int, int]:
        with reading(self.engine) as conn:
            return ledger.card_balance(conn, card_number)

    def ledger_sum(self) -> int:
        with reading(self.engine) as conn:
            return sum(conn.execute(select(balances.c.amount_minor)).scalars())


def tap(card: Card, dialogue: Dialogue[Answer]) -> Answer:
    """Put the card into a field, run a relayed session on it, take it away."""
    session = relay.RelaySession(dialogue)
    card.field_on()
    try:
        step = session.start()
        while not isinstance(step, Answer):
            step = session.advance(replies_to(card, step))
        return step
    finally:
        card.field_off()


def replies_to(card: Card, script: Sequence[bytes]) -> list[bytes]:
    """Do what a far reader does with a script."""
    replies = []
    for command in script:
        replies.append(card.exchange(command) or b"")
        if replies[-1][-2:] not in _GOOD:
            break
    return replies


def paid_on(card: Card) -> int:
    """What the card truly holds."""
    return card.truth(AID).values[purse.FILE_PAID]
