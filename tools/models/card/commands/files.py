"""Owns making, deleting, listing and re-configuring files.

Never reads or writes their content. Layouts: proxmark3 `desfirecore.c`,
libfreefare `mifare_desfire.c`, AN12343.
"""

from collections.abc import Callable
from dataclasses import replace

from tools.models.card.commands.picc import take_memory
from tools.models.card.context import Context
from tools.models.card.memory import file_cost
from tools.models.card.rights import FREE, NEVER, change_nibble
from tools.models.card.session import Mode
from tools.models.card.state import (
    BACKUP,
    CYCLIC,
    LINEAR,
    MAX_FILE_NO,
    STANDARD,
    TRANSACTION_MAC,
    VALUE,
    DataFile,
    File,
    Key,
    RecordFile,
    TransactionMacFile,
    ValueFile,
)
from tools.models.card.status import CardError, Status

CREATE_BACKUP, CREATE_CYCLIC = 0xCB, 0xC0
CREATE_VALUE, CREATE_TRANSACTION_MAC = 0xCC, 0xCE

COMM_MASK, TMC_LIMIT, DYNAMIC_MESSAGING, EXTRA_RIGHTS = 0x03, 0x20, 0x40, 0x80
VALUE_FLAGS = 0x03
MAX_EXTRA_RIGHTS = 7
TM_KEY_OPTION_AES = 0x02
LONGEST_SETTINGS = 64

Creator = Callable[[Context, bytes], File]


def fits_create_data(base: int) -> Callable[[Context, bytes, int], bool]:
    """Length rule of a Create command; an ISO file id(2) is due where the application says so."""

    def fits(ctx: Context, _body: bytes, length: int) -> bool:
        return length == base + (2 if ctx.application.iso_file_ids else 0)

    return fits


def create_file(ctx: Context, ins: int, body: bytes) -> bytes:
    """CreateStdDataFile, CB, CC, C0, C1 and CreateTransactionMACFile."""
    file_no = body[0]
    if file_no > MAX_FILE_NO:
        raise CardError(Status.PARAMETER)
    file = _new_file(ctx, ins, body)
    if file_no in ctx.application.files:
        raise CardError(Status.DUPLICATE)
    take_memory(ctx, file_cost(file))
    ctx.application.files[file_no] = file
    ctx.save()
    return b""


def _new_file(ctx: Context, ins: int, body: bytes) -> File:
    if ins == CREATE_VALUE:
        return _new_value_file(body)
    if ins == CREATE_TRANSACTION_MAC:
        return _new_transaction_mac_file(ctx, body)
    iso_id = None
    if ctx.application.iso_file_ids:
        iso_id, body = body[1:3], body[:1] + body[3:]
        if any(getattr(f, "iso_id", None) == iso_id for f in ctx.application.files.values()):
            raise CardError(Status.DUPLICATE)
    comm, rights = _checked_comm(body[1]), [body[2:4]]
    size = int.from_bytes(body[4:7], "little")
    if size == 0:
        raise CardError(Status.PARAMETER)
    if size > ctx.personality.memory:
        raise CardError(Status.OUT_OF_MEMORY)
    if len(body) == 7:
        return DataFile(ins == CREATE_BACKUP, comm, rights, iso_id, bytes(size))
    max_records = int.from_bytes(body[7:10], "little")
    cyclic = ins == CREATE_CYCLIC
    if max_records < (2 if cyclic else 1):
        raise CardError(Status.PARAMETER)
    return RecordFile(cyclic, comm, rights, iso_id, size, max_records)


def _new_value_file(body: bytes) -> ValueFile:
    lower, upper, value = (
        int.from_bytes(body[start : start + 4], "little", signed=True) for start in (4, 8, 12)
    )
    if not lower <= value <= upper or body[16] & ~VALUE_FLAGS:
        raise CardError(Status.PARAMETER)
    return ValueFile(_checked_comm(body[1]), [body[2:4]], lower, upper, value, body[16])


def _new_transaction_mac_file(ctx: Context, body: bytes) -> TransactionMacFile:
    if ctx.application.transaction_mac_file() is not None:
        raise CardError(Status.DUPLICATE)
    rights = body[2:4]
    if body[4] != TM_KEY_OPTION_AES or rights[1] & 0x0F != NEVER:
        raise CardError(Status.PARAMETER)
    return TransactionMacFile(_checked_comm(body[1]), [rights], Key(body[5:21], body[21]))


def _checked_comm(comm: int) -> int:
    if comm not in {0, 1, 3}:
        raise CardError(Status.PARAMETER)
    return comm


def delete_file(ctx: Context, _ins: int, body: bytes) -> bytes:
    """DeleteFile, at once; noted changes of that file go with it."""
    ctx.file(body[0])
    del ctx.application.files[body[0]]
    ctx.transaction.changes.pop(body[0], None)
    ctx.save()
    return b""


