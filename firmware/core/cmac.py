"""AES-CMAC and its 8-byte form used by EV2 secure messaging and the transaction MAC.

Owns the subkeys and the last-block rule; AES itself is handed in. Never compares tags
(bits.equal does). Called by session, transaction MAC, diversification and journal code.
"""

from firmware.core.bits import BLOCK, xor

_ZERO_BLOCK = bytes(BLOCK)


def subkeys(encrypt_block):
    """K1 and K2 for the key behind `encrypt_block`, which enciphers one 16-byte block.

    RFC 4493 section 2.3: L = AES(K, 0), K1 = L doubled in GF(2^128), K2 = K1 doubled.
    """
    k1 = _doubled(encrypt_block(_ZERO_BLOCK))
    return k1, _doubled(k1)


def truncate8(tag):
    """The 8 bytes at positions 1, 3 ... 15 of a 16-byte CMAC (AN12196 section 4.4)."""
    return bytes((tag[1], tag[3], tag[5], tag[7], tag[9], tag[11], tag[13], tag[15]))


class Cmac:
    """AES-CMAC under one key, the subkeys computed once."""

    def __init__(self, new_aes, key):
        self._aes = new_aes(key)
        self.k1, self.k2 = subkeys(self._aes.encrypt)

    def tag(self, message):
        """The 16-byte CMAC of a message of any length (RFC 4493 section 2.4)."""
        whole = len(message)
        cut = max(0, (whole - 1) // BLOCK * BLOCK)
        tail = message[cut:]
        if len(tail) == BLOCK:
            last = xor(tail, self.k1)
        else:
            last = xor(tail + b"\x80" + bytes(BLOCK - 1 - len(tail)), self.k2)
        return self._aes.cbc_encrypt(_ZERO_BLOCK, message[:cut] + last)[-BLOCK:]

    def tag8(self, message):
        """The shortened CMAC of a message, 8 bytes."""
        return truncate8(self.tag(message))


def cmac(new_aes, key, message):
    """One CMAC under a key that is used once."""
    return Cmac(new_aes, key).tag(message)


def _doubled(block):
    """Doubling in GF(2^128) with the polynomial 87h, without a branch on the key."""
    number = int.from_bytes(block, "big")
    carry = number >> 127
    shifted = (number << 1) & ((1 << 128) - 1)
    return (shifted ^ (0x87 * carry)).to_bytes(BLOCK, "big")
