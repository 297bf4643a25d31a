"""The host's key file: master keys per role and version, the wrapping key, the signing key.

Owns the file's form, its mode and its check values. Never shows a key: repr and errors carry
check values only. Called by `host.cards.keys`, which derives what everyone else uses.

Form: JSON, mode 0600. `check` holds for each master the first three bytes of its CMAC over a zero
block, and for the other two keys of their SHA-256, so damage is found before a card is.
"""

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.core import purse
from firmware.core.cmac import cmac
from firmware.core.errors import HOST_EXISTS, HOST_FILES, KEYS_DAMAGED, KEYS_EXPOSED, VafaError
from host import p256
from host.crypto import Aes
from host.ports import Randomness

LAYOUT = 1
ROLES = {
    "picc": purse.KEY_PICC,
    "master": purse.KEY_MASTER,
    "debit": purse.KEY_DEBIT,
    "credit": purse.KEY_CREDIT,
    "issuer": purse.KEY_ISSUER,
    "float": purse.KEY_FLOAT,
    "transaction-mac": purse.KEY_TRANSACTION_MAC,
}
"""Names of the roles in the file and the key numbers that purse diversifies them with."""

_AES_KEY = 16
_WRAPPING_KEY = 32
_SCALAR = 32
_MAX_FILE = 64 * 1024


@dataclass(frozen=True)
class KeyFile:
    """The keys as read: `masters[role number][version]`, versions counting from 1."""

    masters: dict[int, dict[int, bytes]] = field(repr=False)
    wrapping_key: bytes = field(repr=False)
    signing_key: bytes = field(repr=False)

    def check_values(self) -> dict[str, str]:
        """Return a short value per key by which two people can compare keys on the phone."""
        values = {
            f"{role}/{version}": cmac(Aes, key, bytes(16))[:3].hex()
            for role, number in ROLES.items()
            for version, key in sorted(self.masters[number].items())
        }
        values["wrapping"] = hashlib.sha256(b"vafa check" + self.wrapping_key).digest()[:3].hex()
        values["signing"] = hashlib.sha256(b"vafa check" + self.signing_key).digest()[:3].hex()
        return values


def generate(randomness: Randomness) -> KeyFile:
    """Return fresh keys, version 1 of each role."""
    return KeyFile(
        masters={number: {1: randomness.bytes(_AES_KEY)} for number in ROLES.values()},
        wrapping_key=randomness.bytes(_WRAPPING_KEY),
        signing_key=p256.scalar_from(randomness.bytes(p256.SEED)),
    )


def write(path: Path, keys: KeyFile) -> None:
    """Write a new key file durably; error 441 when there is one already."""
    content = {
        "layout": LAYOUT,
        "masters": {
            role: {str(version): key.hex() for version, key in keys.masters[number].items()}
            for role, number in ROLES.items()
        },
        "wrapping": keys.wrapping_key.hex(),
        "signing": keys.signing_key.hex(),
        "check": keys.check_values(),
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise VafaError(HOST_EXISTS, str(path)) from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> KeyFile:
    """Return the keys of a file.

    Raises error 439 when it is missing, 437 when others may read it, 438 when it is damaged.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise VafaError(HOST_FILES, str(path)) from None
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise VafaError(KEYS_EXPOSED, str(path))
    if status.st_size > _MAX_FILE:
        raise VafaError(KEYS_DAMAGED, str(path))
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        keys = _parse(content)
        intact = content["check"] == keys.check_values()
    except OSError as problem:
        raise VafaError(HOST_FILES, f"{path}: {problem.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The parser's own message would quote the file.
        raise VafaError(KEYS_DAMAGED, str(path)) from None
    if not intact:
        raise VafaError(KEYS_DAMAGED, f"{path}: check values differ")
    return keys


def _parse(content: dict[str, Any]) -> KeyFile:
    if content["layout"] != LAYOUT:
        raise ValueError("layout")
    masters = {
        number: {
            int(version): _sized(text, _AES_KEY)
            for version, text in content["masters"][role].items()
        }
        for role, number in ROLES.items()
    }
    if not all(masters.values()):
        raise ValueError("a role without a key")
    return KeyFile(
        masters=masters,
        wrapping_key=_sized(content["wrapping"], _WRAPPING_KEY),
        signing_key=_sized(content["signing"], _SCALAR),
    )


def _sized(text: str, size: int) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != size:
        raise ValueError("key of wrong size")
    return value
