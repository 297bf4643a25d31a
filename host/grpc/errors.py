"""Numbered errors as gRPC statuses: one table.

The number travels as trailing metadata (`host.reasons`), the English text as details. What a fault
was found in stays in the host's log, but for errors that only an operator gets and has to act on.
Called by the interceptor only.
"""

from grpc import StatusCode

from firmware.core import errors
from firmware.core.errors import VafaError

_STATUSES = {
    errors.DATABASE_BUSY: StatusCode.UNAVAILABLE,
    errors.DATABASE_DAMAGED: StatusCode.DATA_LOSS,
    errors.POSTING_CONFLICT: StatusCode.ALREADY_EXISTS,
    errors.BATCH_TOO_LARGE: StatusCode.INVALID_ARGUMENT,
    errors.REQUEST_INVALID: StatusCode.INVALID_ARGUMENT,
    errors.REQUEST_CONFLICT: StatusCode.ALREADY_EXISTS,
    errors.CARD_UNKNOWN: StatusCode.NOT_FOUND,
    errors.WINDOW_UNKNOWN: StatusCode.NOT_FOUND,
    errors.LINK_TERMINAL: StatusCode.NOT_FOUND,
    errors.CALLER_UNKNOWN: StatusCode.UNAUTHENTICATED,
    errors.CALLER_FORBIDDEN: StatusCode.PERMISSION_DENIED,
    errors.CALLER_BUSY: StatusCode.RESOURCE_EXHAUSTED,
    errors.DEADLINE_MISSING: StatusCode.INVALID_ARGUMENT,
    errors.HOST_FAULT: StatusCode.INTERNAL,
}

_TOLD_IN_FULL = {errors.WINDOW_HELD, errors.WINDOW_STATE, errors.WINDOW_UNKNOWN}


def status_of(problem: VafaError) -> StatusCode:
    """Return the status of a numbered error; one without a row is a failed precondition."""
    return _STATUSES.get(problem.code, StatusCode.FAILED_PRECONDITION)


def text_of(problem: VafaError) -> str:
    """Return what the caller reads: number, name, and what to do."""
    text = f"{problem.code} {errors.name_of(problem.code)}: {errors.text_of(problem.code)}"
    return f"{text} ({problem.detail})" if problem.code in _TOLD_IN_FULL else text
