"""`vafa errors`: the table that terminal, host and documentation share."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from firmware.core import errors


class Language(StrEnum):
    """The languages of the messages."""

    en = "en"
    fa = "fa"


def command(
    language: Annotated[Language, typer.Option(help="Language of the messages.")] = Language.en,
) -> None:
    """Print the table of numbered errors: what happened, whether money is safe, what to do."""
    table = Table("number", "name", "message", show_lines=False)
    for number, name, _, _ in sorted(errors.TABLE):
        table.add_row(str(number), name, errors.text_of(number, language.value))
    Console().print(table)
