"""The HAL of a simulated terminal: real drivers over the wires to the board's models.

Owns which driver sits on which wire. Never fakes a part that has a driver. `build` is called by
the main module with the command line that tools/board gives it, on MicroPython or on CPython.
"""

import json

from firmware.terminal.drivers.atecc import Atecc
from firmware.terminal.drivers.ds3231 import Ds3231
from firmware.terminal.drivers.keys_tca8418 import KeysTca8418
from firmware.terminal.drivers.nor import Nor
from firmware.terminal.drivers.pn532 import Pn532
from firmware.terminal.drivers.pn532_hsu import Pn532Hsu
from firmware.terminal.drivers.pn532_spi import Pn532Spi
from firmware.terminal.hal import board_bus as wires
from firmware.terminal.hal.api import Hal
from firmware.terminal.hal.pins import KEYPAD
from firmware.terminal.hal.tcp_pipe import TcpPipe
from firmware.terminal.hal.ticks import system_time

FLASH_SIZE = 4 << 20


class SimPanel:
    """A display that shows lines of text in the board's events."""

    def __init__(self, bus):
        self._bus = bus

    def show(self, view, lines):
        text = json.dumps([view, list(lines)]).encode()
        self._bus.call(wires.DEVICE_PANEL, wires.PANEL_SHOW, text)


class SimTone:
    """A buzzer that is heard in the board's events."""

    def __init__(self, bus):
        self._bus = bus

    def play(self, name):
        self._bus.call(wires.DEVICE_TONE, wires.TONE_PLAY, name.encode())


def build(argv, time=None, aes=None):
    """The HAL for `argv`: program, board port, terminal id, gateway host, gateway port.

    `time` and `aes` default to the interpreter's own; CPython has no AES of its own.
    """
    bus = wires.BoardBus(int(argv[1]))
    time = time or system_time()
    if aes is None:
        from firmware.core.crypto_micropython import Aes as aes  # noqa: N813, PLC0415
    i2c = wires.I2cDevice(bus, 0)
    return Hal(
        time=time,
        nor=Nor(wires.FlashDevice(bus, FLASH_SIZE)),
        se=Atecc(wires.I2cDevice(bus, 1), time.pause_ms),
        reader=Pn532(_reader_transport(bus, time), time),
        rtc=Ds3231(i2c),
        panel=SimPanel(bus),
        tone=SimTone(bus),
        keys=KeysTca8418(i2c, KEYPAD),
        pipe=TcpPipe(argv[3], int(argv[4]), time),
        aes=aes,
    )


def _reader_transport(bus, time):
    kind = bytes(bus.call(wires.DEVICE_BOARD, wires.BOARD_READER))
    if kind == b"hsu":
        return Pn532Hsu(wires.UartDevice(bus), time)
    return Pn532Spi(wires.SpiDevice(bus), time)
