"""AES-128 key diversification after NXP AN10922: one master, one key per card.

Owns the padding to 32 bytes and the choice of subkey, the part deployed systems get wrong.
Works on a callable that enciphers one block, so a master key may stay in a secure element.
Called by the terminal at each tap and by the host and station when they issue cards.
"""

from firmware.core.bits import BLOCK, xor
from firmware.core.cmac import subkeys
from firmware.core.errors import CARD_REQUEST, VafaError

_CONSTANT_AES128 = b"\x01"
_INPUT_SIZE = 2 * BLOCK
M_MAX = _INPUT_SIZE - len(_CONSTANT_AES128)


def padded_input(m):
    """The 32 bytes that are MACed: 01 || m, then 80h and zeros unless m fills them.

    `m` is the diversification string, 1 to 31 bytes (error 108 otherwise).
    """
    if not 1 <= len(m) <= M_MAX:
        raise VafaError(CARD_REQUEST, "diversification input of %d bytes" % len(m))
    data = _CONSTANT_AES128 + m
    if len(data) == _INPUT_SIZE:
        return data
    return data + b"\x80" + bytes(_INPUT_SIZE - 1 - len(data))


def diversify_with(encrypt_block, m):
    """The 16-byte card key, using three calls of a one-block AES encryption.

    AN10922 section 2.2. The padding goes to 32 bytes even where 16 would do, therefore
    the result differs from a plain CMAC for m of 15 bytes or fewer.
    """
    data = padded_input(m)
    k1, k2 = subkeys(encrypt_block)
    subkey = k1 if len(m) == M_MAX else k2
    first = encrypt_block(data[:BLOCK])
    return encrypt_block(xor(xor(first, data[BLOCK:]), subkey))


def diversify(new_aes, master, m):
    """The 16-byte card key from a master key held in memory."""
    return diversify_with(new_aes(master).encrypt, m)
