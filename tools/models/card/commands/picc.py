"""Owns the commands about the card as a whole and its list of applications.

Never handles keys or files. Called by the processor through the command table.
"""

from copy import deepcopy

from tools.models.card.context import FREE_CREATE, MASTER_KEY, Context
from tools.models.card.memory import application_cost
from tools.models.card.state import KEY_AES, PICC_LEVEL, Application, Key
from tools.models.card.status import CardError, Status

AIDS_PER_FRAME = 19
AID_LENGTH = 3
MAX_KEYS = 14

ISO_FILE_IDS, KS3_FOLLOWS = 0x20, 0x10  # bits of KS2

FORMAT_DISABLED, RANDOM_UID = 0x01, 0x02  # bits of SetConfiguration option 00
DEFAULT_KEY_LENGTH = 24  # the widest key type


def get_version(ctx: Context, _ins: int, _body: bytes) -> list[bytes]:
    """GetVersion: hardware, software, UID with production data; one frame each."""
    hidden = ctx.state.configuration & RANDOM_UID and ctx.profile.random_uid_hides_version_uid
    uid = bytes(len(ctx.state.uid)) if hidden else ctx.state.uid
    version = ctx.personality.version
    return [version[:7], version[7:], ctx.personality.version_tail(uid)]


def get_card_uid(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """GetCardUID: the real UID."""
    return ctx.state.uid


def get_free_memory(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """GetFreeMemory."""
    free = ctx.personality.memory - ctx.state.memory_used
    return free.to_bytes(3, "little")


def select_application(ctx: Context, _ins: int, body: bytes) -> bytes:
    """SelectApplication, which always ends session and transaction."""
    aid = int.from_bytes(body, "little")
    if aid != PICC_LEVEL and aid not in ctx.state.applications:
        raise CardError(Status.NO_APPLICATION)
    ctx.select(aid)
    return b""


def get_application_ids(ctx: Context, _ins: int, _body: bytes) -> list[bytes]:
    """GetApplicationIDs, 19 in a frame."""
    aids = [aid.to_bytes(AID_LENGTH, "little") for aid in ctx.state.applications]
    frames = [
        b"".join(aids[first : first + AIDS_PER_FRAME])
        for first in range(0, len(aids), AIDS_PER_FRAME)
    ]
    return frames or [b""]


def get_df_names(ctx: Context, _ins: int, _body: bytes) -> list[bytes]:
    """GetDFNames: AID, ISO file id and name of each application that has a name."""
    named = [
        aid.to_bytes(AID_LENGTH, "little") + (application.iso_id or b"") + application.df_name
        for aid, application in ctx.state.applications.items()
        if application.df_name is not None
    ]
    return named or [b""]


def fits_create_application(_ctx: Context, body: bytes, length: int) -> bool:
    """AID, KS1, KS2 [, KS3] [, ISO file id [, DF name of 1 to 16]]."""
    key_settings_2 = body[4] if len(body) > 4 else 0
    fixed = 6 if key_settings_2 & KS3_FOLLOWS else 5
    if not key_settings_2 & ISO_FILE_IDS:
        return length == fixed
    return length in {fixed, fixed + 2} or fixed + 3 <= length <= fixed + 18


def create_application(ctx: Context, _ins: int, body: bytes) -> bytes:
    """CreateApplication; all keys start as the default key."""
    aid = int.from_bytes(body[:AID_LENGTH], "little")
    settings, key_settings_2 = body[3], body[4]
    names = body[6 if key_settings_2 & KS3_FOLLOWS else 5 :]
    key_count = key_settings_2 & 0x0F
    if aid == PICC_LEVEL or not 1 <= key_count <= MAX_KEYS or key_settings_2 & 0xC0 != KEY_AES:
        raise CardError(Status.PARAMETER)
    if key_settings_2 & KS3_FOLLOWS and body[5]:
        raise CardError(Status.PARAMETER)  # key sets and shared keys are not modelled
    _refuse_duplicate(ctx, aid, names)
    maximum = ctx.profile.maximum_applications
    if maximum is not None and len(ctx.state.applications) >= maximum:
        raise CardError(Status.COUNT)
    application = Application(
        settings=settings,
        key_type=KEY_AES,
        keys=[deepcopy(ctx.state.default_key) for _ in range(key_count)],
        iso_file_ids=bool(key_settings_2 & ISO_FILE_IDS),
        iso_id=names[:2] or None,
        df_name=names[2:] or None,
    )
    take_memory(ctx, application_cost(application))
    ctx.state.applications[aid] = application
    ctx.save()
    return b""


def _refuse_duplicate(ctx: Context, aid: int, names: bytes) -> None:
    for number, other in ctx.state.applications.items():
        same_id = names[:2] and other.iso_id == names[:2]
        same_name = names[2:] and other.df_name == names[2:]
        if number == aid or same_id or same_name:
            raise CardError(Status.DUPLICATE)


def take_memory(ctx: Context, cost: int) -> None:
    """Account for new memory; 0E when the card is full."""
    if ctx.state.memory_used + cost > ctx.personality.memory:
        raise CardError(Status.OUT_OF_MEMORY)
    ctx.state.memory_used += cost


def may_delete_application(ctx: Context, _ins: int, body: bytes) -> None:
    """PICC master key; with KS1 bit 2 of the PICC, also the application's own master key."""
    if ctx.aid == PICC_LEVEL:
        free = ctx.state.picc.settings & FREE_CREATE
        if not free or ctx.profile.free_delete_needs_application_key:
            ctx.require_master()
        return
    if body != ctx.aid.to_bytes(AID_LENGTH, "little"):
        raise CardError(Status.PERMISSION)
    if ctx.key_no != MASTER_KEY or not ctx.state.picc.settings & FREE_CREATE:
        raise CardError(Status.AUTHENTICATION if ctx.session is None else Status.PERMISSION)


def delete_application(ctx: Context, _ins: int, body: bytes) -> bytes:
    """DeleteApplication; its memory stays taken until FormatPICC."""
    aid = int.from_bytes(body, "little")
    if aid not in ctx.state.applications:
        raise CardError(Status.NO_APPLICATION)
    del ctx.state.applications[aid]
    if aid == ctx.aid:
        ctx.select(PICC_LEVEL)
    ctx.save()
    return b""


def format_picc(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """FormatPICC: all applications go, their memory comes back; PICC key and settings stay."""
    bit = ctx.state.configuration & FORMAT_DISABLED
    if bool(bit) == ctx.profile.format_disabled_by_bit_0:
        raise CardError(Status.PERMISSION)
    ctx.state.applications.clear()
    ctx.state.memory_used = 0
    ctx.save()
    return b""


def fits_configuration(_ctx: Context, body: bytes, length: int) -> bool:
    """Option and its data: flags(1), default key(24) and version(1), or an ATS."""
    option = body[0] if body else None
    if option == 0x00:
        return length == 2
    if option == 0x01:
        return length == 1 + DEFAULT_KEY_LENGTH + 1
    return 2 <= length <= 21


def set_configuration(ctx: Context, _ins: int, body: bytes) -> bytes:
    """SetConfiguration, options 00 to 02. Flags once set stay set."""
    option, data = body[0], body[1:]
    if option == 0x00:
        if data[0] & ~(FORMAT_DISABLED | RANDOM_UID):
            raise CardError(Status.PARAMETER)  # proximity check, virtual cards: not modelled
        ctx.state.configuration |= data[0]
    elif option == 0x01:
        ctx.state.default_key = Key(data[:16], data[DEFAULT_KEY_LENGTH])
    elif option == 0x02:
        if data[0] != len(data):
            raise CardError(Status.PARAMETER)
        ctx.state.user_ats = data
    else:
        raise CardError(Status.PARAMETER)
    ctx.save()
    return b""
