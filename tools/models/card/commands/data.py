"""Owns ReadData and WriteData: standard files at once, backup files until the commit.

Never handles records or values. Also reads the transaction MAC file, which alone leaves no
trace in the transaction MAC input. Layouts: AN12343, MF2DL(H)x0 10.3.4.
"""

from tools.models.card.context import Context
from tools.models.card.state import DataFile, TransactionMacFile
from tools.models.card.status import CardError, Status


def read_data(ctx: Context, ins: int, body: bytes) -> bytes:
    """ReadData; length 0 reads to the end."""
    file_no, offset, length = _place(body)
    if isinstance(ctx.file(file_no), TransactionMacFile):
        file = ctx.typed(file_no, TransactionMacFile)
        content = file.counter.to_bytes(4, "little") + file.mac_value
        data, _ = _slice(content, offset, length)
        return data
    data, length = _slice(ctx.visible(file_no, DataFile).content, offset, length)
    ctx.note(bytes([ins]) + body[:4] + length.to_bytes(3, "little"), data)
    return data


def _place(body: bytes) -> tuple[int, int, int]:
    return body[0], int.from_bytes(body[1:4], "little"), int.from_bytes(body[4:7], "little")


def _slice(content: bytes, offset: int, length: int) -> tuple[bytes, int]:
    """The bytes asked for and their true number."""
    length = length or len(content) - offset
    if offset >= len(content) or offset + length > len(content):
        raise CardError(Status.BOUNDARY)
    return content[offset : offset + length], length


def write_data(ctx: Context, ins: int, body: bytes) -> bytes:
    """WriteData."""
    file_no, offset, length = _place(body)
    data = body[7:]
    file = ctx.typed(file_no, DataFile)
    if length == 0:
        raise CardError(Status.PARAMETER)
    if offset + length > len(file.content):
        raise CardError(Status.BOUNDARY)
    if file.backup:
        target, _ = ctx.pending(file_no, DataFile)
        target.content = _patched(target.content, offset, data)
    else:
        _write_at_once(ctx, file, offset, data)
    ctx.note(bytes([ins]) + body[:7], data)
    return b""


def _write_at_once(ctx: Context, file: DataFile, offset: int, data: bytes) -> None:
    """A standard file has no second copy: a tear leaves it half written."""
    if ctx.supply.failing == "rolled_back":
        ctx.supply.failing = "done"
        data = data[: len(data) // 2]
    file.content = _patched(file.content, offset, data)
    ctx.save()


def _patched(content: bytes, offset: int, data: bytes) -> bytes:
    return content[:offset] + data + content[offset + len(data) :]
