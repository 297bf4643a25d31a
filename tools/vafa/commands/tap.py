"""`vafa tap`: a customer pays with a card at the standing system's terminal."""

from enum import StrEnum
from typing import Annotated

import typer

from tools.vafa import standing


class Tear(StrEnum):
    """When the card is pulled away."""

    before_commit = "before-commit"
    after_commit = "after-commit"


def command(
    card: standing.CardOption,
    amount: Annotated[int, typer.Option(help="Amount in rial.")],
    tear: Annotated[Tear | None, typer.Option(help="Pull the card away too early.")] = None,
    walk_away: Annotated[
        bool, typer.Option("--walk-away", help="After a tear, don't hold the card again.")
    ] = False,
    directory: standing.DirectoryOption = standing.DEFAULT_DIRECTORY,
    as_json: standing.JsonOption = False,
) -> None:
    """Pay with a card. Exit code 1 when the terminal refuses or the outcome is in doubt."""
    request = {
        "do": "tap",
        "card": card,
        "amount": standing.checked_amount(amount),
        "tear": tear.value if tear else None,
        "walk_away": walk_away,
    }
    standing.show_screen(standing.ask(directory, request), as_json)
