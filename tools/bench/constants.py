"""The one table of constants behind the model of a tap on the board, with sources and ranges.

Owns numbers and where they come from. Computes nothing. `typical` and `high` are what the model
uses for its typical and its worst case; `low` shows how sure the number is. Called by the model.

Marks: [norm] a standard or a computed value, [sheet] a data sheet or the maker's own code,
[public] something published and cited, [memory] a data sheet quoted from memory, to be looked up
before promising, [estimate] ours. None of these was measured on our own board yet.
"""

from dataclasses import dataclass

_FC_HZ = 13_560_000


@dataclass(frozen=True)
class Constant:
    """A duration or rate in `unit`: typical, and the range it lies in. Higher is slower."""

    name: str
    typical: float
    low: float
    high: float
    unit: str
    source: str

    @property
    def worst(self) -> float:
        return self.high


def _air_byte_us(divider: int) -> float:
    """Eight bits and parity at fc / divider."""
    return 9 * divider / _FC_HZ * 1e6


def _exact(name: str, value: float, unit: str, source: str) -> Constant:
    return Constant(name, value, value, value, unit, source)


AIR_BYTE = {
    106: _exact("air byte at 106", _air_byte_us(128), "us", "[norm] ISO/IEC 14443-3: 9 etu"),
    424: _exact("air byte at 424", _air_byte_us(32), "us", "[norm] ISO/IEC 14443-3: 9 etu"),
}
FRAME_DELAY = Constant(
    "frame delay", 91.2, 86.4, 182.4, "us",
    "[norm] ISO/IEC 14443-3: 1172/fc or 1236/fc at least; worst twice that [estimate]",
)  # fmt: skip
CARD_COMMAND = Constant(
    "card, a command", 7, 5, 10, "ms", "[estimate] no figures per command are public"
)
CARD_COMMIT = Constant(
    "card, the commit", 20, 10, 30, "ms", "[estimate] EEPROM of several files and the MAC"
)
READER_COMMAND = Constant(
    "reader chip, a command", 1, 0.5, 3, "ms",
    "[estimate] below the 18.6 ms an exchange took with 10 ms polls (stackoverflow 50622564)",
)  # fmt: skip
READER_POLL = Constant(
    "wait for the next poll", 0.5, 0, 1, "ms", "[norm] the driver looks once a millisecond"
)
SPI_BYTE = Constant(
    "reader bus, a byte", 8, 1.6, 8, "us", "[sheet] 1 MHz as in libnfc; 5 MHz is the chip's limit"
)
SPI_TRANSFER = Constant(
    "reader bus, a transfer", 20, 10, 50, "us", "[estimate] chip select and the call"
)
I2C_BYTE = Constant(
    "I2C, a byte", 90, 22.5, 90, "us",
    "[norm] 9 bits at 100 kHz, which the element's wake-up needs; 400 kHz afterwards at best",
)  # fmt: skip
ELEMENT_WAKE = Constant(
    "secure element, wake-up", 1.5, 0.8, 2.5, "ms", "[memory] ATECC608 data sheet, tWHI"
)
FLASH_PROGRAM = Constant("flash, page program", 0.4, 0.4, 3, "ms", "[memory] W25Q32JV, tPP")
FLASH_ERASE = Constant("flash, sector erase", 45, 45, 400, "ms", "[memory] W25Q32JV, tSE")


def _element(name: str, typical: float, high: float, mark: str) -> Constant:
    source = (
        f"[{mark}] typical; [sheet] at most, cryptoauthlib lib/calib/calib_execution.h, M0 clock"
    )
    return Constant(f"secure element, {name}", typical, typical, high, "ms", source)


ELEMENT = {
    0x02: _element("Read", 0.5, 5, "estimate"),
    0x16: _element("Nonce", 1, 20, "estimate"),
    0x1B: _element("Random", 1, 23, "memory"),
    0x24: _element("Counter", 5, 25, "memory"),
    0x40: _element("GenKey", 60, 115, "estimate"),
    0x41: _element("Sign", 50, 115, "memory"),
    0x43: _element("ECDH", 40, 75, "memory"),
    0x45: _element("Verify", 58, 105, "memory"),
    0x47: _element("SHA", 8, 36, "memory"),
    0x51: _element("AES", 10, 27, "estimate"),
}
"""By opcode. A sale needs AES only; the others come when a sector of the journal changes."""

# What the same work takes on the board's interpreter: published scores of MicroPython's own
# benchmarks on an RP2350 at its stock 150 MHz. score = 10^6 x norm / microseconds.
_PERFBENCH = (
    "[public] micropython/micropython#19352, tests/run-perfbench.py N=168 M=100, "
    "RP2350 before the change: score"
)
KERNEL_MS = {
    "fannkuch": _exact(
        "fannkuch of 6 on the board", 6e3 / 92.60, "ms", f"{_PERFBENCH} 92.60, norm 6"
    ),
    "nqueens": _exact(
        "6 queens on the board", 1e6 / 3708.24, "ms", f"{_PERFBENCH} 3708.24, norm 1000"
    ),
}
EVALUATOR = _exact(
    "evaluator", 0, "ms", "no rule pack yet: benefits are none, nothing is evaluated"
)

ALL = (
    *AIR_BYTE.values(),
    FRAME_DELAY,
    CARD_COMMAND,
    CARD_COMMIT,
    READER_COMMAND,
    READER_POLL,
    SPI_BYTE,
    SPI_TRANSFER,
    I2C_BYTE,
    ELEMENT_WAKE,
    *ELEMENT.values(),
    FLASH_PROGRAM,
    FLASH_ERASE,
    *KERNEL_MS.values(),
    EVALUATOR,
)
