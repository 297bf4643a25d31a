"""Owns records: write, update, read, clear, in linear and cyclic files.

Never makes a change real: that is the commit's. Record 0 is the newest; answers have the
oldest of the range first.
"""

from tools.models.card.context import Context
from tools.models.card.state import RecordFile
from tools.models.card.status import CardError, Status
from tools.models.card.transaction import Pending


def read_records(ctx: Context, ins: int, body: bytes) -> bytes:
    """ReadRecords; count 0 reads all from the given record back to the oldest."""
    first, count = int.from_bytes(body[1:4], "little"), int.from_bytes(body[4:7], "little")
    file = ctx.visible(body[0], RecordFile)
    present = len(file.records)
    count = count or present - first
    if first >= present or first + count > present:
        raise CardError(Status.BOUNDARY)
    end = present - first
    data = b"".join(file.records[end - count : end])
    ctx.note(bytes([ins]) + body[:4] + count.to_bytes(3, "little"), data)
    return data


def write_record(ctx: Context, ins: int, body: bytes) -> bytes:
    """WriteRecord: the first opens a new record, later ones write into the same one."""
    offset, length = int.from_bytes(body[1:4], "little"), int.from_bytes(body[4:7], "little")
    data = body[7:]
    file, pending = _writable(ctx, body[0])
    _check_inside(file, offset, length)
    if not pending.new_record:
        _open_record(ctx, file)
        pending.new_record = True
    file.records[-1] = _patched(file.records[-1], offset, data)
    ctx.note(bytes([ins]) + body[:7], data)
    return b""


def update_record(ctx: Context, ins: int, body: bytes) -> bytes:
    """UpdateRecord: overwrite part of a committed record, counted from the newest."""
    number, offset, length = (
        int.from_bytes(body[start : start + 3], "little") for start in (1, 4, 7)
    )
    data = body[10:]
    file, pending = _writable(ctx, body[0])
    _check_inside(file, offset, length)
    index = len(file.records) - int(pending.new_record) - 1 - number
    if index < 0:
        raise CardError(Status.BOUNDARY)
    file.records[index] = _patched(file.records[index], offset, data)
    ctx.note(bytes([ins]) + body[:10], data)
    return b""


def clear_record_file(ctx: Context, ins: int, body: bytes) -> bytes:
    """ClearRecordFile; nothing can be written to the file before the commit."""
    file, pending = ctx.pending(body[0], RecordFile)
    file.records = []
    pending.new_record = False
    pending.cleared = True
    ctx.note(bytes([ins]) + body[:1])
    return b""


def _writable(ctx: Context, file_no: int) -> tuple[RecordFile, Pending]:
    file, pending = ctx.pending(file_no, RecordFile)
    if pending.cleared:
        raise CardError(ctx.profile.write_after_clear_status)
    return file, pending


def _check_inside(file: RecordFile, offset: int, length: int) -> None:
    if length == 0:
        raise CardError(Status.PARAMETER)
    if offset + length > file.record_size:
        raise CardError(Status.BOUNDARY)


def _open_record(ctx: Context, file: RecordFile) -> None:
    spare = int(file.cyclic and ctx.profile.cyclic_spare_record)
    if len(file.records) >= file.max_records - spare:
        if not file.cyclic:
            raise CardError(Status.BOUNDARY)
        file.records = file.records[1:]
    file.records.append(bytes(file.record_size))


def _patched(content: bytes, offset: int, data: bytes) -> bytes:
    return content[:offset] + data + content[offset + len(data) :]
