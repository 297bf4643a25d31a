"""A terminal on CPython for tests: the real program on the flash model and on model cards.

Stands in for the reader and the secure element only, so that hundreds of torn taps take seconds;
tests through tools.board run the same program on MicroPython and real wires.
"""

import asyncio
import os
import struct
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric import ec

from firmware.core import an10922, desfire, dialogue, identity, purse, record
from firmware.terminal import app
from firmware.terminal.drivers.pn532 import CardLost, Target
from firmware.terminal.hal.api import Hal
from firmware.terminal.link import messages
from host.cards import personalise
from host.cards.objects import digest
from host.crypto import Aes
from host.gen.vafa.v1 import config_pb2
from tests.terminal.fakes import DEBIT_MASTER, FakeSe, sign
from tools.models.card import Card, Tear
from tools.models.nor import NorFlash
from tools.models.power import PowerCutError

AID = 0x564146
TERMINAL = 101
NOW = 100_000_000
HOST_KEY = ec.derive_private_key(11, ec.SECP256R1())
MASTERS = {role: bytes([role] * 16) for role in range(0x12)} | {purse.KEY_DEBIT: DEBIT_MASTER}


def card_key(uid: bytes, role: int) -> bytes:
    aid = bytes(3) if role == purse.KEY_PICC else purse.AID
    return an10922.diversify(Aes, MASTERS[role], purse.diversification(uid, role, aid))


def card_keys(uid: bytes) -> personalise.CardKeys:
    application = tuple(card_key(uid, role) for role in range(purse.KEY_COUNT))
    return personalise.CardKeys(
        1, card_key(uid, purse.KEY_PICC), application, card_key(uid, purse.KEY_TRANSACTION_MAC)
    )


def converse(card: Card, steps):
    """Run a host dialogue (scripts of APDUs) against a card."""
    try:
        script = next(steps)
        while True:
            replies = []
            for command in script:
                replies.append(card.exchange(command) or b"")
                if replies[-1][-2:] not in (b"\x91\x00", b"\x91\xaf"):
                    break
            script = steps.send(replies)
    except StopIteration as end:
        return end.value


def issued_card(number: int = 1, paid: int = 1_000_000, **statement) -> Card:
    """A personalised card that holds `paid`."""
    uid = bytes((4, *struct.pack("<I", number), 0x5A, 0x80))
    fields = {"key_version": 1, "currency_unit": 1, "card_number": number, "version": 1}
    fields |= {"expiry_day": purse.NEVER} | statement
    issued = identity.Identity(
        key_version=1, currency_unit=1, card_type=1, card_number=number,
        programme=1, issued_day=1, expiry_day=purse.NEVER, uid=uid,
    )  # fmt: skip
    card = Card.create(None, uid)
    plan = personalise.IssuePlan(
        uid=uid,
        tried_before=False,
        keys=card_keys(uid),
        identity=issued.pack() + bytes(identity.SIZE - identity.BODY),
        statement=purse.Statement(**fields).pack() + bytes(64),
        record=purse.LogRecord(kind=purse.KIND_ISSUE, counter=1).pack(),
        counter=1,
        paid_limit_minor=50_000_000,
    )
    card.field_on()
    converse(card, personalise.issue(plan, os.urandom))
    card.field_off()
    if paid:
        change_card(card, purse.KEY_CREDIT, purse.top_up_commands, purse.KIND_TOP_UP, paid)
    return card


def change_card(card, key_number, commands, kind, amount, terminal=0, sequence=1):
    """A whole transaction by somebody else: the host, or another terminal."""
    card.field_on()

    def send(request: bytes) -> bytes:
        answer = card.exchange(request)
        assert answer is not None
        return answer

    dialogue.drive(dialogue.perform(desfire.select_application(purse.AID)), send)
    key = card_key(card.state.uid, key_number)
    session = dialogue.drive(
        dialogue.authenticate_first(Aes, key, key_number, os.urandom(16)), send
    )
    raw = [dialogue.drive(dialogue.perform(c, session), send) for c in purse.read_commands()]
    snapshot = purse.Snapshot(raw[0], raw[1], int.from_bytes(raw[2], "little", signed=True))
    delta = amount if kind == purse.KIND_TOP_UP else -amount
    logged = purse.next_record(snapshot, kind, terminal, sequence, delta, 1, 0)
    for command in (*commands(amount, logged), desfire.commit_transaction()):
        dialogue.drive(dialogue.perform(command, session), send)
    card.field_off()


def sale_elsewhere(card, amount, terminal=900, sequence=1):
    change_card(
        card, purse.KEY_DEBIT, purse.sale_commands, purse.KIND_SALE, amount, terminal, sequence
    )


def paid_on(card: Card) -> int:
    return card.truth(AID).values[purse.FILE_PAID]


def newest_on(card: Card) -> purse.LogRecord:
    raw = card.truth(AID).newest_records[purse.FILE_LOG]
    assert raw is not None
    return purse.parse_record(raw)


def signed(kind: int, version: int, terminal: int, body: bytes, key=HOST_KEY) -> bytes:
    return config_pb2.SignedObject(
        kind=config_pb2.ObjectKind.ValueType(kind),
        version=version,
        terminal_id=terminal,
        body=body,
        signature=sign(key, digest(kind, version, terminal, body)),
    ).SerializeToString(deterministic=True)


