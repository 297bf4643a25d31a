"""Small stand-ins for terminal hardware, for tests that need no wire: secure element, clock.

Flash and cards in these tests are the models of tools/models; nothing here imitates those.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from firmware.terminal.hal.api import SLOT_DEBIT, SLOT_HOST, SLOT_IDENTITY, SLOT_JOURNAL
from host.crypto import Aes

JOURNAL_ROOT = bytes(range(32))
DEBIT_MASTER = bytes(range(0x40, 0x50))

_PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def public_of(point: bytes) -> ec.EllipticCurvePublicKey:
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def sign(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    r, s = utils.decode_dss_signature(key.sign(digest, _PREHASHED))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class FakeSe:
    """The secure element's calls, without its packets. Survives power cuts like the real one."""

    def __init__(self, host_key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.count = 0
        self.key = ec.derive_private_key(7, ec.SECP256R1())
        self.host_key = host_key or ec.derive_private_key(11, ec.SECP256R1())
        self.draws = 0
        self._ephemeral = ec.derive_private_key(13, ec.SECP256R1())

    def random(self, count):
        self.draws += 1
        return hashlib.sha256(b"draw %d" % self.draws).digest()[:count]

    def sign(self, digest):
        return sign(self.key, digest)

    def verify(self, public, digest, signature):
        r = int.from_bytes(signature[:32], "big")
        s = int.from_bytes(signature[32:], "big")
        try:
            public_of(public).verify(utils.encode_dss_signature(r, s), digest, _PREHASHED)
        except Exception:  # noqa: BLE001 - any refusal is a False
            return False
        return True

    def ephemeral(self):
        return point_of(self._ephemeral)

    def ecdh(self, public):
        return self._ephemeral.exchange(ec.ECDH(), public_of(public))

    def aes(self, slot, block):
        assert slot == SLOT_DEBIT
        return Aes(DEBIT_MASTER).encrypt(block)

    def hmac(self, slot, message):
        assert slot == SLOT_JOURNAL
        return hmac.digest(JOURNAL_ROOT, message, "sha256")

    def counter(self):
        return self.count

    def bump(self):
        self.count += 1
        return self.count

    def public_key(self, slot):
        return point_of({SLOT_HOST: self.host_key, SLOT_IDENTITY: self.key}[slot])


class Stamp:
    """A clock that moves a second each time it is asked."""

    def __init__(self) -> None:
        self.seconds = 1000

    def __call__(self):
        self.seconds += 1
        return self.seconds, 2
