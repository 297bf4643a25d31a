"""`vafa vectors`: known answers against the portable core and against the models."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tools.vectors import suite


class Interpreter(StrEnum):
    """What runs the portable core."""

    cpython = "cpython"
    micropython = "micropython"


def command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with vector files (*.json).")
    ],
    interpreter: Annotated[
        Interpreter, typer.Option(help="What runs the portable core.")
    ] = Interpreter.cpython,
) -> None:
    """Run every vector in DIR; the last line counts them. Exit code 1 when one failed."""
    raise typer.Exit(suite.run(directory, interpreter.value))
