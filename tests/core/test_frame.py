"""Link frames: anything survives the pipe, nothing damaged gets through, the reader recovers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core import frame

bodies = st.binary(max_size=frame.MAX_BODY)


@given(st.integers(0, 255), st.integers(0, 0xFFFF), bodies)
def test_round_trip(channel: int, counter: int, body: bytes) -> None:
    wire = frame.encode(channel, counter, body)
    assert wire.endswith(b"\0")
    assert wire.count(0) == 1
    assert len(wire) <= frame.MAX_WIRE + 1
    assert frame.Reader().feed(wire) == [(channel, counter, body)]


@pytest.mark.parametrize("size", [0, 1, 245, 246, 247, 253, 254, 255, 508, 509, frame.MAX_BODY])
@pytest.mark.parametrize("byte", [b"\0", b"\1", b"\xff"])
def test_stuffing_at_its_edges(size: int, byte: bytes) -> None:
    body = byte * size
    assert frame.Reader().feed(frame.encode(1, 2, body)) == [(1, 2, body)]


@given(bodies, st.data())
def test_one_changed_byte_never_gets_through(body: bytes, data: st.DataObject) -> None:
    wire = bytearray(frame.encode(1, 7, body))
    at = data.draw(st.integers(0, len(wire) - 1))
    wire[at] ^= data.draw(st.integers(1, 255))
    reader = frame.Reader()
    assert (1, 7, body) not in reader.feed(bytes(wire) + b"\0") or at == len(wire) - 1


@given(st.binary(max_size=300), bodies)
def test_a_frame_after_noise_is_found(noise: bytes, body: bytes) -> None:
    frames = frame.Reader().feed(noise + b"\0" + frame.encode(3, 1, body))
    assert frames[-1] == (3, 1, body)


@given(bodies, st.integers(1, 64))
def test_pieces_of_any_size(body: bytes, step: int) -> None:
    wire = frame.encode(1, 1, body)
    reader = frame.Reader()
    frames = []
    for start in range(0, len(wire), step):
        frames += reader.feed(wire[start : start + step])
    assert frames == [(1, 1, body)]


def test_endless_bytes_are_bounded_and_counted() -> None:
    reader = frame.Reader()
    for _ in range(10):
        assert reader.feed(b"\x01" * frame.MAX_WIRE) == []
    assert reader.feed(b"\0" + frame.encode(1, 1, b"ok")) == [(1, 1, b"ok")]
    assert reader.damaged == 1


def test_too_long_body_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        frame.encode(1, 1, bytes(frame.MAX_BODY + 1))
