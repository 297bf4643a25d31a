"""The subcommands. A new one is a module here and a line in COMMANDS; nothing else.

The module offers `command`, a function with typer's annotations, or `app`, a `typer.Typer` that
groups several. It is imported only when its command is called, so that none slows another down.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One subcommand: its word, which is its module's name too, and its line in `vafa --help`."""

    name: str
    help: str


COMMANDS = (
    Entry("run", "Host, gateway, terminal and a tray of cards, standing until Ctrl-C."),
    Entry("tap", "Pay with a card at the standing terminal."),
    Entry("topup", "Top a card up through the standing terminal."),
    Entry("balance", "Show what a card holds."),
    Entry("settle", "Close the standing system's window and print the statement."),
    Entry("status", "Cards, terminals, and what is open in the standing system."),
    Entry("demo", "A day at two branches with cuts and torn cards, told and settled."),
    Entry("world", "A fleet in virtual time: days of taps and faults from one seed, judged."),
    Entry("vectors", "Check the card protocol and the models against a folder of vectors."),
    Entry("sim", "Start a model of one part, such as a reader chip with a card on it."),
    Entry("bench", "Measure what a tap costs on the board and what the host takes in a second."),
    Entry("statespace", "Search a model of the protocol for a story that breaks a promise."),
    Entry("errors", "Print the table of numbered errors."),
    Entry("host", "Make a host, enrol terminals, issue certificates, serve."),
    Entry("gateway", "Run a branch gateway."),
)
