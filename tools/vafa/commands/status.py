"""`vafa status`: cards, terminals, and what is open."""

import json

from rich.console import Console
from rich.table import Table

from tools.live.control import Request
from tools.vafa import standing

_STATES = {1: "unconfirmed", 2: "active", 3: "blocked"}
_OPEN = (
    ("in doubt", "in_doubt", "in_doubt_minor"),
    ("in suspense", "suspense", "suspense_minor"),
    ("quarantined pages", "quarantined", None),
    ("repeated pages ignored", "duplicates_ignored", None),
    ("sales refused", "refusals", None),
    ("alarms", "alarms", None),
    ("last window", "last_window", None),
    ("held window", "held_window", None),
)


def command(
    directory: standing.DirectoryOption = standing.DEFAULT_DIRECTORY,
    as_json: standing.JsonOption = False,
) -> None:
    """Print the state of the standing system as the host knows it."""
    answer = standing.ask(directory, {"do": "status"})
    if as_json:
        print(json.dumps({key: value for key, value in answer.items() if key != "ok"}))
        return
    console = Console()
    console.print(_cards(answer))
    console.print(_terminals(answer))
    for name, count, amount in _OPEN:
        value = f"{answer[count]}" + (f" ({answer[amount]:,} rial)" if amount else "")
        console.print(f"{name:<24}{value}", highlight=False)


def _cards(answer: Request) -> Table:
    table = Table("card", "number", "state", title="Cards", title_justify="left")
    table.add_column("ledger, rial", justify="right")
    table.add_column("in doubt, rial", justify="right")
    for card in answer["cards"]:
        table.add_row(
            card["name"],
            f"{card['number']:010d}",
            _STATES.get(card["state"], "?"),
            f"{card['paid_minor']:,}",
            f"{card['unknown_minor']:,}",
        )
    return table


def _terminals(answer: Request) -> Table:
    table = Table("terminal", "branch", title="Terminals", title_justify="left")
    table.add_column("records at the host", justify="right")
    table.add_column("waiting", justify="right")
    for item in answer["terminals"]:
        table.add_row(
            str(item["terminal"]),
            item["branch"],
            str(item["through_sequence"]),
            str(item["waiting"]),
        )
    return table
