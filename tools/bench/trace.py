"""What one sale did on every wire: frames in the air, bytes on each bus, commands of each part.

Owns listening and counting. Never changes what passes and knows no time. The tap suite hangs a
Recorder between a board's bus and its parts, and the card it holds to the reader into a
ListeningCard; the model turns the counts into milliseconds.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns

from firmware.terminal.drivers import atecc
from firmware.terminal.hal import board_bus as wires
from tools.models.pn532 import Picc
from tools.models.pn532.field import cascade_levels

CRC = 2
_RATS, _DESELECT = 0xE0, 0xC2
_ELEMENT_BUS = 1
_ELEMENT_COMMAND = 0x03
_SPI_WRITE = 0x80  # 01, the way the driver's controller sends it: mirrored
_SPI_READ = 0xC0

_INSTRUCTIONS = {
    0x5A: "SelectApplication",
    0x71: "AuthenticateEV2First",
    0xAF: "AdditionalFrame",
    0xAD: "ReadData",
    0xBD: "ReadData",
    0xAB: "ReadRecords",
    0xBB: "ReadRecords",
    0x6C: "GetValue",
    0xDC: "Debit",
    0x3B: "WriteRecord",
    0x8B: "WriteRecord",
    0xC7: "CommitTransaction",
}
_WITH_FILE = ("ReadData", "ReadRecords", "GetValue", "Debit", "WriteRecord")
COMMIT = "CommitTransaction"


@dataclass
class Exchange:
    """One APDU and its answer. Bytes are those in the air, block overhead and CRC included."""

    name: str
    sent: int = 0
    received: int = 0
    frames: int = 0

    def add(self, request: bytes, answer: bytes | None) -> None:
        """Count a frame each way, given without their CRCs."""
        self.sent += len(request) + CRC
        self.frames += 1
        if answer is not None:
            self.received += len(answer) + CRC
            self.frames += 1

    @property
    def air_bytes(self) -> int:
        return self.sent + self.received


@dataclass
class Trace:
    """Counts of one sale, from the card's activation to the success tone.

    `activation` is anticollision, select, RATS and ATS, `release` the deselection, if it comes
    before the tone. `reader_commands` are frames to the reader
    chip, `reader_waits` frames awaited from it. `element` counts commands by opcode.
    """

    activation: Exchange
    exchanges: list[Exchange] = field(default_factory=list)
    release: Exchange = field(default_factory=lambda: Exchange("release"))
    spi_bytes: int = 0
    spi_transfers: int = 0
    reader_commands: int = 0
    reader_waits: int = 0
    element: Counter[int] = field(default_factory=Counter)
    element_wakes: int = 0
    i2c_bytes: int = 0
    page_programs: int = 0
    sector_erases: int = 0
    # By step: nanoseconds between answering a request and getting the next, and how many; and the
    # interpreter's CPU time over all of them, kernel included.
    between_ns: Counter[str] = field(default_factory=Counter)
    cpu_ms: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def step(self) -> str:
        """What goes on: the newest exchange, or the activation before the first."""
        return self.exchanges[-1].name if self.exchanges else self.activation.name

    @property
    def air_bytes(self) -> int:
        """Bytes in the air after activation."""
        return sum(exchange.air_bytes for exchange in self.exchanges)


def activation_of(uid: bytes) -> Exchange:
    """What ISO 14443-3 sends before RATS: REQA, then two rounds a cascade level.

    Computed, since a card behind the field model sees only what follows.
    """
    exchange = Exchange("activation", sent=1, received=2, frames=2)
    for _ in cascade_levels(uid):
        exchange.sent += 2 + 9  # anticollision; select with UID part, BCC and CRC
        exchange.received += 5 + 3  # UID part with BCC; SAK with CRC
        exchange.frames += 4
    return exchange


class Recorder:
    """Counts from the newest activation of a card until the success tone."""

    def __init__(
        self, handle: Callable[[int, int, bytes], tuple[int, bytes]], cpu_ms: Callable[[], float]
    ) -> None:
        self._handle = handle
        self._cpu_ms = cpu_ms
        self._running: Trace | None = None
        self._answered_ns = 0
        self.finished: Trace | None = None

    def handle(self, device: int, operation: int, payload: bytes) -> tuple[int, bytes]:
        """Pass one request of the board's bus on and count it."""
        if self._running is not None:
            step = self._running.step
            self._running.between_ns[step] += perf_counter_ns() - self._answered_ns
            self._running.requests[step] += 1
        answer = self._handle(device, operation, payload)
        if self._running is not None:
            self._count(self._running, device, operation, payload)
        self._answered_ns = perf_counter_ns()
        return answer

    def _count(self, trace: Trace, device: int, operation: int, payload: bytes) -> None:
        if (device, operation) == (wires.DEVICE_SPI, wires.SPI_EXCHANGE):
            _count_spi(trace, payload[1:])
        elif device == wires.DEVICE_I2C:
            _count_i2c(trace, operation, payload)
        elif (device, operation) == (wires.DEVICE_FLASH, wires.FLASH_PROGRAM):
            trace.page_programs += 1
        elif (device, operation) == (wires.DEVICE_FLASH, wires.FLASH_ERASE):
            trace.sector_erases += 1
        elif device == wires.DEVICE_TONE and payload == b"success":
            trace.cpu_ms += self._cpu_ms()
            self.finished, self._running = trace, None

    def frame(self, uid: bytes, request: bytes, answer: bytes | None) -> None:
        """Take note of a frame to a card and its answer, both without CRC."""
        if request[:1] == bytes((_RATS,)):
            self._running = Trace(activation_of(uid), cpu_ms=-self._cpu_ms())
            self._answered_ns = perf_counter_ns()
        trace = self._running
        if trace is None:
            return
        if _begins_exchange(request):
            trace.exchanges.append(Exchange(_name_of(request)))
        current = trace.exchanges[-1] if trace.exchanges else trace.activation
        if request[0] == _DESELECT:
            current = trace.release
        current.add(request, answer)


