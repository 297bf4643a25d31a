"""The session between terminal and host: authentication, keys, sealing. Sans-IO, both sides.

    terminal -> host   SessionHello   terminal id, nonce_t, E_t
    host -> terminal   SessionAnswer  nonce_h, E_h, sign(host link key, H1)
    terminal -> host   SessionFinish  sign(secure element, H2)

E_t, E_h are ephemeral P-256 points (X || Y). H1 = SHA-256("vafa link 1 host" || terminal id ||
nonce_t || E_t || nonce_h || E_h); H2 = SHA-256("vafa link 1 terminal" || H1 || host's signature).
Keys: HKDF-SHA-256(salt nonce_t || nonce_h, ECDH x, "vafa link 1 keys" || H1) gives 96 bytes: for
each direction (terminal first) an AES-128 key and a 32-byte MAC key.

A sealed packet has a counter that starts at 1 and must grow by exactly one (the pipe below keeps
order; a packet lost ends the session), AES-128-CBC with the IV = AES(counter block), padding 80h
and zeros, and HMAC-SHA-256 over "counter || ciphertext", cut to 16 bytes, checked before
decrypting.
P-256 and randomness come from outside; AES is injected.
"""

import hashlib
import struct

from firmware.core.bits import equal
from firmware.core.hmac256 import hkdf, hmac_sha256

NONCE = 32
POINT = 64
SIGNATURE = 64
MAX_PLAIN = 1900
_MAX_COUNTER = 0xFFFFFFFF


class SessionError(Exception):
    """A packet that must end the session: forged, replayed, out of order or malformed."""


def host_digest(terminal, nonce_t, ephemeral_t, nonce_h, ephemeral_h):
    """Return H1, what the host signs; SessionError when a part has a wrong size."""
    for part, size in (
        (nonce_t, NONCE),
        (nonce_h, NONCE),
        (ephemeral_t, POINT),
        (ephemeral_h, POINT),
    ):
        if len(part) != size:
            raise SessionError("handshake part of wrong size")
    transcript = struct.pack("<I", terminal) + nonce_t + ephemeral_t + nonce_h + ephemeral_h
    return hashlib.sha256(b"vafa link 1 host" + transcript).digest()


def terminal_digest(h1, host_signature):
    """Return H2, what the terminal's secure element signs."""
    return hashlib.sha256(b"vafa link 1 terminal" + h1 + host_signature).digest()


def derive(shared_x, nonce_t, nonce_h, h1):
    """Return ((aes, mac) terminal to host, (aes, mac) host to terminal)."""
    keys = hkdf(nonce_t + nonce_h, shared_x, b"vafa link 1 keys" + h1, 96)
    return (keys[:16], keys[16:48]), (keys[48:64], keys[64:])


class Direction:
    """One direction's keys and counter: the sender seals, the receiver opens."""

    def __init__(self, aes_class, keys):
        self._aes = aes_class(keys[0])
        self._mac_key = keys[1]
        self._counter = 0

    def _next(self):
        if self._counter >= _MAX_COUNTER:
            raise SessionError("session counter exhausted")
        self._counter += 1
        return self._counter

    def _iv(self, counter):
        return self._aes.encrypt(struct.pack("<I", counter) + bytes(12))

    def _tag(self, counter, ciphertext):
        return hmac_sha256(self._mac_key, struct.pack("<I", counter) + ciphertext)[:16]

    def seal(self, plain):
        """Return (counter, ciphertext, tag)."""
        if len(plain) > MAX_PLAIN:
            raise SessionError("message too long")
        counter = self._next()
        padded = plain + b"\x80"
        padded += bytes(-len(padded) % 16)
        ciphertext = self._aes.cbc_encrypt(self._iv(counter), padded)
        return counter, ciphertext, self._tag(counter, ciphertext)

    def open(self, counter, ciphertext, tag):
        """Return the plain message; SessionError for anything but the next packet, untouched."""
        if not ciphertext or len(ciphertext) % 16 or len(ciphertext) > MAX_PLAIN + 16:
            raise SessionError("packet of wrong size")
        if not equal(self._tag(counter, ciphertext), tag):
            raise SessionError("packet forged or damaged")
        if counter != self._next():
            raise SessionError("packet lost or repeated")
        padded = self._aes.cbc_decrypt(self._iv(counter), ciphertext)
        end = len(padded) - 1
        while end >= 0 and padded[end] == 0:
            end -= 1
        if end < 0 or padded[end] != 0x80:
            raise SessionError("padding damaged")
        return padded[:end]
