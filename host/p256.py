"""P-256 with raw points and raw signatures, as secure elements and cards speak it.

Owns the conversion between the `cryptography` package and the project's wire forms: a point is
X || Y (64 bytes), a signature r || s (64 bytes). Signatures are deterministic (RFC 6979), so the
same statement has the same bytes. Called by the host's keys, the link session and the intake.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_DIGEST = Prehashed(hashes.SHA256())
_SCALAR = 32
POINT = 64
SIGNATURE = 64
SEED = 40
"""Bytes of randomness for one private key: enough above 32 that the remainder has no bias."""


class PrivateKey:
    """One P-256 private key. Its repr and its errors show nothing of it."""

    def __init__(self, scalar: bytes) -> None:
        """Take the private number, 32 bytes big-endian; ValueError when it is out of range."""
        if len(scalar) != _SCALAR:
            raise ValueError("a P-256 private key has 32 bytes")
        self._key = ec.derive_private_key(int.from_bytes(scalar, "big"), _CURVE)
        self.point = _raw_point(self._key.public_key())

    def __repr__(self) -> str:
        return "PrivateKey(P-256)"

    def sign(self, digest: bytes) -> bytes:
        """Return r || s over a SHA-256 digest."""
        algorithm = ec.ECDSA(_DIGEST, deterministic_signing=True)
        r, s = decode_dss_signature(self._key.sign(digest, algorithm))
        return r.to_bytes(_SCALAR, "big") + s.to_bytes(_SCALAR, "big")

    def shared_x(self, point: bytes) -> bytes:
        """Return the X coordinate of the Diffie-Hellman point; ValueError for a bad point."""
        return self._key.exchange(ec.ECDH(), _public_key(point))


def scalar_from(seed: bytes) -> bytes:
    """Return the private number that SEED random bytes stand for."""
    if len(seed) != SEED:
        raise ValueError("seed of wrong size")
    number = int.from_bytes(seed, "big") % (_ORDER - 1) + 1
    return number.to_bytes(_SCALAR, "big")


def verify(point: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether `signature` over a SHA-256 digest is by the key of `point`."""
    if len(signature) != SIGNATURE:
        return False
    r = int.from_bytes(signature[:_SCALAR], "big")
    s = int.from_bytes(signature[_SCALAR:], "big")
    try:
        _public_key(point).verify(encode_dss_signature(r, s), digest, ec.ECDSA(_DIGEST))
    except (InvalidSignature, ValueError):
        return False
    return True


def is_point(point: bytes) -> bool:
    """Tell whether 64 bytes are a point of the curve."""
    try:
        _public_key(point)
    except ValueError:
        return False
    return True


def _public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    if len(point) != POINT:
        raise ValueError("a P-256 point has 64 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + point)


def _raw_point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
