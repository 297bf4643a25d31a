"""Parts on an I2C bus that are a file of registers: the clock and the keypad controller.

Owns register addressing and what each register means. Has no time of its own: the clock asks the
one it is given. Called by the board's I2C.
Sources: DS3231 data sheet (19-5170); TCA8418 data sheet (SCPS215).
"""

import datetime as dt
import json
from collections import deque
from collections.abc import Callable
from pathlib import Path


class ClockStateError(ValueError):
    """The file of the clock is damaged; it says which file."""


_EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class RegisterPart:
    """Writes begin with a register number; reads go on where the last write pointed."""

    def __init__(self) -> None:
        self._pointer = 0

    def write(self, data: bytes) -> None:
        """Set the pointer, then registers from there on."""
        if not data:
            return
        self._pointer = data[0]
        for byte in data[1:]:
            self.set_register(self._pointer, byte)
            self._pointer += 1
        if len(data) > 1:
            self.written()

    def read(self, count: int) -> bytes:
        """Read registers from the pointer on."""
        self.latch()
        return bytes(self._next() for _ in range(count))

    def _next(self) -> int:
        value = self.get_register(self._pointer)
        self._pointer += 1
        return value

    def latch(self) -> None:
        """A read begins."""

    def written(self) -> None:
        """A write with data is complete."""

    def get_register(self, number: int) -> int:
        """The register's content as it is read now."""
        raise NotImplementedError

    def set_register(self, number: int, value: int) -> None:
        """The register is written."""
        raise NotImplementedError


class Ds3231Model(RegisterPart):
    """The clock on its battery: an offset to the given time and the stop flag, in a file."""

    _STATUS = 0x0F
    _STOPPED = 0x80

    def __init__(self, path: Path | None, clock: Callable[[], int]) -> None:
        super().__init__()
        self._path = path
        self._clock = clock
        self._offset = 0
        self._stopped = True
        if path is not None and path.exists():
            self._offset, self._stopped = _kept(path)
        self._registers = bytearray(7)
        self._set = False

    def lose_battery(self) -> None:
        """The oscillator stops and says so."""
        self._stopped = True
        self._keep()

    def latch(self) -> None:
        now = _EPOCH + dt.timedelta(seconds=self._clock() + self._offset)
        fields = (now.second, now.minute, now.hour, now.isoweekday(), now.day, now.month)
        self._registers[:] = bytes(_digits(field) for field in (*fields, now.year % 100))

    def get_register(self, number: int) -> int:
        if number == self._STATUS:
            return self._STOPPED if self._stopped else 0
        return self._registers[number] if number < len(self._registers) else 0

    def set_register(self, number: int, value: int) -> None:
        if number == self._STATUS:
            self._stopped = self._stopped and bool(value & self._STOPPED)
        elif number < len(self._registers):
            self._registers[number] = value
            self._set = True

    def written(self) -> None:
        if self._set:
            second, minute, hour, _, day, month, year = (_number(raw) for raw in self._registers)
            moment = dt.datetime(2000 + year, month, day, hour, minute, second, tzinfo=dt.UTC)
            self._offset = int((moment - _EPOCH).total_seconds()) - self._clock()
            self._set = False
        self._keep()

    def _keep(self) -> None:
        if self._path is not None:
            kept = {"offset_s": self._offset, "stopped": self._stopped}
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(kept), "ascii")
            draft.replace(self._path)


class Tca8418Model(RegisterPart):
    """The keypad controller: ten events wait in the part, the rest at the fingertips."""

    _EVENT_COUNT = 0x03
    _EVENT = 0x04
    _PRESSED = 0x80
    _QUEUE = 10

    def __init__(self, layout: tuple[str, ...]) -> None:
        super().__init__()
        self._codes = {
            key: row * 10 + column + 1
            for row, keys in enumerate(layout)
            for column, key in enumerate(keys)
            if key != " "
        }
        self._configured = False
        self._events: deque[int] = deque()

    def press(self, keys: str) -> None:
        """Press and let go of each key in turn.

        Raises:
            ValueError: the keypad has no such key; none is pressed then.
        """
        missing = [key for key in keys if key not in self._codes]
        if missing:
            raise ValueError(f"the keypad has no key {missing[0]!r}")
        for key in keys:
            self._events += (self._codes[key] | self._PRESSED, self._codes[key])

    def power_off(self) -> None:
        """Lose the supply: the queue and the configuration are gone."""
        self._events.clear()
        self._configured = False

    def get_register(self, number: int) -> int:
        if number == self._EVENT_COUNT:
            return min(len(self._events), self._QUEUE) if self._configured else 0
        if number == self._EVENT and self._events:
            return self._events.popleft()
        return 0

    def set_register(self, number: int, value: int) -> None:
        if number == 0x01:
            self._configured = bool(value & 1)


def _kept(path: Path) -> tuple[int, bool]:
    """Offset in seconds and stop flag from the clock's file."""
    try:
        raw = json.loads(path.read_text("ascii"))
        return int(raw["offset_s"]), bool(raw["stopped"])
    except (ValueError, KeyError, TypeError) as error:
        raise ClockStateError(f"{path} is no state of a clock: {error!r}") from error


def _digits(number: int) -> int:
    return number // 10 << 4 | number % 10


def _number(digits: int) -> int:
    return (digits >> 4) * 10 + (digits & 0x0F)