def get_file_ids(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """GetFileIDs."""
    return bytes(ctx.application.files)


def get_iso_file_ids(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """GetISOFileIDs."""
    files = ctx.application.files.values()
    return b"".join(
        file.iso_id for file in files if isinstance(file, DataFile | RecordFile) and file.iso_id
    )


def get_file_settings(ctx: Context, _ins: int, body: bytes) -> bytes:
    """GetFileSettings: type, option, rights, what the type adds, extra rights."""
    file = ctx.file(body[0])
    kind, specific, flags = _described(file)
    if len(file.rights) > 1:
        flags |= EXTRA_RIGHTS
    extra = file.rights[1:]
    tail = bytes([len(extra)]) + b"".join(extra) if extra else b""
    return bytes([kind, file.comm | flags]) + file.rights[0] + specific + tail


def _described(file: File) -> tuple[int, bytes, int]:
    """(type byte, bytes of that type, option flags)."""
    match file:
        case DataFile():
            flags = DYNAMIC_MESSAGING if file.sdm else 0
            size = len(file.content).to_bytes(3, "little")
            return (BACKUP if file.backup else STANDARD), size + file.sdm, flags
        case ValueFile():
            numbers = (file.lower, file.upper, file.limited_credit)
            amounts = b"".join(number.to_bytes(4, "little", signed=True) for number in numbers)
            return VALUE, amounts + bytes([file.flags]), 0
        case RecordFile():
            counts = (file.record_size, file.max_records, len(file.records))
            sizes = b"".join(count.to_bytes(3, "little") for count in counts)
            return (CYCLIC if file.cyclic else LINEAR), sizes, 0
        case TransactionMacFile():
            known = bytes([TM_KEY_OPTION_AES, file.key.version])
            if file.limit is None:
                return TRANSACTION_MAC, known, 0
            return TRANSACTION_MAC, known + file.limit.to_bytes(4, "little"), TMC_LIMIT


def change_settings_mode(ctx: Context, body: bytes) -> Mode:
    """Full, but plain when anybody may change the settings."""
    return Mode.PLAIN if change_nibble(ctx.file(body[0])) == FREE else Mode.FULL


def may_change_settings(ctx: Context, _ins: int, body: bytes) -> None:
    """The key named by the Change nibble."""
    nibble = change_nibble(ctx.file(body[0]))
    if nibble == FREE:
        return
    if ctx.session is None and nibble != NEVER:
        raise CardError(Status.AUTHENTICATION)
    if nibble != ctx.key_no:
        raise CardError(Status.PERMISSION)


def fits_change_settings(_ctx: Context, _body: bytes, length: int) -> bool:
    """FileNo, option, rights and what the option adds; exact in `change_file_settings`."""
    return 4 <= length <= LONGEST_SETTINGS


def change_file_settings(ctx: Context, _ins: int, body: bytes) -> bytes:
    """ChangeFileSettings, at once: mode, rights, extra rights, TMC limit, SDM settings."""
    file = ctx.file(body[0])
    option, rights, tail = body[1], [body[2:4]], body[4:]
    comm = _checked_comm(option & COMM_MASK)
    allowed = {DataFile: DYNAMIC_MESSAGING, TransactionMacFile: TMC_LIMIT}.get(type(file), 0)
    if option & ~(COMM_MASK | EXTRA_RIGHTS | allowed):
        raise CardError(Status.PARAMETER)
    if option & EXTRA_RIGHTS:
        count = tail[0] if tail else 0
        if not 1 <= count <= MAX_EXTRA_RIGHTS:
            raise CardError(Status.PARAMETER)
        sets, tail = tail[1 : 1 + 2 * count], tail[1 + 2 * count :]
        if len(sets) != 2 * count:
            raise CardError(Status.LENGTH)
        rights += [sets[start : start + 2] for start in range(0, len(sets), 2)]
    if isinstance(file, TransactionMacFile):
        changed: File = replace(file, comm=comm, rights=rights, limit=_limit(option, tail, rights))
    elif isinstance(file, DataFile):
        if bool(tail) != bool(option & DYNAMIC_MESSAGING):
            raise CardError(Status.LENGTH)
        changed = replace(file, comm=comm, rights=rights, sdm=tail)
    elif tail:
        raise CardError(Status.LENGTH)
    else:
        changed = replace(file, comm=comm, rights=rights)
    ctx.application.files[body[0]] = changed
    _follow(ctx, body[0], changed)
    ctx.save()
    return b""


def _limit(option: int, tail: bytes, rights: list[bytes]) -> int | None:
    if len(tail) != (4 if option & TMC_LIMIT else 0):
        raise CardError(Status.LENGTH)
    if any(pair[1] & 0x0F != NEVER for pair in rights):
        raise CardError(Status.PARAMETER)
    return int.from_bytes(tail, "little") if tail else None


def _follow(ctx: Context, file_no: int, changed: File) -> None:
    """Give a pending copy the new settings, or its commit would bring back the old ones."""
    pending = ctx.transaction.changes.get(file_no)
    if pending is not None:
        pending.file.comm, pending.file.rights = changed.comm, list(changed.rights)
