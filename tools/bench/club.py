"""A small host in a directory, for benchmarks: real keys, database, enrolment and card desk.

Owns seeded randomness and a clock that stands still. No network and no process: benchmarks measure
one part at a time. Called by the suites.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from host.cards import keyfile, relay, store
from host.cards.desk import Answer, CardDesk, Request
from host.cards.directory import CardsDirectory
from host.cards.keys import HostKeys
from host.cards.policy import Policy
from host.cards.scripts import Dialogue, Draw
from host.cards.terminals import Bundle, Terminals
from host.db.engine import open_engine, writing
from host.db.migrate import migrate
from tools.bench.errors import BenchError
from tools.models.card import Card

NOW = 200_000_000
BRANCH = "a"
_CONTINUES = (b"\x91\x00", b"\x91\xaf")


class SeededRandomness:
    """Random bytes that a seed replays."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def bytes(self, size: int) -> bytes:
        return self._random.randbytes(size)


class StandingClock:
    """Always the same second."""

    def now(self) -> int:
        return NOW


class Club:
    """The host's domain over a fresh database in `directory`."""

    def __init__(self, directory: Path, seed: int, policy: Policy) -> None:
        self.database = directory / "host.db"
        self.url = f"sqlite:///{self.database}"
        migrate(self.url)
        self.engine = open_engine(self.url)
        self.randomness = SeededRandomness(seed)
        self.keys = HostKeys(keyfile.generate(self.randomness), self.randomness)
        self._policy = policy
        self.terminals = Terminals(
            self.engine, self.keys, policy, StandingClock(), self.randomness
        )
        self._desk = CardDesk(self.engine, self.keys, policy, StandingClock())
        self._requests = 0

    def directory(self) -> CardsDirectory:
        """The host's answers about terminals and cards, nothing remembered yet."""
        return CardsDirectory(self.engine, self.keys)

    def enrol(self, terminal_id: int, identity_point: bytes) -> Bundle:
        """Enrol a terminal of the one branch."""
        return self.terminals.enrol(terminal_id, BRANCH, identity_point)

    def add_cards(self, count: int) -> list[store.CardRow]:
        """Cards in the books only: what the intake needs to know of them."""
        rows = []
        with writing(self.engine) as conn:
            for _ in range(count):
                number = store.next_card_number(conn)
                uid = b"\x04" + self.randomness.bytes(6)
                request = self.randomness.bytes(16)
                row = store.CardRow(
                    number, uid, store.CardState.ACTIVE, self.keys.version, 1, request, number
                )
                store.add_card(conn, row, NOW)
                rows.append(row)
        return rows

    def issue(self, card: Card, paid_minor: int) -> None:
        """Make a model card one of the club's and top it up.

        Raises:
            BenchError: the card or the desk refused.
        """
        self._relay(card, 0, relay.issue_card)
        self._relay(card, paid_minor, relay.top_up)

    def _relay(self, card: Card, amount_minor: int, kind: "_Kind") -> None:
        self._requests += 1
        request_id = self._requests.to_bytes(16, "big")
        request = Request(request_id, card.state.uid, BRANCH, amount_minor)
        answer = _tap(card, kind(self._desk, request, self.randomness.bytes))
        if answer.reason:
            raise BenchError(f"the card desk refused with reason {answer.reason}")


_Kind = Callable[[CardDesk, Request, Draw], Dialogue[Answer]]


def _tap(card: Card, dialogue: Dialogue[Answer]) -> Answer:
    """Put the card into a field, run a relayed session on it, take it away."""
    session = relay.RelaySession(dialogue)
    card.field_on()
    try:
        step = session.start()
        while not isinstance(step, Answer):
            step = session.advance(_replies_to(card, step))
        return step
    finally:
        card.field_off()


def _replies_to(card: Card, script: Sequence[bytes]) -> list[bytes]:
    """What a far reader does with a script: stop at the first refusal."""
    replies: list[bytes] = []
    for command in script:
        replies.append(card.exchange(command) or b"")
        if replies[-1][-2:] not in _CONTINUES:
            break
    return replies
