"""The chip's commands: parameters in, answer parameters out.

Owns the dispatch table, lengths of parameters, the register file and the chip's settings.
Never sees a frame or a transport. Called by the chip core. Source: UM0701-02 section 7.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from tools.models.pn532.activation import is_uid_filter
from tools.models.pn532.field import Field
from tools.models.pn532.targets import MAX_TARGETS, Target, Targets

FIRMWARE_VERSION = bytes.fromhex("32010607")
"""IC 32h, version 1.6, supports type A, type B and NFC-IP."""

BAUD_RATES = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000)

_AUTOMATIC_RATS = 0x10
_FOR_EVER = 0xFF
_RF_ITEM_LENGTHS = {0x01: 1, 0x02: 3, 0x04: 1, 0x05: 3, 0x0A: 11, 0x0B: 8, 0x0C: 3, 0x0D: 9}
_TYPE_A, _LAST_BAUD_TYPE = 0x00, 0x04
_POLL_TYPES_A = frozenset({0x00, 0x20})  # generic type A at 106, ISO 14443-4 type A
_POLL_TYPES = frozenset({*range(0x05), *range(0x10, 0x13), *range(0x20, 0x24), *range(0x40, 0x44),
                         *range(0x80, 0x83)})  # fmt: skip


class ParameterError(Exception):
    """Unknown command or parameters of a wrong length: the chip sends its error frame."""


Pending = Callable[[], bytes | None]
"""A command that goes on for ever: try once; the answer's parameters, or None for not yet."""

_Handler = Callable[[bytes], "bytes | Pending"]


@dataclass
class Settings:
    """What commands set for the rest of the chip.

    `normal` is False in the low-battery state. `irq` lets the IRQ line follow the output.
    `power_down` holds the wake-up sources of a PowerDown just accepted, `baud_rate` a rate
    that waits for the host's confirmation.
    """

    normal: bool = False
    irq: bool = True
    power_down: int | None = None
    baud_rate: int | None = None


