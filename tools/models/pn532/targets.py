"""The chip's target commands: finding cards, the logical target numbers, exchanging data.

Owns the table of the two targets and which of them is selected. Answers are the bytes after
the answer code of each command. Called by the command set; talks to cards through the field.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.models.pn532 import activation, isodep
from tools.models.pn532.activation import Selected
from tools.models.pn532.field import Field, Reception, crc_a

MAX_TARGETS = 2

OK = 0x00
TIMEOUT = 0x01
CRC_ERROR = 0x02
COLLISION = 0x06
RF_PROTOCOL_ERROR = 0x0B
BUFFER_OVERFLOW = 0x0E
INVALID_PARAMETER = 0x10
WRONG_CONTEXT = 0x27

MORE = 0x40
"""Bit 6 of a target number or a status: more data follows."""

MAX_DATA = 262
"""Most data bytes of one exchange in either direction (UM0701-02 section 7.3.8)."""

_ISO_DEP = 0x20  # SAK bit 6: the card knows ISO 14443-4

TX_MODE, RX_MODE, MANUAL_RCV = 0x6302, 0x6303, 0x630D
FIFO_DATA, CONTROL, BIT_FRAMING = 0x6339, 0x633C, 0x633D
_CRC_ON = 0x80
_FRAMING = 0x03  # 00 is ISO 14443 type A
_NO_PARITY = 0x10


@dataclass
class Target:
    """One entry of the chip's table."""

    number: int
    card: Selected
    link: isodep.IsoDep | None = None
    rates: tuple[int, int] = (0, 0)
    surplus: bytes = b""  # part of an answer that did not fit into one host frame

    def record(self) -> bytes:
        """The target as InListPassiveTarget reports it (UM0701-02 section 7.3.5)."""
        ats = b"" if self.link is None else self.link.ats
        uid = self.card.uid
        head = bytes((self.number,)) + self.card.atqa + bytes((self.card.sak, len(uid)))
        return head + uid + ats


