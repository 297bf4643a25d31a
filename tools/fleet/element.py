"""A secure element without its packets: the calls of hal.se, on the keys of one terminal.

Owns the keys and the counter, which survive every cut. Never speaks the part's protocol; terminals
of the full wire use `tools.models.se` behind the real driver instead. Called by a unit.
"""

from __future__ import annotations

import hmac
import random

from firmware.terminal.hal.api import SLOT_DEBIT, SLOT_HOST, SLOT_IDENTITY, SLOT_JOURNAL
from host import p256
from host.crypto import Aes
from tools.board import Bundle
from tools.fleet.supply import Supply

_BLOCK = 16


class Element:
    """What stays when the supply goes."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.identity = p256.PrivateKey(p256.scalar_from(rng.randbytes(p256.SEED)))
        self.count = 0
        self._bundle: Bundle | None = None

    def provision(self, bundle: Bundle) -> None:
        """Take the host's keys; once."""
        if self._bundle is not None:
            raise ValueError("this element was provisioned before")
        self._bundle = bundle

    @property
    def bundle(self) -> Bundle:
        """The keys; ValueError before provisioning."""
        if self._bundle is None:
            raise ValueError("this element holds no keys yet")
        return self._bundle


class ElementPort:
    """hal.se for one run of the program."""

    def __init__(self, element: Element, supply: Supply) -> None:
        self._element = element
        self._supply = supply
        self._ephemeral: p256.PrivateKey | None = None
        self._debit = Aes(element.bundle.debit_master)
        self._points = {
            SLOT_HOST: element.bundle.host_public_key,
            SLOT_IDENTITY: element.identity.point,
        }

    def random(self, count: int) -> bytes:
        self._supply.check()
        return self._element.rng.randbytes(count)

    def sign(self, digest: bytes) -> bytes:
        self._supply.check()
        return self._element.identity.sign(digest)

    def verify(self, public: bytes, digest: bytes, signature: bytes) -> bool:
        self._supply.check()
        return p256.verify(public, digest, signature)

    def ephemeral(self) -> bytes:
        self._supply.check()
        self._ephemeral = p256.PrivateKey(p256.scalar_from(self._element.rng.randbytes(p256.SEED)))
        return self._ephemeral.point

    def ecdh(self, public: bytes) -> bytes:
        self._supply.check()
        if self._ephemeral is None:
            raise ValueError("ecdh without an ephemeral key")
        return self._ephemeral.shared_x(public)

    def aes(self, slot: int, block: bytes) -> bytes:
        self._supply.check()
        if slot != SLOT_DEBIT or len(block) != _BLOCK:
            raise ValueError(f"AES of {len(block)} bytes in slot {slot}")
        return self._debit.encrypt(block)

    def hmac(self, slot: int, message: bytes) -> bytes:
        self._supply.check()
        if slot != SLOT_JOURNAL:
            raise ValueError(f"HMAC in slot {slot}")
        return hmac.digest(self._element.bundle.journal_root, message, "sha256")

    def counter(self) -> int:
        self._supply.check()
        return self._element.count

    def bump(self) -> int:
        self._supply.check()
        self._element.count += 1
        return self._element.count

    def public_key(self, slot: int) -> bytes:
        self._supply.check()
        return self._points[slot]
