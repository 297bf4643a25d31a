from firmware.core import bits
from firmware.core.errors import CARD_REQUEST, VafaError
from tests.mp_runner import raises


def test_amounts_keep_their_sign_and_never_wrap():
    for value, wire in (
        (0, b"\x00\x00\x00\x00"),
        (-1, b"\xff\xff\xff\xff"),
        (bits.INT32_MAX, b"\xff\xff\xff\x7f"),
        (-bits.INT32_MAX - 1, b"\x00\x00\x00\x80"),
    ):
        assert bits.i32(value) == wire
        assert bits.read_i32(wire) == value
    for value in (bits.INT32_MAX + 1, -bits.INT32_MAX - 2):
        assert raises(VafaError, bits.i32, value).code == CARD_REQUEST


def test_unsigned_numbers_are_little_endian_and_bounded():
    assert bits.u16(0x1234) == b"\x34\x12"
    assert bits.u24(0x123456) == b"\x56\x34\x12"
    assert bits.u32(0xFFFFFFFF) == b"\xff\xff\xff\xff"
    for function, too_much in ((bits.u16, 1 << 16), (bits.u24, 1 << 24), (bits.u32, 1 << 32)):
        raises(VafaError, function, too_much)
        raises(VafaError, function, -1)


def test_equal_sees_every_byte_and_the_length():
    tag = bytes(range(8))
    assert bits.equal(tag, bytearray(tag))
    assert not bits.equal(tag, tag[:-1])
    assert not bits.equal(b"", tag)
    for index in range(8):
        other = bytearray(tag)
        other[index] ^= 0x80
        assert not bits.equal(tag, other)


def test_xor_keeps_leading_zeros_and_refuses_unequal_lengths():
    assert bits.xor(b"\x01\x02", b"\x01\x03") == b"\x00\x01"
    raises(VafaError, bits.xor, b"\x01", b"\x01\x02")


def test_zero_fill_adds_nothing_to_whole_blocks():
    assert bits.zero_fill(b"") == b""
    assert bits.zero_fill(bytes(16)) == bytes(16)
    assert bits.zero_fill(b"\x01" * 17) == b"\x01" * 17 + bytes(15)
