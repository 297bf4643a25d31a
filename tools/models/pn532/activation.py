"""The reader's side of ISO 14443-3: waking, anticollision, selection and halting of cards.

Turns the field's frames into "one card selected" or nothing; keeps no state between calls.
Called by the target commands of the chip.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.models.pn532.field import (
    CASCADE_TAG,
    REQA,
    SELECT,
    WUPA,
    Field,
    Reception,
    cascade_levels,
    crc_a,
)

_LEVEL_BITS = 40  # four UID bytes and their check byte
_MORE_UID = 0x04


@dataclass(frozen=True)
class Selected:
    """A card in the state ACTIVE. `atqa` is in the order in which the chip reports it."""

    atqa: bytes
    sak: int
    uid: bytes


def wake(field: Field) -> bytes | None:
    """The ATQA of idle cards, or else of halted ones too.

    The sources leave open when the chip sends WUPA. It must find a released (halted) card
    again, and drivers that list one card after the other need the halted one to stay silent
    while an idle one answers; asking with REQA first and WUPA second serves both.
    """
    for command in (REQA, WUPA):
        seen = field.short(command)
        if seen is not None:
            return seen.data[::-1]
    return None


def select_any(field: Field, avoid: bytes = b"") -> Selected | None:
    """Select one card; of several, one whose UID is not `avoid`.

    At a collision the reader takes the side of the 1, or the side away from `avoid`.
    """
    atqa = wake(field)
    if atqa is None:
        return None
    uid = b""
    shun = cascade_levels(avoid) if avoid else []
    for code in SELECT:
        level = _anticollision(field, code, shun.pop(0) if shun else None)
        if level is None:
            return None
        if avoid and not avoid.startswith(uid + level[level[0] == CASCADE_TAG :]):
            shun = []
        sak = _select(field, code, level)
        if sak is None:
            return None
        if not sak & _MORE_UID:
            return Selected(atqa, sak, uid + level)
        uid += level[1:]
    return None


def select_uid(field: Field, levels: bytes) -> Selected | None:
    """Select the card with this UID, given with its cascade tags, four bytes a level."""
    atqa = wake(field)
    if atqa is None:
        return None
    uid = b""
    sak: int | None = _MORE_UID
    for code, start in zip(SELECT, range(0, len(levels), 4), strict=False):
        level = levels[start : start + 4]
        sak = _select(field, code, level)
        if sak is None:
            return None
        uid += level[1:] if sak & _MORE_UID else level
    return None if sak is None or sak & _MORE_UID else Selected(atqa, sak, uid)


def with_cascade_tags(uid: bytes) -> bytes:
    """A UID in the form that `select_uid` takes."""
    return b"".join(cascade_levels(uid))


def is_uid_filter(data: bytes) -> bool:
    """Whether `data` is a UID of one to three levels with its cascade tags."""
    tags = data[:-4:4]
    return len(data) in {4, 8, 12} and all(tag == CASCADE_TAG for tag in tags)


def halt(field: Field) -> None:
    """Send HLTA; the card in the state ACTIVE halts. Silence is its answer."""
    field.send(b"\x50\x00" + crc_a(b"\x50\x00"))


def _anticollision(field: Field, code: int, shun: bytes | None) -> bytes | None:
    """The four UID bytes of one level, or None if the cards fell silent or the check failed."""
    value, known = 0, 0
    for _ in range(_LEVEL_BITS):
        request = bytes((code, 0x20 + ((known >> 3) << 4) + (known & 7)))
        seen = field.send(request + value.to_bytes(5, "little")[: -(-known // 8)], 16 + known)
        if seen is None:
            return None
        base = known & ~7
        value = value & ((1 << base) - 1) | int.from_bytes(seen.data, "little") << base
        if seen.collision is None:
            level = value.to_bytes(5, "little")
            check = level[0] ^ level[1] ^ level[2] ^ level[3] ^ level[4]
            return level[:4] if check == 0 else None
        position = base + seen.collision
        value &= (1 << position) - 1
        away = int.from_bytes(shun, "little") if shun is not None else 0
        if (value ^ away) & ((1 << position) - 1) or not away >> position & 1:
            value |= 1 << position
        known = position + 1
    return None


def _select(field: Field, code: int, level: bytes) -> int | None:
    """Send SELECT for one level; the SAK."""
    check = level[0] ^ level[1] ^ level[2] ^ level[3]
    request = bytes((code, 0x70)) + level + bytes((check,))
    data = checked(field.send(request + crc_a(request)))
    return data[0] if data is not None and len(data) == 1 else None


def checked(seen: Reception | None) -> bytes | None:
    """The bytes of a standard frame without its CRC, or None if it was none or damaged."""
    if seen is None or seen.collision is not None or seen.bits % 8 or len(seen.data) < 3:
        return None
    body = seen.data[:-2]
    return body if crc_a(body) == seen.data[-2:] else None
