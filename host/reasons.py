"""A failed call's numbered reason, as host and callers pass it: trailing metadata `vafa-reason`.

Owns the key and its reading. Called by the clients; the server's side is in `host.grpc.errors`.
"""

from collections.abc import Iterable

import grpc

from firmware.core.errors import HOST_FAULT, LINK_HOST_AWAY, VafaError

REASON_KEY = "vafa-reason"
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def error_of(
    code: grpc.StatusCode,
    details: str | None,
    trailing: Iterable[tuple[str, str | bytes]] | None,
) -> VafaError:
    """Return the host's number, else 300 for a host that can't be reached and 436 for the rest."""
    for key, value in trailing or ():
        if key == REASON_KEY and isinstance(value, str) and value.isdecimal():
            return VafaError(int(value), details or "")
    return VafaError(LINK_HOST_AWAY if code in _AWAY else HOST_FAULT, f"{code.name}: {details}")
