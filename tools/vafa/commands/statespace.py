"""`vafa statespace`: every story of two cards, two terminals and a host, within bounds."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tools.statespace import run
from tools.statespace.bounds import FULL, QUICK, Bound
from tools.statespace.defects import DEFECTS
from tools.statespace.rules import DESIGN, Rules
from tools.vafa.failure import CommandError

_BROKEN = 1
_WIDTH = 110


def command(
    depth: Annotated[
        int | None, typer.Option(min=1, help="Stop each search after so many events.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only the small bounds, under half a minute.")
    ] = False,
    plant: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Turn one decision of the design off, and find it."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tell on stderr, end with one line of JSON.")
    ] = False,
) -> None:
    """Search the state model of the protocol for a broken promise.

    Exit code 1 when a promise is broken, with the shortest way to it.
    """
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    reports = _plant(plant) if plant else _search(quick, depth, console)
    console.print(_table(reports))
    for report in reports:
        for line in run.violation_lines(report.findings):
            console.print(line, markup=False)
    if as_json:
        print(run.to_json(reports))
    if any(report.findings.violation for report in reports):
        raise typer.Exit(_BROKEN)


def _search(quick: bool, depth: int | None, console: Console) -> list[run.Report]:
    reports = []
    for bound in QUICK if quick else FULL:
        with console.status(f"{bound.name}: {bound.about}"):
            reports.append(_timed(bound, DESIGN, depth))
    return reports


def _plant(rule: str) -> list[run.Report]:
    defect = next((defect for defect in DEFECTS if defect.rule == rule), None)
    if defect is None:
        known = ", ".join(sorted(defect.rule for defect in DEFECTS))
        raise CommandError(f"no rule called {rule}; there are {known}")
    return [_timed(defect.bound, defect.rules, None)]


def _timed(bound: Bound, rules: Rules, depth: int | None) -> run.Report:
    began = time.monotonic()
    findings = run.search(bound.budget, rules, depth)
    return run.Report(bound, findings, time.monotonic() - began)


def _table(reports: list[run.Report]) -> Table:
    table = Table(width=_WIDTH)
    for heading in ("bound", "what meets"):
        table.add_column(heading)
    for heading in ("states", "transitions", "depth", "endings", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("searched")
    for report in reports:
        found = report.findings
        counts = (found.states, found.transitions, found.depth, found.endings)
        how = "broken" if found.violation else "all of it" if found.exhaustive else "in part"
        table.add_row(
            report.bound.name,
            report.bound.about,
            *(f"{count:,}" for count in counts),
            f"{report.seconds:.1f}",
            how,
        )
    return table
