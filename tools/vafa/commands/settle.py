"""`vafa settle`: closes the standing system's window and prints the statement."""

from tools.vafa import standing


def command(
    directory: standing.DirectoryOption = standing.DEFAULT_DIRECTORY,
    as_json: standing.JsonOption = False,
) -> None:
    """Settle everything the host has taken in so far."""
    answer = standing.ask(directory, {"do": "settle"})
    print(answer["statement"] if as_json else answer["readable"])
