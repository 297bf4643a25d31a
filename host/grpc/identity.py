"""Who is calling: the role and name in the client's certificate.

Owns the reading of `vafa://ROLE/NAME`. A certificate without exactly one such name proves nobody.
Called by the interceptor and by servicers that need the caller's branch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import grpc

from firmware.core.errors import CALLER_UNKNOWN, VafaError
from host.gen.vafa.v1 import options_pb2

Context: TypeAlias = "grpc.aio.ServicerContext[object, object]"
"""What gRPC tells a servicer of a call; generic in its stubs only."""

_SCHEME = b"vafa://"
_ALTERNATIVE_NAMES = "x509_subject_alternative_name"
_ROLES = {
    "gateway": options_pb2.ROLE_GATEWAY,
    "station": options_pb2.ROLE_STATION,
    "operator": options_pb2.ROLE_OPERATOR,
}


@dataclass(frozen=True)
class Caller:
    """A proven caller. `name` is the branch of a gateway or station, else a person or job."""

    role: options_pb2.Role.ValueType
    name: str

    def __str__(self) -> str:
        return f"{options_pb2.Role.Name(self.role)}/{self.name}"


def caller_of(auth_context: Mapping[str, Iterable[bytes]]) -> Caller | None:
    """Return the caller that a connection's certificate proves; None for nobody known."""
    names = [name for name in auth_context.get(_ALTERNATIVE_NAMES, ()) if name.startswith(_SCHEME)]
    if len(names) != 1:
        return None
    kind, _, name = names[0][len(_SCHEME) :].decode("ascii", "replace").partition("/")
    role = _ROLES.get(kind)
    if role is None or not name:
        return None
    return Caller(role, name)


def named_caller(context: Context) -> Caller:
    """Return the caller behind a call that passed the gate; error 433 for nobody known."""
    caller = caller_of(context.auth_context())
    if caller is None:
        raise VafaError(CALLER_UNKNOWN)
    return caller
