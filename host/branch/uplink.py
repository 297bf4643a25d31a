"""The gateway's side of gRPC: upload, pull, and a terminal's session carried to the host.

Owns channel, deadlines and what the gateway believes of the host's reachability. Never retries by
itself: the tasks of the gateway do, and only calls that are safe to repeat.
"""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

import grpc

from firmware.core.errors import LINK_HOST_AWAY, VafaError
from host.gen.vafa.v1 import (
    config_pb2,
    config_pb2_grpc,
    journal_pb2,
    journal_pb2_grpc,
    link_pb2,
    link_pb2_grpc,
)
from host.reasons import error_of
from host.tls import TlsFiles

_OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.max_receive_message_length", 1024 * 1024),
)

SessionStream: TypeAlias = (
    "grpc.aio.StreamStreamCall[link_pb2.ConnectRequest, link_pb2.ConnectResponse]"
)


class Uplink:
    """One channel to the host, kept open and reopened by itself."""

    def __init__(
        self,
        target: str,
        files: TlsFiles,
        deadline_ms: int = 10_000,
        session_deadline_ms: int = 5_000,
    ) -> None:
        self._deadline_s = deadline_ms / 1000
        # A terminal waits eight seconds for an answer: it should hear ours before it gives up.
        self._session_deadline_s = session_deadline_ms / 1000
        self._channel = grpc.aio.secure_channel(
            target, files.client_credentials(), options=_OPTIONS
        )
        self._journal = journal_pb2_grpc.JournalServiceStub(self._channel)
        self._config = config_pb2_grpc.ConfigServiceStub(self._channel)
        self._link = link_pb2_grpc.TerminalLinkServiceStub(self._channel)
        self.reachable = False

    async def close(self) -> None:
        """Close the channel and every call on it."""
        await self._channel.close()

    async def upload(self, pages: Sequence[bytes]) -> journal_pb2.UploadResponse:
        """Hand pages to the host. Safe to repeat.

        Raises the host's numbered reason, or 300 when it can't be reached.
        """
        request = journal_pb2.UploadRequest(pages=pages)
        try:
            response = await self._journal.Upload(request, timeout=self._deadline_s)
        except grpc.aio.AioRpcError as problem:
            raise self._failed(problem) from None
        self.reachable = True
        return response

    async def pull(self, terminal: int, kind: int, have_version: int) -> bytes:
        """Return a newer serialized object, or nothing. Errors as `upload`."""
        request = config_pb2.PullRequest(
            terminal_id=terminal,
            kind=config_pb2.ObjectKind.ValueType(kind),
            have_version=have_version,
        )
        try:
            response = await self._config.Pull(request, timeout=self._deadline_s)
        except grpc.aio.AioRpcError as problem:
            raise self._failed(problem) from None
        self.reachable = True
        return response.object

    def session(self, terminal: int) -> "CarriedSession":
        """Return a carrier for one session of a terminal."""
        return CarriedSession(terminal, self._link.Connect(), self._session_deadline_s)

    def _failed(self, problem: grpc.aio.AioRpcError) -> VafaError:
        error = error_of(problem.code(), problem.details(), problem.trailing_metadata())
        self.reachable = error.code != LINK_HOST_AWAY
        return error


class CarriedSession:
    """One terminal's session on its stream: each packet but the finish has one answer."""

    def __init__(self, terminal: int, stream: SessionStream, deadline_s: float) -> None:
        self._terminal = terminal
        self._stream = stream
        self._deadline_s = deadline_s

    async def exchange(self, packet: link_pb2.SessionPacket) -> link_pb2.SessionPacket | None:
        """Carry a packet and return the host's answer, None where none is due.

        Error 300 when the host can't be reached or ended the stream: the session is over then.
        """
        request = link_pb2.ConnectRequest(terminal_id=self._terminal, packet=packet)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._stream.write(request)
                if packet.WhichOneof("body") == "finish":
                    return None
                response = await self._stream.read()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError, TimeoutError) as problem:
            self.close()
            raise VafaError(LINK_HOST_AWAY, type(problem).__name__) from None
        if not isinstance(response, link_pb2.ConnectResponse):
            raise VafaError(LINK_HOST_AWAY, "the host ended the session")
        return response.packet

    def close(self) -> None:
        """End the stream."""
        self._stream.cancel()
