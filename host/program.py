"""How the host's and the gateway's programs run: logs, signals, one clear line for a failure.

Owns nothing of what they do. Called by `host.serve` and `host.branch.__main__`.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from firmware.core.errors import REQUEST_INVALID, VafaError, text_of
from host.ports import EPOCH_UNIX_S, Clock

FAILED = 1


_PORTS = 65_536


class Service(Protocol):
    """Something that is started, stands, and is stopped."""

    async def start(self) -> None:
        """Begin to serve."""

    async def stop(self) -> None:
        """End in good order."""


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of "ADDRESS:PORT"; error 420 for anything else."""
    address, _, port = text.rpartition(":")
    if not address or not port.isdecimal() or not int(port) < _PORTS:
        raise VafaError(REQUEST_INVALID, f"an address is ADDRESS:PORT, not {text!r}")
    return address, int(port)


def configure_logs(clock: Clock, level: int = logging.INFO) -> None:
    """Log JSON lines to standard error, stamped with the given clock's time in UTC."""

    def stamp(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        try:
            since_1970_s = clock.now() + EPOCH_UNIX_S
            event["at"] = datetime.fromtimestamp(since_1970_s, UTC).isoformat()
        except VafaError:
            # A line without its time is better than a task that ends because it wrote one.
            event["at"] = None
        return event

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            stamp,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def serve_until_stopped(service: Service, ready: Callable[[], str]) -> None:
    """Start a service, say so on standard output, and stop it on Ctrl-C or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await service.start()
    print(ready(), flush=True)  # noqa: T201  # whoever started the program waits for this line
    await stopped.wait()
    await service.stop()


def run(main: Callable[[], Awaitable[None]]) -> int:
    """Run a program's coroutine; return its exit code, with one line for a numbered failure."""

    async def guarded() -> int:
        try:
            await main()
        except VafaError as problem:
            print(f"error {problem}. {text_of(problem.code)}", file=sys.stderr)  # noqa: T201
            return FAILED
        except OSError as problem:
            # A folder that is a file, an address of another machine: what the system says is it.
            print(f"error: {problem}. Nothing was started.", file=sys.stderr)  # noqa: T201
            return FAILED
        return 0

    return asyncio.run(guarded())
