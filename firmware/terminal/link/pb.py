"""Protocol-buffer codec of the terminal: dictionaries to bytes and back, by the field tables.

Carries what messages.py needs: varints, bytes, strings, nested and repeated fields. It is stricter
than the format allows (no value twice, no padded varint, no integer out of range), so that two
readers never see two messages in the same bytes. Called by the link, on untrusted bytes too.

Format: protobuf.dev, "Encoding". Tables: tools/protogen/firmware.py.

A decoded dictionary has every plain field (0, False, b"", "" or [] when absent) and, of messages
and members of a oneof, those that were sent.
"""

UINT32 = 1
UINT64 = 2
INT32 = 3
INT64 = 4
SINT32 = 5
SINT64 = 6
BOOL = 7
ENUM = 8
BYTES = 9
STRING = 10
MESSAGE = 11

KIND_MASK = 0x0F
# Flags of a field's kind.
REPEATED = 0x10
PRESENCE = 0x20  # absent differs from zero: messages and members of a oneof
ONEOF_SHIFT = 6  # from here up: number of the oneof in its message, from 1; 0 for none

MAX_BYTES = 4096
MAX_DEPTH = 6

_VARINT = 0
_LENGTH = 2
# Wire type -> bytes, of the kinds that are only skipped.
_FIXED = {1: 8, 5: 4}

