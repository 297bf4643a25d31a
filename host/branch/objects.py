"""The gateway's cache of signed objects: served to terminals also while the host is away.

Owns one file an object (its SHA-256, then the object), replaced atomically. Never checks
a signature: terminals do. Called by the gateway; filled from ConfigService.Pull.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError

from firmware.core.errors import LINK_MESSAGE, VafaError
from host.gen.vafa.v1 import config_pb2

CHUNK = 1024
MAX_OBJECT = 512 * 1024
_DIGEST = 32


@dataclass(frozen=True)
class Chunk:
    """A part of an object; `total` 0 says there is nothing newer."""

    version: int
    total: int
    data: bytes


class ObjectCache:
    """Signed objects by kind and terminal; the hotlist is the same for all terminals."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._objects: dict[tuple[int, int], tuple[int, bytes]] = {}
        for path in sorted(directory.glob("*.object")):
            content = _read(path)
            parsed = _parsed(content)
            # A damaged file is passed over: the next pull brings the object again.
            if parsed is not None:
                self._objects[_key(parsed)] = (parsed.version, content)

    def version(self, kind: int, terminal: int) -> int:
        """Return the version at hand, 0 for none."""
        return self._find(kind, terminal)[0]

    def put(self, serialized: bytes) -> None:
        """Keep a SignedObject durably unless a newer one is here; error 301 when it is none."""
        parsed = _parsed(serialized)
        if parsed is None:
            raise VafaError(LINK_MESSAGE, "not a signed object")
        key = _key(parsed)
        if parsed.version < self._objects.get(key, (0, b""))[0]:
            return
        self._objects[key] = (parsed.version, serialized)
        path = self._directory / f"{key[0]}-{key[1]}.object"
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(hashlib.sha256(serialized).digest() + serialized)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def chunk(self, kind: int, terminal: int, have_version: int, offset: int) -> Chunk:
        """Return the part of a newer object at `offset`; error 301 beyond its end."""
        version, content = self._find(kind, terminal)
        if version <= have_version:
            return Chunk(version, 0, b"")
        if offset >= len(content):
            raise VafaError(LINK_MESSAGE, "offset beyond the object")
        return Chunk(version, len(content), content[offset : offset + CHUNK])

    def _find(self, kind: int, terminal: int) -> tuple[int, bytes]:
        owner = 0 if kind == config_pb2.OBJECT_KIND_HOTLIST else terminal
        return self._objects.get((kind, owner), (0, b""))


def _read(path: Path) -> bytes:
    """Return the object in a file, nothing when the file is damaged.

    A damaged object would be refused by every terminal, and a damaged version number could keep
    all newer ones away.
    """
    with path.open("rb") as file:
        content = file.read(_DIGEST + MAX_OBJECT + 1)
    whole = hashlib.sha256(content[_DIGEST:]).digest() == content[:_DIGEST]
    return content[_DIGEST:] if whole else b""


def _parsed(serialized: bytes) -> config_pb2.SignedObject | None:
    """Return a SignedObject that can be one of the host's, None for anything else."""
    if len(serialized) > MAX_OBJECT:
        return None
    try:
        parsed = config_pb2.SignedObject.FromString(serialized)
    except DecodeError:
        return None
    if parsed.kind == config_pb2.OBJECT_KIND_UNSPECIFIED or parsed.version == 0:
        return None
    return parsed


def _key(parsed: config_pb2.SignedObject) -> tuple[int, int]:
    return int(parsed.kind), parsed.terminal_id