class Commands:
    """The command set over one field."""

    def __init__(self, field: Field) -> None:
        self.settings = Settings()
        self.registers: dict[int, int] = defaultdict(int)
        self.targets = Targets(field, self.registers)
        self._activation_retries = _FOR_EVER
        # command code: handler, fewest and most parameter bytes
        self._table: dict[int, tuple[_Handler, int, int]] = {
            0x00: (self._diagnose, 1, 263),
            0x02: (lambda _: FIRMWARE_VERSION, 0, 0),
            0x04: (self._general_status, 0, 0),
            0x06: (self._read_register, 2, 262),
            0x08: (self._write_register, 3, 261),
            0x10: (self._set_baud_rate, 1, 1),
            0x12: (self._set_parameters, 1, 1),
            0x14: (self._configure_sam, 1, 3),
            0x16: (self._power_down, 1, 2),
            0x32: (self._configure_rf, 2, 12),
            0x40: (lambda p: self.targets.exchange(p[0], p[1:]), 1, 263),
            0x42: (self.targets.through, 0, 263),
            0x44: (lambda p: self.targets.deselect(p[0]), 1, 1),
            0x4A: (self._list_passive, 2, 14),
            0x4E: (lambda p: self.targets.negotiate(p[0], p[1], p[2]), 3, 3),
            0x52: (lambda p: self.targets.release(p[0]), 1, 1),
            0x54: (lambda p: self.targets.select(p[0]), 1, 1),
            0x60: (self._auto_poll, 3, 17),
        }

    def run(self, code: int, parameters: bytes) -> bytes | Pending:
        """Carry out one command; its answer's parameters, or a function to try again with.

        Raises:
            ParameterError: unknown command, or parameters that it does not take.
        """
        entry = self._table.get(code)
        if entry is None:
            raise ParameterError
        handler, least, most = entry
        if not least <= len(parameters) <= most:
            raise ParameterError
        return handler(parameters)

    def _diagnose(self, parameters: bytes) -> bytes:
        test = parameters[0]
        if test == 0x00:  # communication line: everything comes back, the test number too
            return parameters
        if test in {0x01, 0x02} and len(parameters) == 1:  # ROM, RAM
            return b"\x00"
        if test == 0x05 and len(parameters) == 2:  # echo back: delay
            return b"\x00"
        if test == 0x06 and len(parameters) == 1:
            return self.targets.present()
        if test == 0x07 and len(parameters) == 2:  # antenna: threshold
            return b"\x00"
        raise ParameterError

    def _general_status(self, _: bytes) -> bytes:
        known = self.targets.table
        answer = bytes((self.targets.last_error, self.targets.field_is_on, len(known)))
        for target in known:
            to_card, from_card = target.rates
            answer += bytes((target.number, from_card, to_card, 0x00))
        return answer + b"\x00"  # no companion chip

    def _read_register(self, parameters: bytes) -> bytes:
        if len(parameters) % 2:
            raise ParameterError
        pairs = zip(parameters[::2], parameters[1::2], strict=True)
        return bytes(self.registers[high << 8 | low] for high, low in pairs)

    def _write_register(self, parameters: bytes) -> bytes:
        if len(parameters) % 3:
            raise ParameterError
        for at in range(0, len(parameters), 3):
            self.registers[parameters[at] << 8 | parameters[at + 1]] = parameters[at + 2]
        return b""

    def _set_baud_rate(self, parameters: bytes) -> bytes:
        if parameters[0] >= len(BAUD_RATES):
            raise ParameterError
        self.settings.baud_rate = BAUD_RATES[parameters[0]]
        return b""

    def _set_parameters(self, parameters: bytes) -> bytes:
        self.targets.automatic_rats = bool(parameters[0] & _AUTOMATIC_RATS)
        return b""

    def _configure_sam(self, parameters: bytes) -> bytes:
        if not 1 <= parameters[0] <= 4:
            raise ParameterError
        self.settings.normal = True
        # The IRQ line is driven unless the third byte says otherwise.
        self.settings.irq = len(parameters) < 3 or bool(parameters[2] & 1)
        return b""

    def _power_down(self, parameters: bytes) -> bytes:
        self.settings.power_down = parameters[0]
        return b"\x00"

    def _configure_rf(self, parameters: bytes) -> bytes:
        item, data = parameters[0], parameters[1:]
        if _RF_ITEM_LENGTHS.get(item) != len(data):
            raise ParameterError
        if item == 0x01:
            self.targets.switch_field(on=bool(data[0] & 1))
        elif item == 0x05:
            self._activation_retries = data[2]
        return b""

    def _list_passive(self, parameters: bytes) -> bytes | Pending:
        most, kind, data = parameters[0], parameters[1], parameters[2:]
        if not 1 <= most <= MAX_TARGETS or kind > _LAST_BAUD_TYPE:
            raise ParameterError
        if kind == _TYPE_A and data and not is_uid_filter(data):
            raise ParameterError

        def attempt() -> bytes | None:
            # Only type A cards live in this field; nothing answers the other polls.
            found = self.targets.find(most, data) if kind == _TYPE_A else self._none()
            records = b"".join(target.record() for target in found)
            return bytes((len(found),)) + records if found else None

        answer = attempt()
        if answer is None and self._activation_retries == _FOR_EVER:
            return attempt
        return answer or b"\x00"

    def _none(self) -> list[Target]:
        self.targets.forget()
        self.targets.switch_field(on=True)
        return []

    def _auto_poll(self, parameters: bytes) -> bytes | Pending:
        count, period, kinds = parameters[0], parameters[1], parameters[2:]
        if count == 0 or not 1 <= period <= 15 or not _POLL_TYPES.issuperset(kinds):
            raise ParameterError

        def attempt() -> bytes | None:
            for kind in kinds:
                found = self.targets.find(MAX_TARGETS, b"") if kind in _POLL_TYPES_A else []
                if kind == 0x20:
                    found = [target for target in found if target.card.sak & 0x20]
                if found:
                    answer = bytes((len(found),))
                    for target in found:
                        record = target.record()
                        answer += bytes((kind, len(record))) + record
                    return answer
            return None

        answer = attempt()
        if answer is None and count == _FOR_EVER:
            return attempt
        return answer or b"\x00"
