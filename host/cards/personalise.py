"""Makes a factory-new card one of ours: application, keys, files, first contents.

Owns the order of the steps. Never decides whether a card may be issued and stores nothing: the
desk remembers a card as unconfirmed before the first step and as active after the last.

A torn issue is repeated from the start: the card level's key is either the factory's or ours (the
key version says which), and with it the card is formatted. So every step may tear. Keys are set
after contents and the card level's key last; the end is a session under the new keys that reads
back what was written.
"""

from dataclasses import dataclass, field

from firmware.core import desfire, desfire_admin, identity, purse, tmac
from firmware.core.apdu import MAC, MORE, Command, wrap
from firmware.core.errors import CARD_GENERATION, CARD_INCONSISTENT, CARD_ISSUED, VafaError
from firmware.core.settings import NEVER, Version, pack_rights
from host.cards.reading import read_snapshot
from host.cards.scripts import PICC, BatchSession, Dialogue, Draw, authenticate, plain, run
from host.crypto import Aes

FACTORY_KEY = bytes(16)
FACTORY_VERSION = 0
AES_PICC_KEY = 0x80
"""Number of the PICC master key in ChangeKey when the new key is an AES key."""

LOCKED_SETTINGS = 0x09
"""KS1: the master key may change itself and the settings, and everything else needs it."""


@dataclass(frozen=True)
class CardKeys:
    """One card's diversified keys of one version."""

    version: int
    picc: bytes = field(repr=False)
    application: tuple[bytes, ...] = field(repr=False)
    transaction_mac: bytes = field(repr=False)


@dataclass(frozen=True)
class IssuePlan:
    """What a card is to become: keys, signed contents, first log record, purse limit.

    `tried_before` says that an earlier try may have set our keys.
    """

    uid: bytes
    tried_before: bool
    keys: CardKeys
    identity: bytes
    statement: bytes
    record: bytes
    counter: int
    paid_limit_minor: int


def issue(plan: IssuePlan, draw: Draw) -> Dialogue[purse.Snapshot]:
    """Issue the card; the result is what it says of itself under its new keys.

    Raises 432 for a chip without transaction MAC, 431 when the card is another than announced or
    reads back otherwise, 424 when it was issued before, 103 when its key is a stranger's.
    """
    picc_is_ours = yield from _inspect(plan)
    if picc_is_ours and not plan.tried_before:
        # The host lost its memory of this card, which may hold money: it is not ours to empty.
        raise VafaError(CARD_ISSUED, "the card has our keys and the host doesn't know it")
    picc_key = plan.keys.picc if picc_is_ours else FACTORY_KEY
    session = yield from authenticate(PICC, 0, picc_key, draw)
    yield from _prepare(plan, session)
    session = yield from authenticate(purse.AID, purse.KEY_MASTER, FACTORY_KEY, draw)
    yield from run(session, file_commands(plan))
    session = yield from authenticate(purse.AID, purse.KEY_CREDIT, FACTORY_KEY, draw)
    yield from _write_contents(plan, session)
    session = yield from authenticate(purse.AID, purse.KEY_MASTER, FACTORY_KEY, draw)
    yield from run(session, _key_commands(plan.keys))
    if not picc_is_ours:
        session = yield from authenticate(PICC, 0, FACTORY_KEY, draw)
        change = desfire_admin.change_own_key(AES_PICC_KEY, plan.keys.picc, plan.keys.version)
        yield from run(session, [change])
    return (yield from _confirm(plan, draw))


