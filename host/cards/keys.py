"""What the host derives from its key file: card keys, wrapped secrets, the host's signature.

Owns every use of a master key on the host. Never hands out a master except the debit master, which
a terminal's secure element needs at provisioning. Called by issuing, relay, enrolment and intake.
"""

from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firmware.core import an10922, purse
from firmware.core.errors import HOST_FILES, KEYS_DAMAGED, VafaError
from host import p256
from host.cards import keyfile
from host.cards.personalise import CardKeys
from host.cards.scripts import PICC
from host.crypto import Aes
from host.ports import Randomness

_NONCE = 12


class HostKeys:
    """The host's keys in memory, for as long as the process lives."""

    def __init__(self, keys: keyfile.KeyFile, randomness: Randomness) -> None:
        self._keys = keys
        self._randomness = randomness
        self._wrapping = AESGCM(keys.wrapping_key)
        self.signer = p256.PrivateKey(keys.signing_key)

    def __repr__(self) -> str:
        return f"HostKeys({self._keys.check_values()})"

    @property
    def public_point(self) -> bytes:
        """The host's public key as terminals hold it: X || Y."""
        return self.signer.point

    @property
    def version(self) -> int:
        """The key version that new cards get: the newest that every role has."""
        versions = [set(role) for role in self._keys.masters.values()]
        return max(set.intersection(*versions))

    def debit_master(self, version: int) -> bytes:
        """Return the debit master for a terminal's secure element."""
        return self._master(purse.KEY_DEBIT, version)

    def card_key(self, uid: bytes, role: int, version: int) -> bytes:
        """Return the key of one card: `role` is one of purse's key numbers."""
        aid = PICC if role == purse.KEY_PICC else purse.AID
        data = purse.diversification(uid, role, aid)
        return bytes(an10922.diversify(Aes, self._master(role, version), data))

    def transaction_mac_key(self, uid: bytes, version: int) -> bytes:
        """Return the key under which the card proves its transactions."""
        return self.card_key(uid, purse.KEY_TRANSACTION_MAC, version)

    def card_keys(self, uid: bytes, version: int) -> CardKeys:
        """Return all keys of one card."""
        return CardKeys(
            version=version,
            picc=self.card_key(uid, purse.KEY_PICC, version),
            application=tuple(
                self.card_key(uid, number, version) for number in range(purse.KEY_COUNT)
            ),
            transaction_mac=self.transaction_mac_key(uid, version),
        )

    def wrap(self, secret: bytes, label: bytes) -> bytes:
        """Return a secret enciphered for the database; `label` says whose it is and is bound."""
        nonce = self._randomness.bytes(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, secret, label)

    def unwrap(self, wrapped: bytes, label: bytes) -> bytes:
        """Return what `wrap` was given; error 438 when row, label or key don't fit."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], label)
        except (InvalidTag, ValueError):
            raise VafaError(KEYS_DAMAGED, "a wrapped secret of the database") from None

    def _master(self, role: int, version: int) -> bytes:
        try:
            return self._keys.masters[role][version]
        except KeyError:
            raise VafaError(HOST_FILES, f"no master of role {role} version {version}") from None


def load(path: Path, randomness: Randomness) -> HostKeys:
    """Return the keys of a key file; errors as keyfile.read."""
    return HostKeys(keyfile.read(path), randomness)
