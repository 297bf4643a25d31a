"""`vafa run`: the standing system, until Ctrl-C."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from tools.live.server import Settings, run
from tools.vafa.standing import DEFAULT_DIRECTORY, DirectoryOption


class Language(StrEnum):
    """What the terminal speaks."""

    fa = "fa"
    en = "en"


def command(
    directory: DirectoryOption = DEFAULT_DIRECTORY,
    language: Annotated[
        Language, typer.Option(help="The terminal's language; counts at the first start.")
    ] = Language.fa,
) -> None:
    """Start host, gateway, terminal and a tray of cards; say how to tap; run until Ctrl-C."""
    asyncio.run(run(Settings(directory, language.value), lambda text: print(text, flush=True)))
