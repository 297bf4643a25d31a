"""AES for CPython: the `cryptography` package in the shape that firmware/core expects.

Owns the adapter only; no key management and no protocol. Handed to the core as the class
`Aes` by the host, the station, the gateway's tests and the vector runner.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class Aes:
    """AES under one key, whole blocks only. crypto_micropython.Aes has the same shape."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.AES(key)

    def encrypt(self, data: bytes) -> bytes:
        """AES-ECB of whole blocks: the core chains or masks the blocks itself."""
        encryptor = Cipher(self._algorithm, modes.ECB()).encryptor()  # noqa: S305
        return encryptor.update(data) + encryptor.finalize()

    def decrypt(self, data: bytes) -> bytes:
        """Inverse of encrypt."""
        decryptor = Cipher(self._algorithm, modes.ECB()).decryptor()  # noqa: S305
        return decryptor.update(data) + decryptor.finalize()

    def cbc_encrypt(self, iv: bytes, data: bytes) -> bytes:
        """AES-CBC of whole blocks, no padding."""
        encryptor = Cipher(self._algorithm, modes.CBC(iv)).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def cbc_decrypt(self, iv: bytes, data: bytes) -> bytes:
        """Inverse of cbc_encrypt."""
        decryptor = Cipher(self._algorithm, modes.CBC(iv)).decryptor()
        return decryptor.update(data) + decryptor.finalize()
