"""Owns the model card's cryptography: CMAC, session keys, IVs, transaction MAC, AN10922, CRC32.

Never shares a line with the portable core, so that one mistake cannot cancel itself: the
block ciphers and the CMAC are those of the `cryptography` package. Called by the card's
sessions and transaction code, and by the vector runner.
"""

import hmac
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
ZERO_IV = bytes(BLOCK)
MAC_LENGTH = 8


def ecb_encrypt(key: bytes, block: bytes) -> bytes:
    """AES-ECB over whole blocks."""
    # The protocol makes its initialisation vectors this way.
    encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305
    return encryptor.update(block) + encryptor.finalize()


def cbc_encrypt(key: bytes, data: bytes, iv: bytes = ZERO_IV) -> bytes:
    """AES-CBC without padding; `data` is a multiple of 16 bytes."""
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def cbc_decrypt(key: bytes, data: bytes, iv: bytes = ZERO_IV) -> bytes:
    """Inverse of `cbc_encrypt`."""
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC, 16 bytes (RFC 4493)."""
    context = CMAC(AES(key))
    context.update(message)
    return context.finalize()


def truncate(tag: bytes) -> bytes:
    """The bytes at positions 1, 3, … 15 of a 16-byte CMAC (AN12343, secure messaging)."""
    return tag[1::2]


def equal(left: bytes, right: bytes) -> bool:
    """Compare two tags in constant time."""
    return hmac.compare_digest(left, right)


def rotate_left(data: bytes) -> bytes:
    """Rotate by one byte, first byte to the end."""
    return data[1:] + data[:1]


def pad(data: bytes) -> bytes:
    """80h and zeros up to the next multiple of 16; full blocks get a whole extra block."""
    padded = data + b"\x80"
    return padded + bytes(-len(padded) % BLOCK)


def unpad(data: bytes) -> bytes:
    """Inverse of `pad`.

    Raises:
        ValueError: there is no 80h marker in the last block.
    """
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= BLOCK:
        raise ValueError("padding marker is missing")
    return stripped[:-1]


def crc32(data: bytes) -> bytes:
    """DESFire's CRC32: no final inversion, least significant byte first (ChangeKey, EV1)."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def an10922(master: bytes, m: bytes) -> bytes:
    """Diversified AES-128 key of AN10922 for 1 to 31 bytes of input `m`.

    Raises:
        ValueError: `m` is empty or longer than 31 bytes.
    """
    if not 1 <= len(m) <= 31:
        raise ValueError("diversification input must be 1 to 31 bytes")
    message = b"\x01" + m
    if len(message) > BLOCK:
        return cmac(master, message)
    # A short input is padded to two blocks, where a plain CMAC would use one.
    _, k2 = _subkeys(master)
    padded = (message + b"\x80").ljust(2 * BLOCK, b"\x00")
    last = xor(padded[BLOCK:], k2)
    return cbc_encrypt(master, padded[:BLOCK] + last)[BLOCK:]


def cmac_short(key: bytes, message: bytes, iv: bytes) -> bytes:
    """CMAC of a message shorter than one block, its chain starting from `iv` (EV1)."""
    _, k2 = _subkeys(key)
    padded = (message + b"\x80").ljust(BLOCK, b"\x00")
    return ecb_encrypt(key, xor(xor(padded, k2), iv))


def _subkeys(key: bytes) -> tuple[bytes, bytes]:
    k1 = _double(int.from_bytes(ecb_encrypt(key, ZERO_IV), "big"))
    return k1.to_bytes(BLOCK, "big"), _double(k1).to_bytes(BLOCK, "big")


def _double(value: int) -> int:
    shifted = value << 1
    return shifted ^ ((1 << 128) | 0x87) if shifted >> 128 else shifted


def xor(left: bytes, right: bytes) -> bytes:
    """Bytewise exclusive or of two strings of equal length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def ev2_session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """(SesAuthENCKey, SesAuthMACKey) of AuthenticateEV2First and NonFirst (AN12196)."""
    mixed = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    label = bytes.fromhex("00010080")
    return cmac(key, b"\xa5\x5a" + label + mixed), cmac(key, b"\x5a\xa5" + label + mixed)


def ev2_command_iv(enc_key: bytes, ti: bytes, counter: int) -> bytes:
    """IV that encrypts the data of the command with number `counter`."""
    return ecb_encrypt(enc_key, b"\xa5\x5a" + ti + counter.to_bytes(2, "little") + bytes(8))


def ev2_response_iv(enc_key: bytes, ti: bytes, counter: int) -> bytes:
    """IV of the response; `counter` is already the advanced one."""
    return ecb_encrypt(enc_key, b"\x5a\xa5" + ti + counter.to_bytes(2, "little") + bytes(8))


def ev2_mac(mac_key: bytes, code: int, counter: int, ti: bytes, data: bytes) -> bytes:
    """MAC, 8 bytes, over code || counter || TI || data; code is INS or the status byte."""
    return truncate(cmac(mac_key, bytes([code]) + counter.to_bytes(2, "little") + ti + data))


def tm_session_keys(app_tm_key: bytes, counter_used: int, uid: bytes) -> tuple[bytes, bytes]:
    """(SesTMMACKey, SesTMENCKey) for the transaction that will report `counter_used`."""
    tail = bytes.fromhex("00010080") + counter_used.to_bytes(4, "little") + uid
    return cmac(app_tm_key, b"\x5a" + tail), cmac(app_tm_key, b"\xa5" + tail)


def tmv(ses_tm_mac: bytes, tmi: bytes) -> bytes:
    """Transaction MAC value, 8 bytes."""
    return truncate(cmac(ses_tm_mac, tmi))


def enc_tmri(ses_tm_enc: bytes, previous_reader_id: bytes) -> bytes:
    """EncTMRI: the previous committed reader id, enciphered."""
    return cbc_encrypt(ses_tm_enc, previous_reader_id)
