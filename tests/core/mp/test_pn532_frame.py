from firmware.core import pn532_frame as frame
from firmware.core.errors import CARD_REQUEST, READER_FRAME, VafaError
from tests.mp_runner import raises

EXCHANGE = bytes.fromhex("0000FF05FBD5410091005900")
PAYLOAD = bytes.fromhex("D541009100")


def test_every_beginning_of_a_frame_is_incomplete():
    for size in range(len(EXCHANGE) - 1):
        assert frame.parse(EXCHANGE[:size]) is None
    assert frame.parse(EXCHANGE[:-1]) == (frame.KIND_DATA, PAYLOAD, len(EXCHANGE) - 1)


def test_answer_follows_its_ack_in_one_buffer():
    buffer = bytearray(frame.ACK + EXCHANGE)
    kind, payload, end = frame.parse(buffer)
    assert (kind, payload) == (frame.KIND_ACK, b"")
    kind, payload, end = frame.parse(buffer[end:])
    assert (kind, payload) == (frame.KIND_DATA, PAYLOAD)


def test_leading_zeros_may_be_missing_or_many():
    for start in (EXCHANGE[1:], bytes(9) + EXCHANGE):
        assert frame.parse(start)[1] == PAYLOAD


def test_special_frames():
    assert frame.parse(frame.NACK)[0] == frame.KIND_NACK
    assert frame.parse(frame.ERROR)[0] == frame.KIND_ERROR


def test_any_flipped_bit_behind_the_start_code_is_found():
    for index in range(3, len(EXCHANGE) - 1):
        for bit in range(8):
            damaged = bytearray(EXCHANGE)
            damaged[index] ^= 1 << bit
            try:
                parsed = frame.parse(damaged)
            except VafaError as error:
                assert error.code == READER_FRAME
            else:
                # Only a longer length may go unnoticed, and only as "not all there yet".
                assert parsed is None or parsed[1] != PAYLOAD
                assert parsed is None or parsed[0] != frame.KIND_DATA


def test_impossible_lengths_are_refused():
    for text in ("0000FF0000D400", "0000FFFFFF0000000000", "0000FFFFFF010AF5D400"):
        assert raises(VafaError, frame.parse, bytes.fromhex(text)).code == READER_FRAME


def test_longest_payload_goes_out_and_comes_back():
    for size in (1, 255, 256, 265):
        payload = bytes(index & 0xFF for index in range(size))
        built = frame.build(payload)
        assert len(built) == size + (7 if size <= 255 else 10)
        assert frame.parse(built)[1] == payload
    for size in (0, 266):
        assert raises(VafaError, frame.build, bytes(size)).code == CARD_REQUEST


def test_bits_are_mirrored_within_each_byte():
    assert frame.reverse_bits(b"\x01\xd4\xff\x80") == b"\x80\x2b\xff\x01"
    everything = bytes(range(256))
    assert frame.reverse_bits(frame.reverse_bits(everything)) == everything
