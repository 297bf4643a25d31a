"""Frames between a host and the reader chip: information, ACK, NACK and error frames.

Owns the byte layout and its checksums in both directions; knows no command and no transport.
Called by the chip core; tests use it to play the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ACK = bytes.fromhex("0000FF00FF00")
NACK = bytes.fromhex("0000FFFF0000")
ERROR = bytes.fromhex("0000FF01FF7F8100")

FROM_HOST = 0xD4
FROM_CHIP = 0xD5

MAX_NORMAL = 255
"""Longest payload, TFI included, of a normal frame."""

MAX_PAYLOAD = 265
"""Longest payload, TFI included, of an extended frame."""

_START = b"\x00\xff"


class FrameError(ValueError):
    """A payload that no frame can carry."""


class Signal(Enum):
    """The frames without content."""

    ACK = "ack"
    NACK = "nack"


@dataclass(frozen=True)
class Information:
    """A checked information frame; `payload` is TFI, command code and parameters."""

    payload: bytes


Item = Signal | Information


def encode(payload: bytes) -> bytes:
    """The frame around `payload` (TFI PD0…PDn): normal up to 255 bytes, else extended.

    Layout: UM0701-02 sections 6.2.1.1 and 6.2.1.2.

    Raises:
        FrameError: the payload is empty or longer than 265 bytes.
    """
    size = len(payload)
    if not 1 <= size <= MAX_PAYLOAD:
        raise FrameError(f"a frame carries 1 to {MAX_PAYLOAD} bytes, not {size}")
    if size <= MAX_NORMAL:
        head = bytes((size, -size & 0xFF))
    else:
        head = b"\xff\xff" + size.to_bytes(2, "big") + bytes((-((size >> 8) + size) & 0xFF,))
    return b"\x00" + _START + head + payload + bytes((-sum(payload) & 0xFF, 0))


class Decoder:
    """Finds frames in the bytes a host sends, in any division.

    Zeros before a frame and the missing first or last zero of one are tolerated. A frame with
    a wrong checksum is skipped without a word, as the chip does, and the search for the next
    start code goes on right after the broken one's.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Item]:
        """The frames that `data` completes, in order."""
        self._buffer += data
        items: list[Item] = []
        while (start := self._buffer.find(_START)) >= 0:
            del self._buffer[:start]
            used, item = _parse(self._buffer)
            if used == 0:
                return items
            if item is not None:
                items.append(item)
            del self._buffer[:used]
        del self._buffer[: max(len(self._buffer) - 1, 0)]
        return items

    def clear(self) -> None:
        """Forget a frame that was begun."""
        self._buffer.clear()


_SIGNALS = {b"\x00\xff": Signal.ACK, b"\xff\x00": Signal.NACK}
_BROKEN: tuple[int, Item | None] = (len(_START), None)
_INCOMPLETE: tuple[int, Item | None] = (0, None)


def _parse(data: bytearray) -> tuple[int, Item | None]:
    """One frame at the start code in data[0:2]: bytes used (0: more needed) and the frame.

    A broken frame uses only the start code's two bytes.
    """
    if len(data) < 4:
        return _INCOMPLETE
    head = bytes(data[2:4])
    if head in _SIGNALS:
        return 4, _SIGNALS[head]
    body = 4
    if head == b"\xff\xff":
        head, body = bytes(data[4:7]), 7
    length = int.from_bytes(head[:-1], "big")
    end = body + length + 1
    if len(data) >= body and (sum(head) & 0xFF or not 1 <= length <= MAX_PAYLOAD):
        return _BROKEN
    if len(data) < max(body, end):
        return _INCOMPLETE
    if sum(data[body:end]) & 0xFF:
        return _BROKEN
    return end, Information(bytes(data[body : end - 1]))