# Kind -> (lowest, highest) value.
_RANGES = {
    UINT32: (0, 0xFFFFFFFF),
    UINT64: (0, 0xFFFFFFFFFFFFFFFF),
    INT32: (-0x80000000, 0x7FFFFFFF),
    INT64: (-0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
    SINT32: (-0x80000000, 0x7FFFFFFF),
    SINT64: (-0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
    BOOL: (0, 1),
    ENUM: (-0x80000000, 0x7FFFFFFF),
}
# Kind -> value of an absent field, where it is not 0.
_EMPTY = {BOOL: False, BYTES: b"", STRING: ""}


class PbError(ValueError):
    """The bytes or the values are not a message of the table."""


class TruncatedError(PbError):
    """The bytes end inside a field."""


class OverlongError(PbError):
    """A varint is longer than its value needs, or than 64 bits."""


class LimitError(PbError):
    """Larger or deeper than the stated limits, or an integer beyond its field's range."""


class MalformedError(PbError):
    """Wrong wire type, field number 0, bad text, the same value twice, an unknown name."""


def encode(table, values, max_bytes=MAX_BYTES):
    """The bytes of a message, the same for the same values.

    Raises MalformedError for a name the table lacks or two members of one oneof, LimitError for an
    integer out of range or a result above max_bytes.
    """
    out = bytearray()
    _encode(table, values, out, 1)
    if len(out) > max_bytes:
        raise LimitError("message of %d bytes" % len(out))
    return bytes(out)


def decode(table, data, max_bytes=MAX_BYTES):
    """The values of a message. Unknown fields are skipped.

    Raises a subclass of PbError, and nothing else, for any bytes that are not a message.
    """
    if len(data) > max_bytes:
        raise LimitError("message of %d bytes" % len(data))
    return _decode(table, data, 0, len(data), 1)


def _encode(table, values, out, depth):
    if depth > MAX_DEPTH:
        raise LimitError("nested too deep")
    written = 0
    oneofs = 0
    for number, name, kind, nested in table:
        if name not in values:
            continue
        written += 1
        oneofs = _claim_oneof(oneofs, kind, name)
        value = values[name]
        if kind & REPEATED:
            _put_repeated(number, kind & KIND_MASK, nested, value, out, depth)
        elif kind & PRESENCE or value:
            _put_field(number, kind & KIND_MASK, nested, value, out, depth)
    if written != len(values):
        raise MalformedError("a name that the message lacks")


def _put_repeated(number, kind, nested, items, out, depth):
    if not items:
        return
    if kind in _RANGES:
        packed = bytearray()
        for item in items:
            _put_varint(packed, _to_wire(kind, item))
        _put_varint(out, number << 3 | _LENGTH)
        _put_varint(out, len(packed))
        out.extend(packed)
        return
    for item in items:
        _put_field(number, kind, nested, item, out, depth)


def _put_field(number, kind, nested, value, out, depth):
    if kind in _RANGES:
        _put_varint(out, number << 3 | _VARINT)
        _put_varint(out, _to_wire(kind, value))
        return
    if kind == MESSAGE:
        body = bytearray()
        _encode(nested, value, body, depth + 1)
    elif kind == STRING:
        body = value.encode()
    else:
        body = value
    _put_varint(out, number << 3 | _LENGTH)
    _put_varint(out, len(body))
    out.extend(body)


def _put_varint(out, value):
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _to_wire(kind, value):
    low, high = _RANGES[kind]
    if not low <= value <= high:
        raise LimitError("integer out of range")
    if kind in (SINT32, SINT64):
        return value << 1 if value >= 0 else (-value << 1) - 1
    return int(value) if value >= 0 else value + (1 << 64)


def _from_wire(kind, raw):
    if kind in (SINT32, SINT64):
        value = raw >> 1 if not raw & 1 else -(raw >> 1) - 1
    elif kind in (INT32, INT64, ENUM) and raw >> 63:
        value = raw - (1 << 64)
    else:
        value = raw
    low, high = _RANGES[kind]
    if not low <= value <= high:
        raise LimitError("integer out of range")
    return value == 1 if kind == BOOL else value


def _claim_oneof(claimed, kind, name):
    oneof = kind >> ONEOF_SHIFT
    if not oneof:
        return claimed
    if claimed >> oneof & 1:
        raise MalformedError("second member of a oneof: " + name)
    return claimed | 1 << oneof


def _defaults(table):
    values: dict = {}
    for _, name, kind, _ in table:
        if kind & REPEATED:
            values[name] = []
        elif not kind & PRESENCE:
            values[name] = _EMPTY.get(kind, 0)
    return values


def _decode(table, data, at, end, depth):
    if depth > MAX_DEPTH:
        raise LimitError("nested too deep")
    values = _defaults(table)
    seen = set()
    oneofs = 0
    while at < end:
        key, at = _get_varint(data, at, end)
        number = key >> 3
        wire = key & 7
        if not 0 < number < 1 << 29:
            raise MalformedError("field number")
        field = _find(table, number)
        if field is None:
            at = _skip(data, at, end, wire)
            continue
        _, name, kind, nested = field
        if kind & REPEATED:
            at = _get_repeated(values[name], kind & KIND_MASK, nested, wire, data, at, end, depth)
            continue
        if number in seen:
            raise MalformedError("value twice: " + name)
        seen.add(number)
        oneofs = _claim_oneof(oneofs, kind, name)
        values[name], at = _get_field(kind & KIND_MASK, nested, wire, data, at, end, depth)
    return values


def _find(table, number):
    for field in table:
        if field[0] == number:
            return field
    return None


def _get_repeated(items, kind, nested, wire, data, at, end, depth):
    if kind in _RANGES and wire == _LENGTH:
        size, at = _get_length(data, at, end)
        end = at + size
        while at < end:
            raw, at = _get_varint(data, at, end)
            items.append(_from_wire(kind, raw))
        return at
    item, at = _get_field(kind, nested, wire, data, at, end, depth)
    items.append(item)
    return at


def _get_field(kind, nested, wire, data, at, end, depth):
    if wire != (_VARINT if kind in _RANGES else _LENGTH):
        raise MalformedError("wire type")
    if wire == _VARINT:
        raw, at = _get_varint(data, at, end)
        return _from_wire(kind, raw), at
    size, at = _get_length(data, at, end)
    end = at + size
    if kind == MESSAGE:
        return _decode(nested, data, at, end, depth + 1), end
    body = bytes(data[at:end])
    if kind == BYTES:
        return body, end
    try:
        return str(body, "utf-8"), end
    except UnicodeError:
        raise MalformedError("text is not UTF-8")


def _get_length(data, at, end):
    size, at = _get_varint(data, at, end)
    if size > end - at:
        raise TruncatedError("field of %d bytes" % size)
    return size, at


def _get_varint(data, at, end):
    value = 0
    shift = 0
    while True:
        if at >= end:
            raise TruncatedError("varint")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise OverlongError("varint")
    if value >> 64 or (not byte and shift):
        raise OverlongError("varint")
    return value, at


def _skip(data, at, end, wire):
    if wire == _VARINT:
        return _get_varint(data, at, end)[1]
    if wire == _LENGTH:
        size, at = _get_length(data, at, end)
    elif wire in _FIXED:
        size = _FIXED[wire]
    else:
        raise MalformedError("wire type")
    if size > end - at:
        raise TruncatedError("unknown field")
    return at + size
