"""How long a traced sale would take on the board: counts times constants, one line a contribution.

Owns the arithmetic. All counts come from a trace and all durations from the table of constants;
nothing overlaps, so the sum is on the careful side. Called by the tap suite.
"""

from dataclasses import dataclass

from tools.bench import constants as c
from tools.bench.constants import Constant
from tools.bench.trace import COMMIT, Exchange, Trace

# PPS and its answer, CRC included; they go out at 106 kbit/s, before the faster rate holds.
_PPS = Exchange("PPS", sent=5, received=3, frames=2)
# InPSL to the chip: frame out, acknowledgement and answer back, each with its bus operation byte.
_PSL_SPI_BYTES = 12 + 7 + 12
_FROM_US = {"us": 1e-3, "ms": 1.0}


@dataclass(frozen=True)
class Contribution:
    """One line of the model, in milliseconds."""

    name: str
    count: float
    typical_ms: float
    worst_ms: float


@dataclass(frozen=True)
class Interpreter:
    """Milliseconds of the interpreter on the board for one sale, by the two published ratios."""

    typical_ms: float
    worst_ms: float


def sale(trace: Trace, rate: int, interpreter: Interpreter) -> list[Contribution]:
    """The contributions of one sale at `rate` kbit/s, 106 or 424, in the order of the wires."""
    faster = rate != 106
    slow_bytes = trace.activation.air_bytes + (_PPS.air_bytes if faster else 0)
    exchanged = sum(exchange.frames for exchange in trace.exchanges)
    frames = trace.activation.frames + exchanged + trace.release.frames
    fast_bytes = trace.air_bytes + trace.release.air_bytes
    commands = sum(exchange.name != COMMIT for exchange in trace.exchanges)
    reader = trace.reader_commands + faster
    return [
        _line("air, activation at 106", slow_bytes, c.AIR_BYTE[106]),
        _line(f"air, exchanges at {rate}", fast_bytes, c.AIR_BYTE[rate]),
        _line("turn-around", frames + (_PPS.frames if faster else 0), c.FRAME_DELAY),
        _line("card, commands", commands, c.CARD_COMMAND),
        _line("card, commit", len(trace.exchanges) - commands, c.CARD_COMMIT),
        _line("reader chip", reader, c.READER_COMMAND),
        _line("reader, polling", trace.reader_waits + 2 * faster, c.READER_POLL),
        _line("reader bus, bytes", trace.spi_bytes + _PSL_SPI_BYTES * faster, c.SPI_BYTE),
        _line("reader bus, transfers", trace.spi_transfers + 5 * faster, c.SPI_TRANSFER),
        *_element(trace),
        _line("I2C", trace.i2c_bytes, c.I2C_BYTE),
        _line("flash, programs", trace.page_programs, c.FLASH_PROGRAM),
        _line("flash, erases", trace.sector_erases, c.FLASH_ERASE),
        Contribution("interpreter (estimate)", 1, interpreter.typical_ms, interpreter.worst_ms),
        _line("evaluator", 0, c.EVALUATOR),
    ]


def total(lines: list[Contribution]) -> Contribution:
    """The sum."""
    return Contribution(
        "sum", 1, sum(line.typical_ms for line in lines), sum(line.worst_ms for line in lines)
    )


def _element(trace: Trace) -> list[Contribution]:
    """The secure element: wake-ups, then each command that it carried out."""
    lines = [_line(c.ELEMENT_WAKE.name, trace.element_wakes, c.ELEMENT_WAKE)]
    for opcode, count in sorted(trace.element.items()):
        lines.append(_line(c.ELEMENT[opcode].name, count, c.ELEMENT[opcode]))
    return lines


def _line(name: str, count: float, constant: Constant) -> Contribution:
    scale = _FROM_US[constant.unit] * count
    return Contribution(name, count, constant.typical * scale, constant.worst * scale)
