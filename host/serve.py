"""The host program: `python -m host.serve --directory DIR`.

Owns the command line and the order of starting. Everything it serves is built in
`host.application`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from host import application, program
from host.db.migrate import migrate
from host.grpc.server import HostServer
from host.home import Home, load_config
from host.pki import HOST_NAME
from host.ports import Clock, SystemRandomness, clock_from
from host.tls import TlsFiles

DEFAULT_LISTEN = "127.0.0.1:7600"


async def serve(directory: Path, listen: str, clock: Clock) -> None:
    """Serve a host's directory until stopped.

    Raises 420 for an address that is none, 439 for missing files, 437 and 438 for the key file,
    443 for certificates, 440 for a taken port, 400 to 402 for the database.
    """
    home = Home(directory)
    program.split_address(listen)
    # Books without keys have a message of their own, in `build`.
    migrate(load_config(home).database, create=not home.keys.exists())
    built = application.build(home, clock, SystemRandomness())
    files = TlsFiles.load(home.tls, HOST_NAME)
    built.hotlist.publish_first()
    server = HostServer(built, files, listen)
    await program.serve_until_stopped(server, lambda: f"host: listening on port {server.port}")


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m host.serve", description="The host.")
    parser.add_argument("--directory", type=Path, required=True, help="made by `vafa host init`")
    parser.add_argument("--listen", default=DEFAULT_LISTEN, help="ADDRESS:PORT; port 0 picks one")
    parser.add_argument(
        "--clock", type=clock_from, default="system", help='"system", or "file:PATH" in simulation'
    )
    options = parser.parse_args(arguments)
    program.configure_logs(options.clock)
    return program.run(lambda: serve(options.directory, options.listen, options.clock))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
