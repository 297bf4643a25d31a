"""The control socket: one JSON line asks, one JSON line answers.

Owns the protocol and its errors. A request is {"do": ..., ...}; an answer is {"ok": true, ...} or
{"ok": false, "code": number of the error table or 0, "text": what happened}. The socket lies in
the system's directory, for its user only.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from firmware.core.errors import VafaError
from tools.models.card import CardFileError
from tools.vafa.failure import CommandError

SOCKET = "control.sock"
_MAX_LINE = 64 * 1024
_MAX_PATH = 107
"""sun_path of unix(7) without its closing zero."""
_ANSWER_S = 90.0
_CONNECT_S = 2.0

Request = dict[str, Any]
Handler = Callable[[Request], Awaitable[Request]]


async def ask(directory: Path, request: Request) -> Request:
    """Ask the system that stands in `directory`.

    Raises CommandError when none does or it can't be talked to, VafaError for a numbered refusal.
    """
    try:
        reader, writer = await _connect(directory)
    except PermissionError:
        raise CommandError(f"the system in {directory} is another user's") from None
    except (OSError, TimeoutError):
        raise CommandError(
            f"no system stands in {directory}; start one with `vafa run` and leave it running"
        ) from None
    try:
        writer.write(json.dumps(request).encode() + b"\n")
        await writer.drain()
        line = await asyncio.wait_for(reader.readline(), _ANSWER_S)
    except (OSError, TimeoutError, ValueError):
        raise CommandError("the system didn't answer; look at its log folder") from None
    finally:
        writer.close()
    if not line:
        raise CommandError("the system stopped before it answered; start it again and look")
    answer: Request = json.loads(line)
    if answer.get("ok"):
        return answer
    code, text = int(answer.get("code", 0)), str(answer.get("text", ""))
    raise VafaError(code, text) if code else CommandError(text)


async def is_answering(directory: Path) -> bool:
    """Whether a system stands in `directory`."""
    try:
        _, writer = await _connect(directory)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def check(directory: Path) -> None:
    """CommandError when no socket can lie in `directory`: its path has at most 107 bytes."""
    if len(os.fsencode(directory / SOCKET)) > _MAX_PATH:
        raise CommandError(
            f"the path {directory} is too long for a socket; name a shorter one with --directory"
        )


async def serve(directory: Path, handler: Handler) -> asyncio.Server:
    """Listen in `directory`; a socket that nobody answers on is left over and replaced."""
    path = directory / SOCKET
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            writer.write(json.dumps(await _handled(handler, line)).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass  # whoever asked has gone, or sent a line without end: nobody is left to answer
        finally:
            writer.close()

    server = await asyncio.start_unix_server(answer, path, limit=_MAX_LINE)
    path.chmod(0o600)
    return server


async def _handled(handler: Handler, line: bytes) -> Request:
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise CommandError("a request is a JSON object")
        return {"ok": True, **await handler(request)}
    except VafaError as error:
        return {"ok": False, "code": error.code, "text": error.detail}
    except (CommandError, CardFileError, OSError, ValueError) as error:
        return {"ok": False, "text": str(error) or type(error).__name__}


async def _connect(directory: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection = asyncio.open_unix_connection(directory / SOCKET, limit=1024 * 1024)
    return await asyncio.wait_for(connection, _CONNECT_S)
