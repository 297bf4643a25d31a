"""`vafa sim …`: models of single parts, standing, for programs that speak to the real ones."""

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Start a model of one part, such as a reader chip with a card on it."""


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def reader(context: typer.Context) -> None:
    """A model card on a model PN532 behind a pseudo-terminal; `--help` says more."""
    from tools.sim import reader as simulator  # noqa: PLC0415 - only this command needs the models

    raise typer.Exit(simulator.main(context.args))
