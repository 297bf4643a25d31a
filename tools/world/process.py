"""A program of ours as a child process: started, awaited until it says it is ready, stopped.

Its output goes to a log file; when it dies early, the log's end is part of the error.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_READY_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0
_TAIL_LINES = 12
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ProcessError(Exception):
    """A child could not be started or died; the message holds the end of its log."""


class Process:
    """One child process running `python -m MODULE ARGUMENTS`."""

    def __init__(self, name: str, module: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._argv = [sys.executable, "-m", module, *arguments]
        self._child: asyncio.subprocess.Process | None = None
        self._copy: asyncio.Task[None] | None = None

    async def start(self, ready: str) -> str:
        """Start and return the output line that contains `ready`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._child = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        said: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._copy = asyncio.create_task(self._copy_output(ready, said))
        try:
            return await asyncio.wait_for(said, _READY_TIMEOUT_S)
        except TimeoutError:
            await self.stop()
            raise ProcessError(f"{self.name} didn't get ready; see {self.log}") from None

    async def _copy_output(self, ready: str, said: asyncio.Future[str]) -> None:
        child = self._child
        if child is None or child.stdout is None:
            raise ProcessError(f"{self.name} was not started")
        tail: list[str] = []
        with self.log.open("ab") as log:
            async for raw in child.stdout:
                log.write(raw)
                log.flush()
                line = raw.decode(errors="replace").rstrip()
                tail = [*tail[1 - _TAIL_LINES :], line]
                if ready in line and not said.done():
                    said.set_result(line)
        if not said.done():
            end = f"{self.name} stopped at its start, exit code {await child.wait()}:"
            said.set_exception(ProcessError("\n".join([end, *(tail or ["it said nothing"])])))

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._child is not None and self.running:
            self._child.kill()

    async def stop(self) -> None:
        """Ask it to end; kill it if it doesn't."""
        if self._child is None:
            return
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._child.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:
                self.kill()
        await self._child.wait()
        if self._copy is not None:
            await asyncio.gather(self._copy, return_exceptions=True)


def _end_with_parent() -> None:
    """Have the kernel end this child when its parent is gone, however that came (prctl(2))."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
