"""AES for the device: MicroPython's cryptolib in the shape that the core expects.

Owns the fact that a cryptolib object works in one direction and keeps its chaining state.
Imported by the terminal's start-up only, which hands `Aes` to the core; never by the core.
"""

import cryptolib

_ECB = 1
_CBC = 2


class Aes:
    """AES-128 under one key, whole blocks only. host.crypto.Aes has the same shape."""

    def __init__(self, key):
        self._key = key
        self._encryptor = cryptolib.aes(key, _ECB)
        self._decryptor = None

    def encrypt(self, data):
        """AES-ECB of whole blocks."""
        return self._encryptor.encrypt(data)

    def decrypt(self, data):
        """Inverse of encrypt."""
        if self._decryptor is None:
            self._decryptor = cryptolib.aes(self._key, _ECB)
        return self._decryptor.decrypt(data)

    def cbc_encrypt(self, iv, data):
        """AES-CBC of whole blocks, no padding."""
        return cryptolib.aes(self._key, _CBC, iv).encrypt(data)

    def cbc_decrypt(self, iv, data):
        """Inverse of cbc_encrypt."""
        return cryptolib.aes(self._key, _CBC, iv).decrypt(data)