def config_body(**changes) -> bytes:
    lease = {"lease_id": 1, "max_records": 500, "max_value_minor": 10**9}
    lease |= {"expires_at": NOW + 86400 * 30} | changes.pop("lease", {})
    values = {"currency_unit": 1, "issued_at": NOW - 86400, "max_tap_minor": 5_000_000}
    values |= {"language": "en", "branch_name": "Valiasr"} | changes
    return config_pb2.TerminalConfig(**values, lease=lease).SerializeToString()


def install(store, serialized: bytes) -> None:
    """Put a signed object in force in an ObjectStore."""
    store.begin(len(serialized))
    at = 0
    while not store.is_whole():
        at += store.put(serialized[at : at + 1024])
    store.finish()


class FakeTime:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, later, earlier):
        return later - earlier

    async def sleep_ms(self, ms):
        self.now_ms += ms
        await asyncio.sleep(0)


class FakeReader:
    """Cards in a field, one APDU at a time; may fail the supply at an exchange."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.exchanges = 0
        self.cut: tuple[int, str] | None = None
        self.on_exchange: Callable[[int], None] | None = None

    async def start(self):
        await self.release()

    async def find(self, max_cards=2):
        for card in self.cards:
            card.field_off()
            card.field_on()
            card.activate()
        return [
            Target(at, card.state.uid, b"\x44\x03", 0x20, b"")
            for at, card in enumerate(self.cards[:max_cards])
        ]

    async def exchange(self, tg, apdu):
        self.exchanges += 1
        self._fail("before")
        if self.on_exchange is not None:
            self.on_exchange(self.exchanges)
        answer = self.cards[tg].exchange(bytes(apdu)) if tg < len(self.cards) else None
        self._fail("after")
        if answer is None:
            raise CardLost("silent")
        return answer

    def _fail(self, when):
        if self.cut == (self.exchanges, when):
            self.cut = None
            raise PowerCutError(f"{when} exchange {self.exchanges}")

    async def release(self):
        for card in self.cards:
            card.field_off()

    async def field(self, on):
        await self.release()


class FakeRtc:
    def __init__(self, seconds: int | None = NOW) -> None:
        self.seconds = seconds

    def read(self):
        return self.seconds

    def set(self, seconds):
        self.seconds = seconds


class Front:
    """Panel, tone and keys; remembers what was shown and heard, in order.

    `script` has (name, action): the action happens in the moment that name is shown or heard.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []
        self.keys: list[str] = []
        self.script: list[tuple[str, Callable[[], None] | None]] = []

    def show(self, view, lines):
        assert all(isinstance(line, str) for line in lines)
        self._happens(view, *lines)

    def play(self, name):
        self._happens("tone " + name)

    def _happens(self, name, *lines):
        self.seen.append((name, *lines))
        if self.script and self.script[0][0] == name:
            _, action = self.script.pop(0)
            if action is not None:
                action()

    def poll(self):
        keys, self.keys = self.keys, []
        return keys

    def names(self) -> list[str]:
        return [entry[0] for entry in self.seen]


class NoPipe:
    def up(self):
        return False

    def read(self):
        return b""

    def write(self, data):
        pass


class Rig:
    """One terminal whose flash and secure element outlive its program."""

    def __init__(self, config: bytes | None = None, hotlist: Sequence[int] = (), pipe=None):
        self.nor = NorFlash()
        self.se = FakeSe(HOST_KEY)
        self.rtc = FakeRtc()
        self.pipe = pipe or NoPipe()
        self.boot()
        body = config_body() if config is None else config
        if body:
            install(
                self.terminal.config_store,
                signed(messages.OBJECT_KIND_CONFIG, 1, TERMINAL, body),
            )
            self.terminal.load_config()
        if hotlist:
            entries = b"".join(struct.pack("<I", number) for number in hotlist)
            install(self.terminal.hotlist, signed(messages.OBJECT_KIND_HOTLIST, 1, 0, entries))

    def boot(self) -> "app.Terminal":
        self.reader = FakeReader()
        self.front = Front()
        self.time = FakeTime()
        hal = Hal(
            time=self.time, nor=self.nor, se=self.se, reader=self.reader, rtc=self.rtc,
            panel=self.front, tone=self.front, keys=self.front, pipe=self.pipe, aes=Aes,
        )  # fmt: skip
        self.terminal = app.Terminal(hal, TERMINAL)
        self.terminal.start()
        return self.terminal

    def pages(self) -> list[tuple[record.Header, object]]:
        """Every journal page, parsed."""
        found, start = [], 1
        while pages := self.terminal.journal.pages_from(start, 16):
            for sequence, page in pages:
                header = record.parse_header(page)
                found.append((header, record.parse_content(page, header.kind)))
                start = sequence + 1
        return found

    def contents(self, kind: int) -> list:
        return [content for header, content in self.pages() if header.kind == kind]


def tear(at: int, phase: str, outcome: str = "rolled_back") -> Tear:
    return Tear(at=at, phase=phase, outcome=outcome)  # type: ignore[arg-type]
