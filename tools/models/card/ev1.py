"""Owns AES authentication AAh and EV1 secure messaging, which tools older than EV2 speak.

Never decides whether a command is allowed. The IV runs through a whole session: each CMAC
and each ciphertext is the IV of the next. Source: behaviour of libfreefare 0.4.0
(mifare_desfire_crypto.c) and python-desfire 0.1.5.
"""

from tools.models.card import crypto
from tools.models.card.session import Mode, Terms
from tools.models.card.status import CardError, Status

RANDOM_LENGTH = 16
CRC_LENGTH = 4
NEW_KEY_LENGTH = 17  # key and version


class Ev1Session:
    """Session key and the running IV."""

    def __init__(self, key_no: int, key: bytes) -> None:
        self.key_no = key_no
        self._key = key
        self._iv = crypto.ZERO_IV

    def open(self, ins: int, body: bytes, terms: Terms) -> bytes:
        """See `Session.open`."""
        if terms.mode is Mode.PLAIN or not terms.sends_data:
            terms.require(len(body))
            self._mac(bytes([ins]) + body)
            return body
        if terms.mode is Mode.FULL:
            return self._open_full(ins, body, terms)
        if len(body) < crypto.MAC_LENGTH:
            raise CardError(Status.LENGTH)
        plain, tag = body[: -crypto.MAC_LENGTH], body[-crypto.MAC_LENGTH :]
        terms.require(len(plain))
        if not crypto.equal(tag, self._mac(bytes([ins]) + plain)):
            raise CardError(Status.INTEGRITY)
        return plain

    def _open_full(self, ins: int, body: bytes, terms: Terms) -> bytes:
        header, sealed = body[: terms.header], body[terms.header :]
        if not sealed or len(sealed) % crypto.BLOCK:
            raise CardError(Status.LENGTH)
        opened = crypto.cbc_decrypt(self._key, sealed, self._iv)
        self._iv = sealed[-crypto.BLOCK :]
        if terms.changes_key:
            return header + _new_key(ins, header, opened, terms)
        # The padding does not tell where the data ends; the length rule and the CRC do.
        for length in range(len(opened) - CRC_LENGTH, -1, -1):
            if terms.fits(len(header) + length) and _crc_matches(ins, header, opened, length):
                return header + opened[:length]
        raise CardError(Status.INTEGRITY)

    def seal(self, mode: Mode, data: bytes) -> bytes:
        """See `Session.seal`. Everything that is not enciphered carries a CMAC."""
        if mode is Mode.FULL and data:
            framed = data + crypto.crc32(data + bytes([Status.OK]))
            sealed = crypto.cbc_encrypt(
                self._key, framed + bytes(-len(framed) % crypto.BLOCK), self._iv
            )
            self._iv = sealed[-crypto.BLOCK :]
            return sealed
        return data + self._mac(data + bytes([Status.OK]))

    def wire_length(self, plain: int, terms: Terms) -> int:
        """See `Session.wire_length`."""
        if terms.mode is Mode.PLAIN or not terms.sends_data:
            return plain
        if terms.mode is Mode.MAC:
            return plain + crypto.MAC_LENGTH
        data = plain - terms.header + CRC_LENGTH
        return terms.header + data + -data % crypto.BLOCK

    def _mac(self, message: bytes) -> bytes:
        """First 8 bytes of a CMAC that starts from the running IV."""
        # With an IV, CMAC(m) is CMAC of the message whose first block is XORed with the IV.
        # A message shorter than a block cannot be XORed before its padding is known.
        if len(message) >= crypto.BLOCK:
            start = crypto.xor(message[: crypto.BLOCK], self._iv)
            tag = crypto.cmac(self._key, start + message[crypto.BLOCK :])
        else:
            tag = crypto.cmac_short(self._key, message, self._iv)
        self._iv = tag
        return tag[: crypto.MAC_LENGTH]


def _new_key(ins: int, header: bytes, opened: bytes, terms: Terms) -> bytes:
    """New key, version [, CRC of the new key]: the form that EV2 uses as well."""
    own = terms.fits(terms.header + NEW_KEY_LENGTH)
    if not _crc_matches(ins, header, opened, NEW_KEY_LENGTH, tail=0 if own else CRC_LENGTH):
        raise CardError(Status.INTEGRITY)
    after = NEW_KEY_LENGTH + CRC_LENGTH
    return opened[:NEW_KEY_LENGTH] + (b"" if own else opened[after : after + CRC_LENGTH])


def _crc_matches(ins: int, header: bytes, opened: bytes, length: int, tail: int = 0) -> bool:
    """Whether data of `length` is followed by its CRC, `tail` bytes, and only padding."""
    end = length + CRC_LENGTH
    padding = opened[end + tail :]
    if len(padding) >= crypto.BLOCK or padding.strip(b"\x00") not in {b"", b"\x80"}:
        return False
    return opened[length:end] == crypto.crc32(bytes([ins]) + header + opened[:length])


class Ev1Handshake:
    """AuthenticateAES after the card has sent E(K, RndB); the IV runs on through it."""

    keeps_pending = False

    def __init__(self, key_no: int, key: bytes, rnd_b: bytes) -> None:
        self._key_no = key_no
        self._key = key
        self._rnd_b = rnd_b

    def challenge(self) -> bytes:
        """E(K, RndB), the first answer."""
        return crypto.cbc_encrypt(self._key, self._rnd_b)

    def finish(self, data: bytes) -> tuple[bytes, Ev1Session]:
        """See `Handshake.finish`."""
        if len(data) != 2 * RANDOM_LENGTH:
            raise CardError(Status.LENGTH)
        opened = crypto.cbc_decrypt(self._key, data, self.challenge())
        rnd_a, rotated = opened[:RANDOM_LENGTH], opened[RANDOM_LENGTH:]
        if not crypto.equal(rotated, crypto.rotate_left(self._rnd_b)):
            raise CardError(Status.AUTHENTICATION)
        key = rnd_a[:4] + self._rnd_b[:4] + rnd_a[12:] + self._rnd_b[12:]
        answer = crypto.cbc_encrypt(self._key, crypto.rotate_left(rnd_a), data[-crypto.BLOCK :])
        return answer, Ev1Session(self._key_no, key)
