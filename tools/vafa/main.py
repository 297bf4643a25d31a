"""Builds the command line and runs one command.

Only the module of the command that was asked for is imported; the others are lines of help.
Called by `python -m tools.vafa`, and by tests.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated

import typer

from tools.vafa import failure
from tools.vafa.commands import COMMANDS, Entry


def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback when a command fails.")
    ] = False,
) -> None:
    """Vafa: a customer club on rechargeable contactless cards.

    Each command has a `--help` of its own.
    """
    del debug  # seen by main(), which is outside of this call when a command fails


def _only_a_line_of_help() -> None:
    raise RuntimeError("a command was called without its module")


def _attach(app: typer.Typer, entry: Entry, module: ModuleType) -> None:
    if hasattr(module, "app"):
        app.add_typer(module.app, name=entry.name, help=entry.help)
    else:
        app.command(entry.name)(module.command)


def build(wanted: str | None) -> typer.Typer:
    """The command line, in which the wanted command works and every command is listed."""
    app = typer.Typer(
        name="vafa", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_options)
    for entry in COMMANDS:
        if entry.name == wanted:
            _attach(app, entry, importlib.import_module(f"tools.vafa.commands.{entry.name}"))
        else:
            app.command(entry.name, help=entry.help)(_only_a_line_of_help)
    return app


def main(arguments: Sequence[str]) -> int:
    """Runs `vafa ARGUMENTS`; returns the exit code (0 done, 1 failed, 2 wrong usage)."""
    before = [word for word in arguments if not word.startswith("-")][:1]
    wanted = before[0] if before else None
    options = arguments[: arguments.index(wanted)] if wanted else arguments
    try:
        build(wanted)(list(arguments), prog_name="vafa")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0 if done.code is None else 1
    except KeyboardInterrupt:
        return failure.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`vafa errors | head`): nothing more to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failure.FAILED
    except Exception as error:
        if "--debug" in options:
            raise
        line, code = failure.describe(error)
        print(f"vafa: {line}", file=sys.stderr)
        return code
    return 0