class Targets:
    """The target commands over one field. `registers` is the chip's register file."""

    def __init__(self, field: Field, registers: dict[int, int]) -> None:
        self._field = field
        self._registers = registers
        self._table: dict[int, Target] = {}
        self._current: Target | None = None
        self.automatic_rats = True
        self.last_error = OK

    @property
    def table(self) -> list[Target]:
        """The targets known, in the order of their numbers."""
        return list(self._table.values())

    def forget(self) -> None:
        """Drop the table without a word to the cards."""
        self._table.clear()
        self._current = None

    def switch_field(self, on: bool) -> None:
        """Switch the carrier; without it no target remains."""
        self._field.switch(on)
        if not on:
            self.forget()

    @property
    def field_is_on(self) -> bool:
        return self._field.on

    def find(self, most: int, uid_filter: bytes) -> list[Target]:
        """Look for cards once and fill the table anew with up to `most` of them.

        A card still selected does not hear the search. Drivers report that the search after
        such a fruitless one succeeds, so the chip must have let go of the card at its end.
        """
        selected = self._current
        self.forget()
        self._field.switch(on=True)
        # Whatever a host wrote before: the chip sets these for its own commands.
        self._registers.update({TX_MODE: _CRC_ON, RX_MODE: _CRC_ON, MANUAL_RCV: 0, BIT_FRAMING: 0})
        if uid_filter:
            first = activation.select_uid(self._field, uid_filter)
        else:
            first = activation.select_any(self._field)
        if first is None:
            # Drivers read the last byte sent from here to tell silence from a broken answer.
            self._registers[FIFO_DATA] = 0x26
            self._current = selected
            self._leave()
            return []
        second = self._another(first) if most > 1 and not uid_filter else None
        for card in [first] if second is None else [first, second]:
            if second is not None:
                self._leave()
                activation.select_uid(self._field, activation.with_cascade_tags(card.uid))
            target = Target(len(self._table) + 1, card)
            if self._enter(target):
                self._table[target.number] = target
        return self.table

    def _another(self, first: Selected) -> Selected | None:
        """A second card beside the one selected; without one, the first is selected again."""
        activation.halt(self._field)
        other = activation.select_any(self._field, avoid=first.uid)
        if other is not None and other.uid != first.uid:
            activation.halt(self._field)
            return other
        if other is None:
            activation.select_uid(self._field, activation.with_cascade_tags(first.uid))
        return None

    def _enter(self, target: Target) -> bool:
        """Go on from ACTIVE: RATS where it is due. False if the card did not answer it."""
        self._current = target
        target.link, target.rates, target.surplus = None, (0, 0), b""
        if self.automatic_rats and target.card.sak & _ISO_DEP:
            target.link = isodep.IsoDep.activate(self._air)
            if target.link is None:
                self._current = None
        return self._current is target

    def _leave(self) -> bool:
        """Send the selected card to sleep; False if it did not confirm."""
        current, self._current = self._current, None
        if current is None:
            return True
        if current.link is None:
            activation.halt(self._field)
            return True
        return current.link.deselect()

    def _air(self, frame: bytes) -> bytes | None:
        return activation.checked(self._field.send(frame + crc_a(frame)))

    def _reach(self, target: Target) -> bool:
        """Make `target` the selected one."""
        if self._current is target:
            return True
        self._leave()
        uid = activation.with_cascade_tags(target.card.uid)
        return activation.select_uid(self._field, uid) is not None and self._enter(target)

    def _status(self, code: int, data: bytes = b"") -> bytes:
        self.last_error = code & 0x3F
        return bytes((code,)) + data

    def exchange(self, number: int, data: bytes) -> bytes:
        """InDataExchange: status and data. Bit 6 of `number`: more of the command follows."""
        target = self._table.get(number & ~MORE)
        if target is None:
            return self._status(WRONG_CONTEXT)
        if len(data) > MAX_DATA:
            return self._status(BUFFER_OVERFLOW)
        if not self._reach(target):
            return self._status(TIMEOUT)
        if target.link is None:
            answer = self._air(data)
            return self._status(TIMEOUT) if answer is None else self._status(OK, answer)
        return self._iso_dep(target, target.link, data, bool(number & MORE))

    def _iso_dep(self, target: Target, link: isodep.IsoDep, data: bytes, more: bool) -> bytes:
        continues = not data and not more and (link.answer_pending or target.surplus)
        answer, target.surplus = target.surplus, b""
        try:
            if not continues:
                answer = link.send(data, more)
            while link.answer_pending and len(answer) <= MAX_DATA:
                answer += link.next_part()
        except isodep.LinkLostError:
            return self._status(TIMEOUT)
        except isodep.ProtocolError:
            return self._status(RF_PROTOCOL_ERROR)
        answer, target.surplus = answer[:MAX_DATA], answer[MAX_DATA:]
        pending = link.answer_pending or target.surplus
        return self._status(MORE if pending else OK, answer)

    def through(self, data: bytes) -> bytes:
        """InCommunicateThru: one frame as the mode registers say; status and data."""
        tx, rx = self._registers[TX_MODE], self._registers[RX_MODE]
        if not data or (tx | rx) & _FRAMING or self._registers[MANUAL_RCV] & _NO_PARITY:
            return self._status(TIMEOUT)  # nothing that a type A card would understand
        last_bits = self._registers[BIT_FRAMING] & 7
        if last_bits == 7 and len(data) == 1:
            seen = self._field.short(data[0])
        else:
            frame = data + crc_a(data) if tx & _CRC_ON else data
            bits = len(frame) * 8 - (8 - last_bits if last_bits else 0)
            seen = self._field.send(frame, bits)
        return self._received(seen, bool(rx & _CRC_ON))

    def _received(self, seen: Reception | None, check: bool) -> bytes:
        if seen is None:
            return self._status(TIMEOUT)
        if seen.collision is not None:
            return self._status(COLLISION)
        self._registers[CONTROL] = self._registers[CONTROL] & ~7 | seen.bits & 7
        if not check:
            return self._status(OK, seen.data)
        body = activation.checked(seen)
        return self._status(CRC_ERROR) if body is None else self._status(OK, body)

    def select(self, number: int) -> bytes:
        """InSelect: wake a target that was deselected."""
        target = self._table.get(number)
        if target is None:
            return self._status(WRONG_CONTEXT)
        return self._status(OK if self._reach(target) else TIMEOUT)

    def deselect(self, number: int) -> bytes:
        """InDeselect: send a target (0: every one) to sleep and keep its data."""
        if number and number not in self._table:
            return self._status(WRONG_CONTEXT)
        if self._current is None or number not in {0, self._current.number}:
            return self._status(OK)
        return self._status(OK if self._leave() else TIMEOUT)

    def release(self, number: int) -> bytes:
        """InRelease: as InDeselect, and forget the target."""
        answer = self.deselect(number)
        if number:
            self._table.pop(number, None)
        else:
            self.forget()
        return answer

    def negotiate(self, number: int, to_card: int, from_card: int) -> bytes:
        """InPSL: change the bit rates by PPS."""
        target = self._table.get(number)
        if target is None or target.link is None:
            return self._status(WRONG_CONTEXT)
        link = target.link
        if max(to_card, from_card) > 2 or not isodep.offers(link.ats, to_card, from_card):
            return self._status(INVALID_PARAMETER)
        if not self._reach(target) or target.link is None:
            return self._status(TIMEOUT)
        if not target.link.negotiate(to_card, from_card):
            return self._status(TIMEOUT)
        target.rates = (to_card, from_card)
        return self._status(OK)

    def present(self) -> bytes:
        """Diagnose 06: whether the selected ISO 14443-4 card is still there."""
        if self._current is None or self._current.link is None:
            return self._status(WRONG_CONTEXT)
        return self._status(OK if self._current.link.present() else TIMEOUT)
