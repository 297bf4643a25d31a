"""`vafa topup`: cash becomes credit on a card, relayed to the host."""

from typing import Annotated

import typer

from tools.vafa import standing


def command(
    card: standing.CardOption,
    amount: Annotated[int, typer.Option(help="Amount in rial.")],
    directory: standing.DirectoryOption = standing.DEFAULT_DIRECTORY,
    as_json: standing.JsonOption = False,
) -> None:
    """Top a card up through the terminal. Exit code 1 when it was refused."""
    request = {"do": "topup", "card": card, "amount": standing.checked_amount(amount)}
    standing.show_screen(standing.ask(directory, request), as_json)
