"""`vafa bench`: what a tap costs on the board, what the host takes in."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from tools.bench.errors import BenchError
from tools.bench.figures import Figure, summary, to_json
from tools.bench.suites import ALL, SUITES, named
from tools.vafa.failure import CommandError

_WIDTH = 120


def command(
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help=f"One of {', '.join(SUITES)}, or {ALL}.")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="End with one line of JSON with all figures.")
    ] = False,
) -> None:
    """Measure, and print tables. Nothing fails on a time; ratios compare with a bare floor."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    figures: list[Figure] = []
    try:
        for run in named(suite):
            report = run(lambda line: print(line, file=sys.stderr, flush=True))
            figures += report.figures
            for table in report.tables:
                console.print(table)
    except BenchError as error:
        raise CommandError(str(error)) from None
    console.print(summary(figures))
    if json:
        print(to_json(figures))
