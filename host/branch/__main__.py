"""The gateway program: `python -m host.branch`, with `--help` for its options.

Owns the command line only. Joined with the rest in `host.branch.gateway`.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from host import program
from host.branch.gateway import Gateway, GatewaySettings
from host.ports import clock_from
from host.tls import TlsFiles

DEFAULT_LISTEN = "127.0.0.1:7610"


async def serve(settings: GatewaySettings) -> None:
    """Run a gateway until stopped; errors as Gateway.start."""
    gateway = Gateway(settings, random.Random().randrange)
    await program.serve_until_stopped(
        gateway, lambda: f"gateway: listening on port {gateway.port}"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m host.branch", description="A branch gateway.")
    parser.add_argument("--directory", type=Path, required=True, help="where pages are kept")
    parser.add_argument("--host", required=True, help="ADDRESS:PORT of the host")
    parser.add_argument("--tls", type=Path, required=True, help="folder of the certificates")
    parser.add_argument("--name", required=True, help="certificate, such as gateway-a")
    parser.add_argument("--listen", default=DEFAULT_LISTEN, help="ADDRESS:PORT; port 0 picks one")
    parser.add_argument("--refresh-ms", type=int, default=5_000, help="how often to ask for news")
    parser.add_argument("--clock", type=clock_from, default="system", help="stamps the log")
    options = parser.parse_args(arguments)
    program.configure_logs(options.clock)

    async def run() -> None:
        settings = GatewaySettings(
            directory=options.directory,
            host=options.host,
            files=TlsFiles.load(options.tls, options.name),
            listen=program.split_address(options.listen),
            refresh_ms=options.refresh_ms,
        )
        await serve(settings)

    return program.run(run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
