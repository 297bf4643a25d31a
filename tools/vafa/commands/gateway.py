"""`vafa gateway`: run a branch gateway."""

from pathlib import Path
from typing import Annotated

import typer

from host.branch import __main__ as gateway_program


def command(
    directory: Annotated[Path, typer.Argument(help="Where the gateway keeps its pages.")],
    host: Annotated[str, typer.Option(help="ADDRESS:PORT of the host.")],
    tls: Annotated[Path, typer.Option(help="Folder of the certificates.")],
    name: Annotated[str, typer.Option(help="Certificate, such as gateway-a.")],
    listen: Annotated[
        str, typer.Option(help="ADDRESS:PORT for terminals; port 0 picks one.")
    ] = gateway_program.DEFAULT_LISTEN,
) -> None:
    """Run a branch gateway until Ctrl-C."""
    words = ["--directory", str(directory), "--host", host, "--tls", str(tls), "--name", name]
    raise typer.Exit(gateway_program.main([*words, "--listen", listen]))
