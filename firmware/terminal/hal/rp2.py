"""The HAL of the real board: a Raspberry Pi Pico 2 W and the parts around it.

Owns every `machine` object of the terminal, and which driver gets it. Holds no logic of a part.
`build` is called once by the board's main module; the pins are in hal.pins.
"""

import errno

from machine import I2C, PWM, SPI, UART, Pin
from rp2 import Flash

from firmware.core.crypto_micropython import Aes
from firmware.terminal import flashmap
from firmware.terminal.drivers.atecc import Atecc
from firmware.terminal.drivers.ds3231 import Ds3231
from firmware.terminal.drivers.keys_tca8418 import KeysTca8418
from firmware.terminal.drivers.nor import Nor
from firmware.terminal.drivers.pn532 import Pn532
from firmware.terminal.drivers.pn532_spi import Pn532Spi
from firmware.terminal.drivers.st7789 import St7789
from firmware.terminal.drivers.tone import Tone
from firmware.terminal.hal import pins
from firmware.terminal.hal.api import PIPE_QUEUE, Hal
from firmware.terminal.hal.ticks import system_time

_READER_BAUD = 2_000_000
_DISPLAY_BAUD = 24_000_000
_I2C_HZ = 400_000
_SE_HZ = 100_000  # at 400 kHz its wake-up pulse would be too short
_GATEWAY_BAUD = 921_600
_UART_BUFFER = 2048
_RESET_MS = 2
_BLOCK_COUNT = 4  # ioctl


class StorageFlash:
    """rp2.Flash in the addresses of the flash map, which counts from the start of the chip.

    The port gives out only what lies behind the image, so the image itself cannot be touched.
    """

    def __init__(self, flash, first_block):
        self._flash = flash
        self._first = first_block

    def readblocks(self, block, buffer, offset=0):
        self._flash.readblocks(self._behind_image(block), buffer, offset)

    def writeblocks(self, block, data, offset):
        self._flash.writeblocks(self._behind_image(block), data, offset)

    def ioctl(self, operation, block):
        if operation == _BLOCK_COUNT:
            return self._first + self._flash.ioctl(operation, 0)
        return self._flash.ioctl(operation, self._behind_image(block))

    def _behind_image(self, block):
        if block < self._first:
            raise OSError(errno.EPERM)
        return block - self._first


class ReaderBus:
    """SPI0 with the reader's chip-select and reset lines; see hal.board_bus.SpiDevice."""

    def __init__(self, spi, select, reset, pause_ms):
        self._spi = spi
        self._select = select
        self._reset = reset
        self._pause_ms = pause_ms

    def exchange(self, out, into, hold=False):
        self._select(0)
        self._spi.write_readinto(out, into)
        if not hold:
            self._select(1)

    def reset(self):
        self._select(1)
        self._reset(0)
        self._pause_ms(_RESET_MS)
        self._reset(1)


class UartPipe:
    """The wired gateway port; see hal.api, pipe. A cable says nothing about its other end."""

    def __init__(self, uart):
        self._uart = uart
        self._queue = bytearray()

    def up(self):
        return True

    def write(self, data):
        if len(self._queue) + len(data) > PIPE_QUEUE:
            self._queue = bytearray()  # nobody takes it: the link starts over
            return
        self._queue += data
        self._flush()

    def read(self):
        self._flush()
        return self._uart.read() or b""

    def _flush(self):
        if self._queue:
            sent = self._uart.write(self._queue) or 0
            self._queue = self._queue[sent:]


def build():
    """Build every part once; VafaError 283 when clock or keypad is missing."""
    time = system_time()
    i2c = I2C(0, sda=Pin(pins.I2C0_SDA), scl=Pin(pins.I2C0_SCL), freq=_I2C_HZ)
    se_bus = I2C(1, sda=Pin(pins.I2C1_SDA), scl=Pin(pins.I2C1_SCL), freq=_SE_HZ)
    flash = StorageFlash(Flash(), flashmap.IMAGE.sectors)
    uart = UART(
        1,
        baudrate=_GATEWAY_BAUD,
        tx=Pin(pins.GATEWAY_TX),
        rx=Pin(pins.GATEWAY_RX),
        txbuf=_UART_BUFFER,
        rxbuf=_UART_BUFFER,
        timeout=0,
    )
    return Hal(
        time=time,
        nor=Nor(flash),
        se=Atecc(se_bus, time.pause_ms),
        reader=_reader(time),
        rtc=Ds3231(i2c),
        panel=_panel(time),
        tone=Tone(PWM(Pin(pins.BUZZER), freq=1000, duty_u16=0), time),
        keys=KeysTca8418(i2c, pins.KEYPAD),
        pipe=UartPipe(uart),
        aes=Aes,
    )


def _reader(time):
    spi = SPI(
        0,
        baudrate=_READER_BAUD,
        polarity=0,
        phase=0,
        sck=Pin(pins.READER_SCK),
        mosi=Pin(pins.READER_MOSI),
        miso=Pin(pins.READER_MISO),
    )
    select = Pin(pins.READER_CS, Pin.OUT, value=1)
    reset = Pin(pins.READER_RST, Pin.OUT, value=1)
    irq = Pin(pins.READER_IRQ, Pin.IN, Pin.PULL_UP)
    bus = ReaderBus(spi, select, reset, time.pause_ms)
    return Pn532(Pn532Spi(bus, time, irq=lambda: irq() == 0), time)


def _panel(time):
    spi = SPI(
        1,
        baudrate=_DISPLAY_BAUD,
        sck=Pin(pins.DISPLAY_SCK),
        mosi=Pin(pins.DISPLAY_MOSI),
        miso=Pin(pins.DISPLAY_MISO),
    )
    select = Pin(pins.DISPLAY_CS, Pin.OUT, value=1)
    command = Pin(pins.DISPLAY_DC, Pin.OUT, value=1)
    reset = Pin(pins.DISPLAY_RST, Pin.OUT, value=1)
    return St7789(spi, select, command, reset, time.pause_ms)