def file_commands(plan: IssuePlan) -> list[Command]:
    """Return the commands that create the files of architecture section 3 (float purse off)."""
    terminal = pack_rights(
        read=purse.KEY_DEBIT,
        write=purse.KEY_DEBIT,
        read_write=purse.KEY_CREDIT,
        change=purse.KEY_MASTER,
    )
    issuer = pack_rights(
        read=purse.KEY_DEBIT,
        write=purse.KEY_ISSUER,
        read_write=purse.KEY_CREDIT,
        change=purse.KEY_MASTER,
    )
    proof = pack_rights(
        read=purse.KEY_DEBIT, write=NEVER, read_write=NEVER, change=purse.KEY_MASTER
    )
    create = desfire_admin
    meters = [
        create.create_value_file(
            number, MAC, terminal, lower=0, upper=purse.METER_FULL, value=purse.METER_FULL
        )
        for number in (purse.FILE_BONUS_SPENT, purse.FILE_POINTS_SPENT)
    ]
    return [
        create.create_backup_data_file(purse.FILE_IDENTITY, MAC, issuer, identity.SIZE),
        create.create_value_file(
            purse.FILE_PAID, MAC, terminal, lower=0, upper=plan.paid_limit_minor, value=0
        ),
        create.create_backup_data_file(purse.FILE_STATEMENT, MAC, terminal, purse.STATEMENT_SIZE),
        create.create_cyclic_record_file(
            purse.FILE_LOG, MAC, terminal, purse.RECORD_SIZE, purse.RECORDS
        ),
        *meters,
        create.create_transaction_mac_file(
            purse.FILE_TRANSACTION_MAC,
            MAC,
            proof,
            plan.keys.transaction_mac,
            plan.keys.version,
        ),
    ]


def _inspect(plan: IssuePlan) -> Dialogue[bool]:
    """Check chip and UID; tell whether the card level's key is ours already."""
    version_frames = [wrap(0x60), wrap(MORE), wrap(MORE)]
    answers = yield from plain([wrap(0x5A, PICC), *version_frames, wrap(0x64, b"\x00")])
    version = Version(b"".join(answers[1:4]))
    if not version.is_supported():
        raise VafaError(CARD_GENERATION, version.generation)
    if version.uid != plan.uid:
        raise VafaError(CARD_INCONSISTENT, "another card than announced")
    return answers[4] != bytes((FACTORY_VERSION,))


def _prepare(plan: IssuePlan, session: BatchSession) -> Dialogue[None]:
    """Empty the card, close it to strangers and create the application."""
    (uid,) = yield from run(session, [desfire.get_card_uid()])
    if uid != plan.uid:
        raise VafaError(CARD_INCONSISTENT, "another card than announced")
    yield from run(
        session,
        [
            desfire_admin.format_picc(),
            desfire_admin.change_key_settings(LOCKED_SETTINGS),
            desfire_admin.create_application(purse.AID, LOCKED_SETTINGS, purse.KEY_COUNT),
        ],
    )


def _write_contents(plan: IssuePlan, session: BatchSession) -> Dialogue[None]:
    """Write identity, statement and first record in one transaction; check the card's proof."""
    writes = [
        desfire.write_data(purse.FILE_IDENTITY, 0, plan.identity, MAC),
        desfire.write_data(purse.FILE_STATEMENT, 0, plan.statement, MAC),
        desfire.write_record(purse.FILE_LOG, plan.record, 0, MAC),
    ]
    answers = yield from run(session, [*writes, desfire.commit_transaction()])
    tmi = tmac.Tmi()
    for command in writes:
        tmi.note(command)
    key, _ = tmac.session_keys(Aes, plan.keys.transaction_mac, plan.counter, plan.uid)
    expected = plan.counter.to_bytes(4, "little") + tmac.tmv(Aes, key, tmi.value())
    if answers[-1] != expected:
        raise VafaError(CARD_INCONSISTENT, "the card's proof of its first contents is wrong")


def _key_commands(keys: CardKeys) -> list[Command]:
    """Return the key changes: the session's own key ends the session, so it comes last."""
    others = [
        desfire_admin.change_other_key(number, keys.application[number], FACTORY_KEY, keys.version)
        for number in range(purse.KEY_COUNT - 1, purse.KEY_MASTER, -1)
    ]
    own = desfire_admin.change_own_key(
        purse.KEY_MASTER, keys.application[purse.KEY_MASTER], keys.version
    )
    return [*others, own]


def _confirm(plan: IssuePlan, draw: Draw) -> Dialogue[purse.Snapshot]:
    key = plan.keys.application[purse.KEY_CREDIT]
    session = yield from authenticate(purse.AID, purse.KEY_CREDIT, key, draw)
    snapshot = yield from read_snapshot(session)
    if (
        not snapshot.is_ours()
        or snapshot.paid != 0
        or snapshot.record_raw != plan.record
        or snapshot.statement_raw != plan.statement[: purse.STATEMENT_BODY]
    ):
        raise VafaError(CARD_INCONSISTENT, "the card reads back otherwise")
    return snapshot
