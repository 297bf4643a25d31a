import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.pn532 import host
from tools.models.pn532.frames import Decoder, FrameError, Information, Signal, encode

# Printed in logs of libnfc, nfcpy and Adafruit's driver.
KNOWN = [
    ("D402", "0000FF02FED4022A00"),
    ("D50332010607", "0000FF06FAD50332010607E800"),
    ("D414010000", "0000FF05FBD4140100001700"),
    ("D54301", "0000FF03FDD54301E700"),
]


@pytest.mark.parametrize(("payload", "expected"), KNOWN)
def test_known_frames_are_built_and_read(payload, expected):
    assert encode(bytes.fromhex(payload)).hex().upper() == expected
    assert Decoder().feed(bytes.fromhex(expected)) == [Information(bytes.fromhex(payload))]


@pytest.mark.parametrize("size", [1, 254, 255, 256, 265])
def test_the_form_changes_above_255_bytes(size):
    payload = bytes(range(1, 250))[:size].ljust(size, b"\xd4")
    data = encode(payload)
    assert data == host.frame(payload)
    assert (data[3:5] == b"\xff\xff") == (size > 255)
    assert Decoder().feed(data) == [Information(payload)]


@pytest.mark.parametrize("size", [0, 266])
def test_what_no_frame_can_carry_is_refused(size):
    with pytest.raises(FrameError, match=str(size)):
        encode(bytes(size))


def test_a_short_payload_in_an_extended_frame_is_taken():
    assert Decoder().feed(bytes.fromhex("0000FFFFFF0002FED4022A00")) == [Information(b"\xd4\x02")]


@pytest.mark.parametrize("length", ["0000", "010A", "FFFF"])
def test_an_extended_length_out_of_bounds_does_not_swallow_what_follows(length):
    size = bytes.fromhex(length)
    bad = b"\0\0\xff\xff\xff" + size + bytes(((256 - sum(size)) & 255,))
    assert Decoder().feed(bad + host.ACK) == [Signal.ACK]


def test_leading_zeros_and_missing_preamble_are_tolerated():
    decoder = Decoder()
    assert decoder.feed(bytes(20) + host.frame(b"\xd4\x02")[1:]) == [Information(b"\xd4\x02")]
    assert decoder.feed(host.frame(b"\xd4\x04")[1:-1]) == [Information(b"\xd4\x04")]


def test_signals():
    assert Decoder().feed(host.NACK + host.ACK) == [Signal.NACK, Signal.ACK]


@given(
    payloads=st.lists(st.binary(min_size=1, max_size=265), min_size=1, max_size=4),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=8),
)
def test_any_division_of_the_stream_gives_the_same_frames(payloads, cuts):
    stream = b"".join(host.frame(payload) for payload in payloads)
    decoder, seen, at, turn = Decoder(), [], 0, 0
    while at < len(stream):
        step = cuts[turn % len(cuts)]
        seen += decoder.feed(stream[at : at + step])
        at, turn = at + step, turn + 1
    assert seen == [Information(payload) for payload in payloads]


@given(position=st.integers(3, 10), flip=st.integers(1, 255))
def test_a_damaged_frame_is_never_taken_and_the_next_one_is(position, flip):
    data = bytearray(host.frame(bytes.fromhex("D414010000")))
    data[position] ^= flip
    items = Decoder().feed(bytes(data) + bytes(300) + host.frame(b"\xd4\x02"))
    assert items[-1:] == [Information(b"\xd4\x02")]
    assert Information(bytes.fromhex("D414010000")) not in items
