"""The gate before every rpc: identity, role, deadline, number of calls, audit, errors.

Owns who may call what, read from the contracts' `required_role`. An rpc that states no role is
refused, as is a caller without a known one; health and reflection are open to every known caller.
Never looks into a request.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

import grpc
import structlog
from google.protobuf.descriptor import FileDescriptor

from firmware.core.errors import (
    CALLER_BUSY,
    CALLER_FORBIDDEN,
    CALLER_UNKNOWN,
    DEADLINE_MISSING,
    HOST_FAULT,
    VafaError,
)
from host.gen.vafa.v1 import options_pb2
from host.grpc.errors import status_of, text_of
from host.grpc.identity import Caller, Context, caller_of
from host.reasons import REASON_KEY

_FOR_EVERY_ROLE = ("/grpc.health.v1.Health/", "/grpc.reflection.")

MAX_CALLS = 128
"""Calls that one caller may have open: a gateway's terminals have a stream each."""

log = structlog.get_logger()


class Details(Protocol):
    """What gRPC tells an interceptor of a call."""

    method: str


Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


def roles_of(files: list[FileDescriptor]) -> dict[str, options_pb2.Role.ValueType]:
    """Return the required role of every rpc of these contracts, by full method name."""
    roles = {}
    for file in files:
        for service in file.services_by_name.values():
            for method in service.methods:
                role = method.GetOptions().Extensions[options_pb2.required_role]
                roles[f"/{service.full_name}/{method.name}"] = role
    return roles


class Gate(grpc.aio.ServerInterceptor):
    """Checks every call before its servicer sees it."""

    def __init__(self, roles: dict[str, options_pb2.Role.ValueType]) -> None:
        self._roles = roles
        self._open: Counter[str] = Counter()

    def enter(self, caller: str) -> None:
        """Count a call in; error 444 when its caller has too many, so that none starves others."""
        if self._open[caller] >= MAX_CALLS:
            raise VafaError(CALLER_BUSY, caller)
        self._open[caller] += 1

    def leave(self, caller: str) -> None:
        """Count a call out that `enter` let in."""
        self._open[caller] -= 1
        if not self._open[caller]:
            del self._open[caller]

    async def intercept_service(  # type: ignore[override]  # the stubs lack the aio signature
        self,
        continuation: Callable[[Details], Awaitable[Handler | None]],
        handler_call_details: Details,
    ) -> Handler | None:
        """Return the method's handler with the checks around it."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        return self._guard(handler, handler_call_details.method)

    def _guard(self, handler: Handler, method: str) -> Handler:
        """Wrap the handler; one that streams its answers differs from one that returns one."""
        inner: Any
        outer: Any
        if handler.response_streaming:
            inner = handler.stream_stream or handler.unary_stream

            async def streaming(request: Any, context: Context) -> AsyncIterator[Any]:
                async with _Call(self, method, context) as call:
                    call.admit(unary=False)
                    answers = inner(request, context)
                    if inspect.isawaitable(answers):
                        # A servicer that writes its answers into the context, as health does.
                        await answers
                        return
                    async for response in answers:
                        yield response

            outer = streaming
        else:
            inner = handler.stream_unary or handler.unary_unary

            async def single(request: Any, context: Context) -> Any:
                async with _Call(self, method, context) as call:
                    call.admit(unary=not handler.request_streaming)
                    return await inner(request, context)

            outer = single
        return _rebuilt(handler, outer)

    def check(self, caller: Caller | None, method: str, *, timed: bool) -> None:
        """Raise 433, 434 or 435 unless this caller may call this method in this way.

        `timed` says that the call has a deadline or, as a stream, needs none.
        """
        if caller is None:
            raise VafaError(CALLER_UNKNOWN)
        if method.startswith(_FOR_EVERY_ROLE):
            return
        required = self._roles.get(method, options_pb2.ROLE_UNSPECIFIED)
        if required == options_pb2.ROLE_UNSPECIFIED or caller.role != required:
            raise VafaError(CALLER_FORBIDDEN, f"{caller} called {method}")
        if not timed:
            raise VafaError(DEADLINE_MISSING)


class _Call:
    """One call: its checks, its one line in the audit log, its failure as a status."""

    def __init__(self, gate: Gate, method: str, context: Context) -> None:
        self._gate = gate
        self._method = method
        self._context = context
        self._caller = "unknown"
        self._entered = False
        # Asked of the context now: once a caller has gone, gRPC's call behind it is freed, and
        # asking then ends the process.
        self._peer = context.peer()
        self._began = 0.0

    async def __aenter__(self) -> Self:
        self._began = asyncio.get_running_loop().time()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._entered:
            self._gate.leave(self._caller)
        numbered = self._numbered(problem)
        self._write_down(numbered, cancelled=problem is not None and numbered is None)
        if numbered is not None:
            trailing = ((REASON_KEY, str(numbered.code)),)
            await self._context.abort(status_of(numbered), text_of(numbered), trailing)

    def admit(self, *, unary: bool) -> None:
        """Run the gate's checks; who called is known to the audit also when they fail."""
        caller = caller_of(self._context.auth_context())
        if caller is not None:
            self._caller = str(caller)
        timed = not unary or self._context.time_remaining() is not None
        self._gate.check(caller, self._method, timed=timed)
        self._gate.enter(self._caller)
        self._entered = True

    def _numbered(self, problem: BaseException | None) -> VafaError | None:
        """Return the error to report; None for success and for calls that were cancelled."""
        if isinstance(problem, VafaError):
            return problem
        if not isinstance(problem, Exception) or isinstance(problem, grpc.aio.AbortError):
            return None
        log.error("fault while serving", method=self._method, exc_info=problem)
        return VafaError(HOST_FAULT)

    def _write_down(self, problem: VafaError | None, *, cancelled: bool) -> None:
        outcome = "CANCELLED" if cancelled else "OK"
        took_ms = round((asyncio.get_running_loop().time() - self._began) * 1000)
        log.info(
            "call",
            method=self._method,
            caller=self._caller,
            peer=self._peer,
            outcome=outcome if problem is None else status_of(problem).name,
            reason=0 if problem is None else problem.code,
            took_ms=took_ms,
        )


def _rebuilt(handler: Handler, behaviour: Any) -> Handler:
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    rebuilt: Handler = make(
        behaviour,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )
    return rebuilt
