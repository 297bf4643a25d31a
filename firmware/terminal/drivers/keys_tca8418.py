"""The keypad behind a TCA8418: key presses from its event queue.

Owns the part's registers and the map from matrix positions to keys. Never interprets a key. Called
through hal.keys. Debouncing and the queue of ten events are the part's.
Source: TCA8418 data sheet (SCPS215), register table.
"""

from firmware.core.errors import PERIPHERAL_FAULT, VafaError

ADDRESS = 0x34

_CONFIGURATION = 0x01
_EVENT_COUNT = 0x03
_EVENT = 0x04
_ROWS_IN_MATRIX = 0x1D
_COLUMNS_IN_MATRIX = 0x1E
_KEY_INTERRUPTS = 0x01
_PRESSED = 0x80
_COLUMNS_COUNTED = 10  # the part numbers keys as row * 10 + column + 1


class KeysTca8418:
    """See hal.api, keys. `layout` is one string a row of the matrix, a space where no key is."""

    def __init__(self, i2c, layout, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._keys = {}
        for row, keys in enumerate(layout):
            for column, key in enumerate(keys):
                if key != " ":
                    self._keys[row * _COLUMNS_COUNTED + column + 1] = key
        self._write(_ROWS_IN_MATRIX, (1 << len(layout)) - 1)
        self._write(_COLUMNS_IN_MATRIX, (1 << max(len(keys) for keys in layout)) - 1)
        self._write(_CONFIGURATION, _KEY_INTERRUPTS)

    def poll(self):
        """The keys pressed since the last call."""
        pressed = []
        for _ in range(self._read(_EVENT_COUNT) & 0x0F):
            event = self._read(_EVENT)
            key = self._keys.get(event & ~_PRESSED)
            if event & _PRESSED and key is not None:
                pressed.append(key)
        return pressed

    def _read(self, register):
        try:
            return self._i2c.readfrom_mem(self._address, register, 1)[0]
        except OSError:
            raise VafaError(PERIPHERAL_FAULT, "keypad")

    def _write(self, register, value):
        try:
            self._i2c.writeto_mem(self._address, register, bytes((value,)))
        except OSError:
            raise VafaError(PERIPHERAL_FAULT, "keypad")
