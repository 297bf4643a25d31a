"""Byte-level helpers of the card protocol: compare, XOR, rotate, little-endian numbers.

Owns what MicroPython lacks or does silently wrong (signed integers, overflow, hmac).
Never knows a command or a layout. Called by every module of the card protocol.
"""

from firmware.core.errors import CARD_REQUEST, VafaError

BLOCK = 16
INT32_MAX = 0x7FFFFFFF


def equal(left, right):
    """Compare two byte strings in a time that depends on their length only."""
    if len(left) != len(right):
        return False
    difference = 0
    for a, b in zip(left, right):
        difference |= a ^ b
    return difference == 0


def xor(left, right):
    """XOR of two byte strings of equal length."""
    size = len(left)
    if size != len(right):
        raise VafaError(CARD_REQUEST, "xor of unequal lengths")
    mixed = int.from_bytes(left, "big") ^ int.from_bytes(right, "big")
    return mixed.to_bytes(size, "big")


def rotate_left(data):
    """The byte string with its first byte moved to the end."""
    return data[1:] + data[:1]


def zero_fill(data):
    """The data followed by the shortest run of zeros that completes its last block."""
    return data + bytes(-len(data) % BLOCK)


def u16(value):
    """Unsigned 16-bit number as 2 bytes, little-endian."""
    return _unsigned(value, 2)


def u24(value):
    """Unsigned 24-bit number (offset, length, record number) as 3 bytes, little-endian."""
    return _unsigned(value, 3)


def u32(value):
    """Unsigned 32-bit number as 4 bytes, little-endian."""
    return _unsigned(value, 4)


def i32(value):
    """Signed 32-bit amount as 4 bytes, little-endian two's complement."""
    if not -INT32_MAX - 1 <= value <= INT32_MAX:
        raise VafaError(CARD_REQUEST, "amount beyond 32 bits")
    return (value & 0xFFFFFFFF).to_bytes(4, "little")


def read_unsigned(data):
    """The unsigned number in little-endian bytes."""
    return int.from_bytes(data, "little")


def read_i32(data):
    """The signed amount in 4 little-endian bytes."""
    if len(data) != 4:
        raise VafaError(CARD_REQUEST, "an amount has 4 bytes")
    value = int.from_bytes(data, "little")
    return value - 0x100000000 if value > INT32_MAX else value


def _unsigned(value, size):
    if not 0 <= value < 1 << (8 * size):
        raise VafaError(CARD_REQUEST, "number beyond %d bytes" % size)
    return value.to_bytes(size, "little")
