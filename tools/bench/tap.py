"""Suite `tap`: what one sale does on the wires, and what it would take on the board.

Owns the order of measuring and the tables. Everything is traced from sales of the real terminal
program in MicroPython under its heap limit; only durations come from constants. Called by suites.
"""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from tools.bench import constants, model
from tools.bench.figures import Figure, Report, median_of, shown
from tools.bench.interpreter import Ratio, measure_ratio, trip_ms
from tools.bench.model import Contribution, Interpreter
from tools.bench.trace import Exchange, Trace
from tools.bench.unit import Unit

RUNS = 5
SALES = 1_000
_RATES = (106, 424)

Progress = Callable[[str], None]


@dataclass
class Measured:
    """Everything that was measured; the figures are computed from it."""

    traces: list[Trace]
    ratios: list[Ratio]
    heap_starts: list[int]
    heap_end: int
    sale_ms: list[float]
    """CPU time of the interpreter here for one sale, of each run: see `_sale_ms`. The ratio of the
    same place was measured just before, when the machine was as busy as then."""

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter's time on the board, by the published kernels."""
        runs = list(zip(self.sale_ms, self.ratios, strict=True))
        return Interpreter(
            median(sale_ms * ratio.typical for sale_ms, ratio in runs),
            max(sale_ms * ratio.worst for sale_ms, ratio in runs),
        )


def run(progress: Progress) -> Report:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="vafa-bench-") as directory:
        return report(asyncio.run(_measure(Path(directory), SALES, progress)))