class ListeningCard:
    """A card whose frames a Recorder hears."""

    def __init__(self, picc: Picc, recorder: Recorder) -> None:
        self._picc = picc
        self._recorder = recorder

    @property
    def uid(self) -> bytes:
        return self._picc.uid

    @property
    def sak(self) -> int:
        return self._picc.sak

    @property
    def atqa(self) -> bytes:
        return self._picc.atqa

    def field_on(self) -> None:
        self._picc.field_on()

    def field_off(self) -> None:
        self._picc.field_off()

    def transceive(self, frame: bytes) -> bytes | None:
        """Pass a frame on."""
        answer = self._picc.transceive(frame)
        self._recorder.frame(self.uid, frame, answer)
        return answer


def _begins_exchange(block: bytes) -> bool:
    """Whether an I-block starts an APDU: a wrapped one, for ours fit one block each."""
    return block[0] & 0xE2 == 0x02 and block[1:2] == b"\x90"


def _name_of(block: bytes) -> str:
    name = _INSTRUCTIONS.get(block[2], f"command {block[2]:02X}")
    return f"{name} {block[6]:02X}" if name in _WITH_FILE else name


def _count_spi(trace: Trace, out: bytes) -> None:
    """Status polls wait rather than work: the model reckons with their delay, not their bytes."""
    if out[0] == _SPI_WRITE:
        trace.reader_commands += 1
    elif out[0] == _SPI_READ:
        trace.reader_waits += 1
    elif len(out) == 2:
        return
    trace.spi_transfers += 1
    trace.spi_bytes += len(out)


def _count_i2c(trace: Trace, operation: int, payload: bytes) -> None:
    bus, address = payload[0], payload[1]
    moved = payload[2] if operation != wires.I2C_WRITE else len(payload) - 2
    trace.i2c_bytes += moved + 1
    if bus != _ELEMENT_BUS or operation != wires.I2C_WRITE:
        return
    if address != atecc.ADDRESS:
        trace.element_wakes += 1
    elif payload[2] == _ELEMENT_COMMAND:
        trace.element[payload[4]] += 1
