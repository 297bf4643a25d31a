"""Owns authentication starts, key settings, key versions and key changes.

Never verifies a reader's answer (the handshakes do). Sources: AN12343 (EV2First, NonFirst),
AN12196 (ChangeKey).
"""

from collections.abc import Callable

from tools.models.card import crypto
from tools.models.card.context import MASTER_KEY, Context
from tools.models.card.ev1 import Ev1Handshake
from tools.models.card.ev2 import RANDOM_LENGTH, TI_LENGTH, Ev2Handshake, Ev2Session
from tools.models.card.state import PICC_LEVEL, Key
from tools.models.card.status import CardError, Status

AUTHENTICATE_FIRST, AUTHENTICATE_NON_FIRST, AUTHENTICATE_AES = 0x71, 0x77, 0xAA
CHANGE_KEY_EV2 = 0xC6

MAX_CAPABILITIES = 6
LRP_CAPABILITY = 0x02

MASTER_CHANGEABLE, SETTINGS_CHANGEABLE = 0x01, 0x08  # bits of KS1
CHANGE_WITH_SAME_KEY, CHANGE_FROZEN = 0xE, 0xF  # high nibble of KS1
AES_KEY_FLAG = 0x80  # in the key number of the PICC master key

OWN_KEY_DATA, OTHER_KEY_DATA = 17, 21  # key, version [, CRC32]


def begin_authentication(ctx: Context, ins: int, body: bytes) -> Ev2Handshake | Ev1Handshake:
    """First half of 71h, 77h and AAh; the running session ends but for 77h."""
    key_no = _checked_authentication(ctx, ins, body)
    key = ctx.application.keys[key_no].value
    if ins == AUTHENTICATE_AES:
        ctx.session = None
        return Ev1Handshake(key_no, key, ctx.random_bytes(RANDOM_LENGTH))
    running = ctx.session if isinstance(ctx.session, Ev2Session) else None
    if ins == AUTHENTICATE_NON_FIRST:
        return Ev2Handshake(
            key_no,
            key,
            ctx.random_bytes(RANDOM_LENGTH),
            new_ti=None,
            running=running,
            capabilities=b"",
            keeps_pending=ctx.profile.non_first_keeps_pending,
        )
    ctx.session = None
    return Ev2Handshake(
        key_no,
        key,
        ctx.random_bytes(RANDOM_LENGTH),
        new_ti=ctx.random_bytes(TI_LENGTH),
        running=None,
        capabilities=ctx.profile.pd_cap2 + body[2:].ljust(MAX_CAPABILITIES, b"\x00"),
        keeps_pending=ctx.profile.first_keeps_pending,
    )


def _checked_authentication(ctx: Context, ins: int, body: bytes) -> int:
    """The key number of a well-formed authentication command."""
    if ins == AUTHENTICATE_FIRST:
        well_formed = len(body) >= 2 and body[1] <= MAX_CAPABILITIES and len(body) == 2 + body[1]
    else:
        well_formed = len(body) == 1
    if not well_formed:
        raise CardError(Status.LENGTH)
    if ins == AUTHENTICATE_NON_FIRST and not isinstance(ctx.session, Ev2Session):
        raise CardError(Status.AUTHENTICATION)
    if body[0] >= len(ctx.application.keys):
        raise CardError(Status.NO_SUCH_KEY)
    if ins == AUTHENTICATE_FIRST and body[2:3] and body[2] & LRP_CAPABILITY:
        raise CardError(Status.PARAMETER)
    return body[0]


def get_key_settings(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """GetKeySettings: KS1, KS2."""
    application = ctx.application
    iso = 0x20 if application.iso_file_ids else 0
    return bytes([application.settings, application.key_type | iso | len(application.keys)])


def get_key_version(ctx: Context, _ins: int, body: bytes) -> bytes:
    """GetKeyVersion of key set 0, the only one modelled."""
    if body[0] >= len(ctx.application.keys) or body[1:] not in {b"", b"\x00"}:
        raise CardError(Status.NO_SUCH_KEY)
    return bytes([ctx.application.keys[body[0]].version])


def may_change_key_settings(ctx: Context, _ins: int, _body: bytes) -> None:
    """Master key, as long as the settings are not frozen."""
    ctx.require_master()
    if not ctx.application.settings & SETTINGS_CHANGEABLE:
        raise CardError(Status.PERMISSION)


def change_key_settings(ctx: Context, _ins: int, body: bytes) -> bytes:
    """ChangeKeySettings."""
    ctx.application.settings = body[0]
    ctx.save()
    return b""


def fits_change_key(header: int) -> Callable[[Context, bytes, int], bool]:
    """Length rule after `header` bytes: the payload for the session's own or another key."""

    def fits(ctx: Context, body: bytes, length: int) -> bool:
        if len(body) < header:
            return False
        if ctx.session is None:
            return length - header in {OWN_KEY_DATA, OTHER_KEY_DATA}
        own = _plain_key_no(body[header - 1]) == ctx.key_no
        return length - header == (OWN_KEY_DATA if own else OTHER_KEY_DATA)

    return fits


def _plain_key_no(key_no: int) -> int:
    return key_no & 0x3F


def may_change_key(ctx: Context, ins: int, body: bytes) -> None:
    """The right given by KS1's high nibble; a session with a wrong key gets AE (EV3)."""
    if ctx.session is None:
        raise CardError(Status.AUTHENTICATION)
    target = _plain_key_no(body[1 if ins == CHANGE_KEY_EV2 else 0])
    settings = ctx.application.settings
    needed = settings >> 4
    if target == MASTER_KEY:
        if not settings & MASTER_CHANGEABLE:
            raise CardError(Status.PERMISSION)
        needed = MASTER_KEY
    elif needed == CHANGE_FROZEN:
        raise CardError(Status.PERMISSION)
    elif needed == CHANGE_WITH_SAME_KEY:
        needed = target
    elif target == needed:
        needed = MASTER_KEY  # the change key itself belongs to the master
    if ctx.key_no != needed:
        raise CardError(Status.AUTHENTICATION)


def change_key(ctx: Context, ins: int, body: bytes) -> bytes:
    """ChangeKey and, for key set 0, ChangeKeyEV2. Changing the own key ends the session."""
    if ins == CHANGE_KEY_EV2:
        if body[0] != 0:
            raise CardError(Status.PARAMETER)
        body = body[1:]
    wire_key_no, payload = body[0], body[1:]
    key_no = _plain_key_no(wire_key_no)
    if wire_key_no & ~0x3F != (AES_KEY_FLAG if ctx.aid == PICC_LEVEL else 0):
        raise CardError(Status.PARAMETER)  # another key type, or a flag that means nothing
    if key_no >= len(ctx.application.keys):
        raise CardError(Status.NO_SUCH_KEY)
    value, version = payload[:16], payload[16]
    if key_no != ctx.key_no:
        value = crypto.xor(value, ctx.application.keys[key_no].value)
        if not crypto.equal(payload[17:], crypto.crc32(value)):
            raise CardError(Status.INTEGRITY)
    ctx.application.keys[key_no] = Key(value, version)
    ctx.save()
    if key_no == ctx.key_no:
        ctx.select(ctx.aid)
    return b""
