"""The wires between a simulated terminal and its models: requests over one socket.

Owns the message format, its numbers and the shapes of the buses that drivers expect (flash, SPI,
UART, I2C). Never holds state of a part. Built by hal.sim; the other end is tools/board.

Request: device, operation, length (2 bytes, little-endian), payload. Answer: status, length (2),
payload. Status 0 is success; anything else is the errno that a real bus driver would raise.
"""

import socket
import struct

DEVICE_BOARD = 0
DEVICE_FLASH = 1
DEVICE_SPI = 2
DEVICE_UART = 3
DEVICE_I2C = 4
DEVICE_PANEL = 5
DEVICE_TONE = 6

BOARD_READER = 0  # answer: "spi" or "hsu"
FLASH_READ = 0  # address u32, count u16
FLASH_PROGRAM = 1  # address u32, data
FLASH_ERASE = 2  # address u32
SPI_EXCHANGE = 0  # hold u8, bytes out; answer: as many bytes in
SPI_RESET = 1
UART_WRITE = 0
UART_READ = 1  # answer: what has come
UART_RESET = 2
I2C_WRITE = 0  # bus u8, address u8, data
I2C_READ = 1  # bus u8, address u8, count u8
I2C_READ_MEMORY = 2  # bus u8, address u8, count u8, register u8
PANEL_SHOW = 0  # JSON: [view, [line, ...]]
TONE_PLAY = 0  # the name

STATUS_OK = 0
REQUEST = "<BBH"
ANSWER = "<BH"
REQUEST_SIZE = 4
ANSWER_SIZE = 3
READ_CHUNK = 4096
SECTOR = 4096

_IOCTL_BLOCKS = 4
_IOCTL_BLOCK_SIZE = 5
_IOCTL_ERASE = 6


class BoardGoneError(SystemExit):
    """The board has switched off: the program ends like a device without supply."""


class BoardBus:
    """One connection to the board; each call is one round trip."""

    def __init__(self, port, host="127.0.0.1"):
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo(host, port)[0][-1])
        # MicroPython reads into a buffer with readinto, CPython with recv_into.
        receive = getattr(self._socket, "recv_into", None)
        self._fill = getattr(self._socket, "readinto", receive)
        self._header = bytearray(ANSWER_SIZE)

    def call(self, device, operation, payload=b"", into=None):
        """Carry out one operation and return its answer; OSError with the bus's errno.

        With `into`, a buffer of the answer's size, nothing large is allocated: the heap of a
        program that runs for weeks is in pieces.
        """
        request = struct.pack(REQUEST, device, operation, len(payload)) + payload
        try:
            self._socket.sendall(request)
            self._read(self._header)
            status, size = struct.unpack(ANSWER, self._header)
            fits = status == STATUS_OK and into is not None and len(into) == size
            answer = into if fits else self._room(size)
            self._read(answer)
        except OSError:
            raise BoardGoneError(0)
        if status != STATUS_OK:
            raise OSError(status)
        return answer

    def _room(self, size):
        """A buffer; without memory the answer is read past, so that the next one is found."""
        try:
            return bytearray(size)
        except MemoryError:
            for _ in range(size):
                self._read(memoryview(self._header)[:1])
            raise

    def close(self):
        self._socket.close()

    def _read(self, buffer):
        view = memoryview(buffer)
        while len(view) > 0:
            count = self._fill(view)
            if not count:
                raise BoardGoneError(0)
            view = view[count:]


class FlashDevice:
    """The flash as rp2.Flash shows it: blocks of one sector, programs without erasing."""

    def __init__(self, bus, size):
        self._bus = bus
        self._size = size

    def readblocks(self, block, buffer, offset=0):
        view = memoryview(buffer)
        address = block * SECTOR + offset
        for at in range(0, len(view), READ_CHUNK):
            count = min(READ_CHUNK, len(view) - at)
            request = struct.pack("<IH", address + at, count)
            self._bus.call(DEVICE_FLASH, FLASH_READ, request, view[at : at + count])

    def writeblocks(self, block, data, offset):
        request = struct.pack("<I", block * SECTOR + offset) + data
        self._bus.call(DEVICE_FLASH, FLASH_PROGRAM, request)

    def ioctl(self, operation, block):
        if operation == _IOCTL_BLOCKS:
            return self._size // SECTOR
        if operation == _IOCTL_BLOCK_SIZE:
            return SECTOR
        if operation == _IOCTL_ERASE:
            self._bus.call(DEVICE_FLASH, FLASH_ERASE, struct.pack("<I", block * SECTOR))
            return 0
        return None


class SpiDevice:
    """The reader's SPI bus with its chip-select and reset lines."""

    def __init__(self, bus):
        self._bus = bus

    def exchange(self, out, into, hold=False):
        """Clock `out` into the chip and as many bytes into `into`; `hold` keeps it selected."""
        request = bytes((1 if hold else 0,)) + out
        self._bus.call(DEVICE_SPI, SPI_EXCHANGE, request, into)

    def reset(self):
        """Pulse the reset line."""
        self._bus.call(DEVICE_SPI, SPI_RESET)


class UartDevice:
    """The reader's serial line."""

    def __init__(self, bus):
        self._bus = bus

    def write(self, data):
        self._bus.call(DEVICE_UART, UART_WRITE, data)

    def read(self):
        """What has come since, maybe nothing."""
        return self._bus.call(DEVICE_UART, UART_READ)

    def reset(self):
        """Pulse the reset line."""
        self._bus.call(DEVICE_UART, UART_RESET)


class I2cDevice:
    """One I2C controller, in the calls of machine.I2C that the drivers use."""

    def __init__(self, bus, number):
        self._bus = bus
        self._number = number

    def writeto(self, address, data):
        self._bus.call(DEVICE_I2C, I2C_WRITE, bytes((self._number, address)) + data)

    def readfrom(self, address, count):
        return bytes(self._bus.call(DEVICE_I2C, I2C_READ, bytes((self._number, address, count))))

    def readfrom_mem(self, address, register, count):
        request = bytes((self._number, address, count, register))
        return bytes(self._bus.call(DEVICE_I2C, I2C_READ_MEMORY, request))

    def writeto_mem(self, address, register, data):
        self.writeto(address, bytes((register,)) + data)
