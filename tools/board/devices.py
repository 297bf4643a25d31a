"""The parts of one board and the requests that reach them over the bus.

Owns the parts and the translation of each request into what happens on that part's wires. Knows no
socket and no process. Called by the bus server; a PowerCutError passes through to it.
"""

import errno
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from firmware.terminal.drivers import atecc, ds3231, keys_tca8418
from firmware.terminal.hal import board_bus as wires
from firmware.terminal.hal.pins import KEYPAD
from tools.board.events import Kind
from tools.board.i2c import I2cBus
from tools.board.reader import CountingChip
from tools.models.i2c import Ds3231Model, Tca8418Model
from tools.models.nor import NorError, NorFlash
from tools.models.pn532 import Field, HsuLine, SpiBus
from tools.models.se import SecureElement

ReaderKind = Literal["spi", "hsu"]
Emit = Callable[[Kind, str, tuple[str, ...]], None]


class Devices:
    """Flash, secure element, reader, clock and keypad of one board, kept in its directory."""

    def __init__(
        self, directory: Path, reader: ReaderKind, seed: str, clock: Callable[[], int], emit: Emit
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._kind = reader
        self._emit = emit
        self.flash = NorFlash(
            directory / "flash.bin", seed=random.Random(f"{seed} flash").getrandbits(64)
        )
        randomness = random.Random(f"{seed} element")
        self.element = SecureElement(directory / "se.json", randomness.randbytes)
        self.field = Field()
        self.chip = CountingChip(self.field, sleeps_at_reset=reader == "hsu")
        self._spi, self._line = SpiBus(self.chip), HsuLine(self.chip)
        self.clock = Ds3231Model(directory / "rtc.json", clock)
        self.keypad = Tca8418Model(KEYPAD)
        self._i2c = (
            I2cBus({ds3231.ADDRESS: self.clock, keys_tca8418.ADDRESS: self.keypad}),
            I2cBus({atecc.ADDRESS: self.element}, self.element),
        )
        self._handlers: dict[tuple[int, int], Callable[[bytes], bytes]] = {
            (wires.DEVICE_BOARD, wires.BOARD_READER): lambda _: self._kind.encode(),
            (wires.DEVICE_FLASH, wires.FLASH_READ): self._flash_read,
            (wires.DEVICE_FLASH, wires.FLASH_PROGRAM): self._flash_program,
            (wires.DEVICE_FLASH, wires.FLASH_ERASE): self._flash_erase,
            (wires.DEVICE_SPI, wires.SPI_EXCHANGE): self._spi_exchange,
            (wires.DEVICE_SPI, wires.SPI_RESET): self._reset_reader,
            (wires.DEVICE_UART, wires.UART_WRITE): self._uart_write,
            (wires.DEVICE_UART, wires.UART_READ): lambda _: self._line.send(),
            (wires.DEVICE_UART, wires.UART_RESET): self._reset_reader,
            (wires.DEVICE_I2C, wires.I2C_WRITE): self._i2c_write,
            (wires.DEVICE_I2C, wires.I2C_READ): self._i2c_read,
            (wires.DEVICE_I2C, wires.I2C_READ_MEMORY): self._i2c_read_memory,
            (wires.DEVICE_PANEL, wires.PANEL_SHOW): self._show,
            (wires.DEVICE_TONE, wires.TONE_PLAY): self._play,
        }

    def handle(self, device: int, operation: int, payload: bytes) -> tuple[int, bytes]:
        """Carry out a request: (status, answer). A request that makes no sense is logged.

        Raises:
            PowerCutError: the supply fails in it.
        """
        handler = self._handlers.get((device, operation))
        if handler is None:
            self._emit("log", "bus", (f"no operation {operation} on device {device}",))
            return errno.ENODEV, b""
        try:
            return wires.STATUS_OK, handler(payload)
        except OSError as error:
            return error.errno or errno.EIO, b""
        except (NorError, ValueError, IndexError, struct.error) as error:
            self._emit("log", "bus", (f"device {device} operation {operation}: {error}",))
            return errno.EINVAL, b""

    def power_off(self) -> None:
        """Every part loses its supply; the clock has its battery."""
        self.chip.reset()
        self.element.power_off()
        self.keypad.power_off()

    def close(self) -> None:
        """Let go of the files."""
        self.flash.close()

    def _flash_read(self, payload: bytes) -> bytes:
        address, count = struct.unpack("<IH", payload)
        return self.flash.read(address, count)

    def _flash_program(self, payload: bytes) -> bytes:
        self.flash.program(int.from_bytes(payload[:4], "little"), payload[4:])
        return b""

    def _flash_erase(self, payload: bytes) -> bytes:
        self.flash.erase(int.from_bytes(payload, "little"))
        return b""

    def _spi_exchange(self, payload: bytes) -> bytes:
        self._spi.select(on=True)
        answer = self._spi.transfer(payload[1:])
        if not payload[0]:
            self._spi.select(on=False)
        return answer

    def _reset_reader(self, _: bytes) -> bytes:
        self._spi.select(on=False)
        self._spi.reset()
        return b""

    def _uart_write(self, payload: bytes) -> bytes:
        self._line.receive(payload)
        return b""

    def _i2c_write(self, payload: bytes) -> bytes:
        self._i2c[payload[0]].writeto(payload[1], payload[2:])
        return b""

    def _i2c_read(self, payload: bytes) -> bytes:
        bus, address, count = payload
        return self._i2c[bus].readfrom(address, count)

    def _i2c_read_memory(self, payload: bytes) -> bytes:
        bus, address, count, register = payload
        return self._i2c[bus].readfrom_mem(address, register, count)

    def _show(self, payload: bytes) -> bytes:
        view, lines = json.loads(payload)
        self._emit("screen", str(view), tuple(str(line) for line in lines))
        return b""

    def _play(self, payload: bytes) -> bytes:
        self._emit("tone", payload.decode("ascii"), ())
        return b""
