"""`vafa balance`: what a card holds, as the terminal reads it."""

from tools.vafa import standing


def command(
    card: standing.CardOption,
    directory: standing.DirectoryOption = standing.DEFAULT_DIRECTORY,
    as_json: standing.JsonOption = False,
) -> None:
    """Read a card at the terminal."""
    request = {"do": "balance", "card": card}
    standing.show_screen(standing.ask(directory, request), as_json)
