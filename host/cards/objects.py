"""Signed objects: what terminals accept from anyone who carries it.

Owns the signed form and the step from one version to the next. Never decides a content. Called by
the hotlist and by the terminals' configurations.
"""

import hashlib
import struct
from enum import IntEnum

from sqlalchemy import Connection

from host import p256
from host.cards import store
from host.gen.vafa.v1 import config_pb2


class Kind(IntEnum):
    """Kinds of objects; the numbers are those of config.proto."""

    CONFIG = 1
    HOTLIST = 2


def digest(kind: int, version: int, terminal_id: int, body: bytes) -> bytes:
    """Return what an object's signature is over (config.proto, SignedObject)."""
    head = struct.pack("<BII", kind, version, terminal_id)
    return hashlib.sha256(b"vafa object 1" + head + body).digest()


def publish(
    conn: Connection, signer: p256.PrivateKey, kind: Kind, terminal_id: int, body: bytes, now: int
) -> store.StoredObject:
    """Sign `body` as the next version of an object and keep it."""
    known = store.signed_object(conn, kind, terminal_id)
    version = 1 if known is None else known.version + 1
    message = config_pb2.SignedObject(
        kind=config_pb2.ObjectKind.ValueType(kind),
        version=version,
        terminal_id=terminal_id,
        body=body,
        signature=signer.sign(digest(kind, version, terminal_id, body)),
    )
    fresh = store.StoredObject(version, now, message.SerializeToString(deterministic=True))
    store.put_signed_object(conn, kind, terminal_id, fresh)
    return fresh
