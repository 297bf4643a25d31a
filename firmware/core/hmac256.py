"""HMAC-SHA-256 and HKDF for both interpreters.

MicroPython ships no hmac module. Used by the journal's tags and the link session; AES-CMAC, which
the card speaks, is in `cmac`.
Source: RFC 2104, RFC 5869.
"""

import hashlib

_BLOCK = 64


def _xor_pad(key, byte):
    padded = bytearray(_BLOCK)
    for i in range(_BLOCK):
        padded[i] = (key[i] if i < len(key) else 0) ^ byte
    return padded


def hmac_sha256(key, message):
    """Return the 32-byte HMAC of `message`; any key length."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    inner = hashlib.sha256(_xor_pad(key, 0x36))
    inner.update(message)
    outer = hashlib.sha256(_xor_pad(key, 0x5C))
    outer.update(inner.digest())
    return outer.digest()


def hkdf(salt, secret, info, length):
    """Extract and expand `length` bytes (at most 255 * 32) from `secret`."""
    pseudo_random_key = hmac_sha256(salt, secret)
    block = b""
    out = b""
    counter = 1
    while len(out) < length:
        block = hmac_sha256(pseudo_random_key, block + info + bytes((counter,)))
        out += block
        counter += 1
    return out[:length]
