"""`vafa host …`: make a host, enrol terminals, issue certificates, serve."""

from pathlib import Path
from typing import Annotated

import typer

from host import admin, program
from host import serve as host_program
from host.home import Home
from host.ports import Clock, SystemRandomness, clock_from
from tools.vafa.failure import CommandError

app = typer.Typer(no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(help="The host's directory.")]
ClockOption = Annotated[str, typer.Option(help='"system", or "file:PATH" in simulation.')]


def _clock(text: str) -> Clock:
    try:
        return clock_from(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--clock") from None


@app.command()
def init(
    directory: Directory,
    name: Annotated[
        list[str] | None, typer.Option(help="DNS name or address the host is reached at.")
    ] = None,
) -> None:
    """Make keys, database and certificates in a new directory."""
    admin.init(Home(directory), SystemRandomness(), names=name or admin.DEFAULT_NAMES)
    typer.echo(f"A host is in {directory}. Keep a copy of keys.json apart from the database.")


@app.command()
def serve(
    directory: Directory,
    listen: Annotated[
        str, typer.Option(help="ADDRESS:PORT; port 0 picks one.")
    ] = host_program.DEFAULT_LISTEN,
    clock: ClockOption = "system",
) -> None:
    """Serve until Ctrl-C."""
    chosen = _clock(clock)
    program.configure_logs(chosen)
    code = program.run(lambda: host_program.serve(directory, listen, chosen))
    raise typer.Exit(code)


@app.command()
def enrol(
    directory: Directory,
    terminal: Annotated[int, typer.Argument(min=1, help="The terminal's number.")],
    branch: Annotated[str, typer.Argument(help="The branch it stands in.")],
    identity: Annotated[str, typer.Argument(help="Public key of its secure element, 128 hex.")],
    clock: ClockOption = "system",
) -> None:
    """Enrol a terminal and print its bundle. It holds keys: pipe it to the provisioning tool."""
    try:
        point = bytes.fromhex(identity)
    except ValueError:
        raise CommandError("the identity key is not hexadecimal") from None
    bundle = admin.enrol(
        Home(directory),
        _clock(clock),
        SystemRandomness(),
        terminal_id=terminal,
        branch=branch,
        identity_point=point,
    )
    typer.echo(bundle.to_json())


@app.command()
def certificate(
    directory: Directory,
    role: Annotated[str, typer.Argument(help="gateway, station or operator.")],
    name: Annotated[str, typer.Argument(help="The branch, or the operator's name.")],
) -> None:
    """Issue a client certificate into the directory's tls folder."""
    stem = admin.issue_certificate(Home(directory), role, name)
    typer.echo(f"{Home(directory).tls / stem}.crt and .key")
