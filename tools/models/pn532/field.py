"""The radio field of the reader: up to two type A cards, seen through ISO 14443-3 frames.

Owns field power, the activation states of each card (idle, ready, active, halted, in the block
protocol), collisions and the CRC on the air. Never looks into the block protocol itself. The
chip drives it; whoever holds the cards puts them in and takes them away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

MAX_CARDS = 2

REQA = 0x26
WUPA = 0x52
SELECT = (0x93, 0x95, 0x97)
CASCADE_TAG = 0x88
_HLTA = b"\x50\x00"
_RATS = 0xE0
_FULL_SELECT = 0x70
_UID_INCOMPLETE = 0x04


class Picc(Protocol):
    """A card as the field sees it: attributes for activation, then frames without CRC.

    `atqa` is two bytes in the order in which a PN532 reports them (03 44 for DESFire).
    `transceive` answers None when the card stays silent. After S(DESELECT) the frame WUPA wakes
    the card; every other frame of ISO 14443-3 is dealt with in the field.
    """

    @property
    def uid(self) -> bytes: ...
    @property
    def sak(self) -> int: ...
    @property
    def atqa(self) -> bytes: ...
    def field_on(self) -> None: ...
    def field_off(self) -> None: ...
    def transceive(self, frame: bytes) -> bytes | None: ...


class FieldError(ValueError):
    """A card that cannot be put into, or taken out of, the field."""


@dataclass(frozen=True)
class Reception:
    """What the reader's receiver saw.

    `bits` counts the valid bits of `data`, least significant bit of each byte first.
    `collision` is the position of the first bit on which two cards disagreed.
    """

    data: bytes
    bits: int
    collision: int | None = None

    @classmethod
    def whole(cls, data: bytes) -> Reception:
        return cls(data, len(data) * 8)

    def bit(self, position: int) -> int:
        return self.data[position >> 3] >> (position & 7) & 1


def crc_a(data: bytes) -> bytes:
    """CRC_A of ISO/IEC 14443-3 annex B, in the order sent."""
    crc = 0x6363
    for byte in data:
        low = byte ^ crc & 0xFF
        low ^= low << 4 & 0xFF
        crc = crc >> 8 ^ low << 8 ^ low << 3 ^ low >> 4
    return crc.to_bytes(2, "little")


def cascade_levels(uid: bytes) -> list[bytes]:
    """The four UID bytes of each cascade level, cascade tags included (14443-3 section 6.5.4)."""
    levels = []
    while len(uid) > 4:
        levels.append(bytes((CASCADE_TAG,)) + uid[:3])
        uid = uid[3:]
    return [*levels, uid]


class _State(Enum):
    IDLE = "idle"
    READY = "ready"
    ACTIVE = "active"
    PROTOCOL = "protocol"
    HALT = "halt"


class _Tag:
    """The ISO 14443-3 part of one card (14443-3 section 6.3, type A states)."""

    def __init__(self, picc: Picc) -> None:
        self.picc = picc
        self._state = _State.IDLE
        self._rest = _State.IDLE  # where a card falls back to: idle, or halted once it has been
        self._levels: list[bytes] = []
        self._deselected = False

    def power(self, on: bool) -> None:
        self._state = self._rest = _State.IDLE
        self._deselected = False
        if on:
            self.picc.field_on()
        else:
            self.picc.field_off()

    def short(self, command: int) -> Reception | None:
        """A seven-bit frame: REQA or WUPA."""
        waiting = _State.IDLE if command == REQA else self._rest
        if command in {REQA, WUPA} and self._state in {_State.IDLE, waiting}:
            if self._deselected and self.picc.transceive(bytes((WUPA,))) is None:
                return None
            self._deselected = False
            self._state = _State.READY
            self._levels = cascade_levels(self.picc.uid)
            return Reception.whole(self.picc.atqa[::-1])
        if self._state is not _State.PROTOCOL:
            self._state = self._rest
        return None

    def frame(self, data: bytes, bits: int) -> Reception | None:
        """A standard or bit-oriented frame, `bits` long."""
        if self._state is _State.READY:
            return self._anticollision(data, bits)
        if self._state in {_State.IDLE, _State.HALT}:
            return None
        body = data[:-2]
        whole = bits == len(data) * 8 and bits > 16 and crc_a(body) == data[-2:]
        if self._state is _State.PROTOCOL:
            return self._block(body) if whole else None
        if whole and body == _HLTA:
            self._rest = _State.HALT
        elif whole and body[0] == _RATS and (answer := self.picc.transceive(body)) is not None:
            self._state = _State.PROTOCOL
            return Reception.whole(answer + crc_a(answer))
        self._state = self._rest
        return None

    def _block(self, body: bytes) -> Reception | None:
        answer = self.picc.transceive(body)
        if answer is None:
            return None
        if body[0] & 0xF7 == 0xC2 and answer[0] & 0xF7 == 0xC2:  # S(DESELECT), with or without CID
            self._state = self._rest = _State.HALT
            self._deselected = True
        return Reception.whole(answer + crc_a(answer))

    def _anticollision(self, data: bytes, bits: int) -> Reception | None:
        level = self._levels[0]
        full = level + bytes((level[0] ^ level[1] ^ level[2] ^ level[3],))
        position = len(cascade_levels(self.picc.uid)) - len(self._levels)
        if bits < 16 or data[0] != SELECT[position]:
            self._state = self._rest
            return None
        if data[1] == _FULL_SELECT:
            return self._selected(data, full)
        known = (data[1] >> 4) * 8 + (data[1] & 7) - 16
        wanted = int.from_bytes(data[2:], "little")
        if (
            not 0 <= known < 40
            or bits != known + 16
            or ((int.from_bytes(full, "little") ^ wanted) & ((1 << known) - 1))
        ):
            self._state = self._rest
            return None
        # The answer continues the byte that the reader left open.
        return Reception(full[known >> 3 :], 40 - (known & ~7))

    def _selected(self, data: bytes, full: bytes) -> Reception | None:
        if data[2:] != full + crc_a(data[:7]):
            self._state = self._rest
            return None
        self._levels = self._levels[1:]
        sak = self.picc.sak
        if self._levels:
            sak = _UID_INCOMPLETE
        else:
            self._state = _State.ACTIVE
        return Reception.whole(bytes((sak,)) + crc_a(bytes((sak,))))


Listener = Callable[[str, bytes], None]
"""Called with ">" (reader to card) or "<" (card to reader) and the bytes on the air."""


class Field:
    """The space in front of the antenna.

    `listener` is told every frame on the air, CRC included, so that air time can be reckoned.
    """

    def __init__(self, listener: Listener | None = None) -> None:
        self._tags: list[_Tag] = []
        self._on = False
        self._listener = listener

    @property
    def on(self) -> bool:
        return self._on

    @property
    def cards(self) -> list[Picc]:
        """The cards in the field, in the order they came."""
        return [tag.picc for tag in self._tags]

    def insert(self, picc: Picc) -> None:
        """Bring a card into the field.

        Raises:
            FieldError: it is there already, or two cards are.
        """
        if any(tag.picc is picc for tag in self._tags):
            raise FieldError("that card is in the field already")
        if len(self._tags) == MAX_CARDS:
            raise FieldError(f"the field holds {MAX_CARDS} cards at most")
        tag = _Tag(picc)
        self._tags.append(tag)
        if self._on:
            tag.power(on=True)

    def remove(self, picc: Picc) -> None:
        """Take a card away; it loses power.

        Raises:
            FieldError: it is not in the field.
        """
        for tag in self._tags:
            if tag.picc is picc:
                self._tags.remove(tag)
                if self._on:
                    tag.power(on=False)
                return
        raise FieldError("that card is not in the field")

    def switch(self, on: bool) -> None:
        """Switch the carrier; every card gains or loses its power."""
        if on == self._on:
            return
        self._on = on
        for tag in self._tags:
            tag.power(on)

    def short(self, command: int) -> Reception | None:
        """Send a seven-bit frame (REQA 26h, WUPA 52h); what came back."""
        return self._exchange(bytes((command,)), lambda tag: tag.short(command))

    def send(self, data: bytes, bits: int | None = None) -> Reception | None:
        """Send a frame as it goes on the air (CRC included if it has one); what came back."""
        count = len(data) * 8 if bits is None else bits
        return self._exchange(data, lambda tag: tag.frame(data, count))

    def _exchange(self, data: bytes, ask: Callable[[_Tag], Reception | None]) -> Reception | None:
        if not self._on:
            return None
        self._tell(">", data)
        answers = [answer for tag in list(self._tags) if (answer := ask(tag)) is not None]
        if not answers:
            return None
        seen = _superpose(answers)
        self._tell("<", seen.data)
        return seen

    def _tell(self, direction: str, data: bytes) -> None:
        if self._listener is not None:
            self._listener(direction, data)


def _superpose(answers: list[Reception]) -> Reception:
    """Simultaneous answers as the receiver sees them."""
    first = answers[0]
    for other in answers[1:]:
        for position in range(min(first.bits, other.bits)):
            if first.bit(position) != other.bit(position):
                return Reception(first.data, first.bits, position)
    return first