async def _measure(directory: Path, sales: int, progress: Progress) -> Measured:
    traces: list[Trace] = []
    ratios: list[Ratio] = []
    sale_ms: list[float] = []
    async with Unit(directory) as unit:
        starts = [unit.heap_free]
        for _ in range(RUNS - 1):
            await unit.board.power_off()
            await unit.start()
            starts.append(unit.heap_free)
        trip = await trip_ms(directory / "trips")
        for number in range(RUNS):
            progress(f"tap: {sales // RUNS} sales, {number + 1} of {RUNS}")
            ratios.append(measure_ratio())
            before = unit.user_ms(), unit.cpu_ms()
            batch = [await unit.sell() for _ in range(sales // RUNS)]
            share = (unit.user_ms() - before[0]) / (unit.cpu_ms() - before[1])
            sale_ms.append(_sale_ms(batch, share, trip))
            traces += batch
        return Measured(traces, ratios, starts, unit.heap_free, sale_ms)


def _sale_ms(batch: list[Trace], user_share: float, trip: float) -> float:
    """What a sale costs the interpreter between activation and tone, without the simulation.

    The kernel's part belongs to the simulated bus, and so does that bus's driver.
    """
    return median(trace.cpu_ms * user_share - trace.requests.total() * trip for trace in batch)


def report(measured: Measured) -> Report:
    """The suite's figures and tables."""
    traces, interpreter = measured.traces, measured.interpreter
    usual = traces_by_time(traces, interpreter)[len(traces) // 2]
    heaviest = traces_by_time(traces, interpreter)[-1]
    result = Report(
        figures=[
            median_of("sale_exchanges", [len(trace.exchanges) for trace in traces], "exchanges"),
            median_of("sale_air_bytes", [trace.air_bytes for trace in traces], "bytes"),
        ],
        tables=[_exchanges(usual)],
    )
    for rate in _RATES:
        typical = model.sale(usual, rate, interpreter)
        worst = model.sale(heaviest, rate, interpreter)
        name = f"sale_model_ms_{rate}"
        runs = len(traces)
        result.figures += [
            Figure(name, model.total(typical).typical_ms, "ms, model", runs=runs),
            Figure(f"{name}_worst", model.total(worst).worst_ms, "ms, model", runs=runs),
        ]
        result.tables.append(_contributions(rate, typical, worst))
    start = measured.heap_starts[-1]
    result.figures += [
        Figure(
            "sale_interpreter_ms",
            interpreter.typical_ms,
            "ms, estimate",
            median(measured.sale_ms),
            len(measured.sale_ms),
        ),
        median_of("heap_free_start", measured.heap_starts, "bytes"),
        Figure("heap_free_1000", measured.heap_end, "bytes", start),
    ]
    result.tables += [_ratios(measured), _steps(traces), _constants()]
    return result


def traces_by_time(traces: list[Trace], interpreter: Interpreter) -> list[Trace]:
    """Traces from the quickest to the slowest by the model, which differ when sectors change."""
    return sorted(
        traces, key=lambda trace: model.total(model.sale(trace, 106, interpreter)).typical_ms
    )


def _exchanges(trace: Trace) -> Table:
    table = Table("", "exchange", "sent", "received", "frames", title="One sale in the air")
    for number, exchange in enumerate(trace.exchanges, 1):
        table.add_row(str(number), *_bytes(exchange))
    total = Exchange(
        "after activation",
        sum(exchange.sent for exchange in trace.exchanges),
        sum(exchange.received for exchange in trace.exchanges),
        sum(exchange.frames for exchange in trace.exchanges),
    )
    table.add_section()
    table.add_row("", *_bytes(total))
    table.add_row("", *_bytes(trace.activation))
    table.add_row("", *_bytes(trace.release))
    table.caption = "bytes with block overhead and CRC"
    return table


def _bytes(exchange: Exchange) -> tuple[str, str, str, str]:
    return exchange.name, str(exchange.sent), str(exchange.received), str(exchange.frames)


def _contributions(rate: int, typical: list[Contribution], worst: list[Contribution]) -> Table:
    """Two columns each: the usual sale with typical constants, the heaviest with the worst."""
    table = Table(
        "contribution", "count", "ms", "count", "ms", title=f"One sale on the board, {rate} kbit/s"
    )
    table.caption = (
        "left: usual sale, typical constants; right: heaviest sale, worst constants; "
        "nothing overlaps; finding the card and drawing screens are not in it"
    )
    usual = {line.name: line for line in typical}
    for name, line in ({line.name: line for line in worst} | usual).items():
        heavy = next((other for other in worst if other.name == name), None)
        table.add_row(
            name,
            f"{line.count:g}" if name in usual else "-",
            f"{line.typical_ms:.1f}" if name in usual else "-",
            f"{heavy.count:g}" if heavy else "-",
            f"{heavy.worst_ms:.1f}" if heavy else "-",
        )
    table.add_section()
    sums = model.total(typical).typical_ms, model.total(worst).worst_ms
    table.add_row("sum", "", f"{sums[0]:.1f}", "", f"{sums[1]:.1f}")
    return table


def _ratios(measured: Measured) -> Table:
    table = Table("kernel", "board, ms", "here, ms", "board to here")
    table.title = "The interpreter on the board, an estimate"
    for name, constant in constants.KERNEL_MS.items():
        ratio = median(ratio.by_kernel[name] for ratio in measured.ratios)
        here_ms = constant.typical / ratio
        table.add_row(name, f"{constant.typical:.1f}", f"{here_ms:.2f}", f"{ratio:.1f}")
    table.add_section()
    here_ms = median(measured.sale_ms)
    board_ms = measured.interpreter.typical_ms
    table.add_row("one sale", f"{board_ms:.0f}", f"{here_ms:.2f}", f"{board_ms / here_ms:.1f}")
    table.caption = (
        "a sale: CPU time from activation to tone, without kernel and simulated bus; "
        "the kernels' time on the board is published, see the constants"
    )
    return table


def _steps(traces: list[Trace]) -> Table:
    """Where the interpreter's time goes between two requests on the wires."""
    table = Table("from this exchange to the next", "requests", "ms here")
    table.title = "Between the wires, median of all sales"
    for step in traces[-1].between_ns:
        spent_ms = median(trace.between_ns[step] for trace in traces) / 1e6
        requests = median(trace.requests[step] for trace in traces)
        table.add_row(step, f"{requests:g}", f"{spent_ms:.2f}")
    table.caption = "wall time here, the trip over the simulated bus in each request included"
    return table


def _constants() -> Table:
    table = Table("constant", "typical", "range", "unit", "source", title="Constants of the model")
    for constant in constants.ALL:
        table.add_row(
            constant.name,
            shown(constant.typical),
            f"{shown(constant.low)} to {shown(constant.high)}",
            constant.unit,
            constant.source.replace("[", r"\["),
        )
    return table
