"""The result of a benchmark: figures with their floors, and tables for a person to read.

Owns medians, ratios and the JSON form. Measures nothing. Made by the suites, printed by the
command.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.table import Table

_DIGITS = 4


@dataclass(frozen=True)
class Figure:
    """One number: the median of `runs`, and the floor of the same run, if there is one."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    runs: int = 1

    @property
    def ratio(self) -> float | None:
        """Value to floor; None without a floor."""
        return self.value / self.floor if self.floor else None


@dataclass
class Report:
    """What one suite found."""

    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def median_of(
    name: str, values: Sequence[float], unit: str, floors: Sequence[float] | None = None
) -> Figure:
    """The figure of several runs; `floors` has the floor of each run, in the same order."""
    floor = median(floors) if floors else None
    return Figure(name, median(values), unit, floor, len(values))


def to_json(figures: Iterable[Figure]) -> str:
    """One line: {name: {value, unit, floor, ratio, runs}}."""
    return json.dumps(
        {
            figure.name: {
                "value": _rounded(figure.value),
                "unit": figure.unit,
                "floor": _rounded(figure.floor),
                "ratio": _rounded(figure.ratio),
                "runs": figure.runs,
            }
            for figure in figures
        }
    )


def summary(figures: Iterable[Figure]) -> Table:
    """The figures as a table."""
    table = Table("figure", "value", "unit", "floor", "ratio", "runs", title="Figures")
    for figure in figures:
        table.add_row(
            figure.name,
            shown(figure.value),
            figure.unit,
            shown(figure.floor),
            shown(figure.ratio),
            str(figure.runs),
        )
    return table


def shown(value: float | None) -> str:
    """A number for a table: whole when it is one, else as many digits as mean something."""
    if value is None:
        return "-"
    if value == int(value) or abs(value) >= 10**_DIGITS:
        return f"{value:,.0f}"
    return f"{value:,.{_DIGITS}g}"


def _rounded(value: float | None) -> float | None:
    """Six digits: more would be noise."""
    if value is None or value == int(value):
        return None if value is None else int(value)
    return float(f"{value:.6g}")
