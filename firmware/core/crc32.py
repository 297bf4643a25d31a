"""The CRC32 that DESFire puts inside a ChangeKey payload.

Owns the one difference to zlib's CRC32 (no final inversion) and the byte order.
Called by the ChangeKey command only; everything else is protected by MACs.
"""

import binascii


def crc32(data):
    """CRC32 of data as 4 bytes, little-endian.

    Reflected polynomial EDB88320h, start FFFFFFFFh, no final inversion (AN12196, ChangeKey
    example; libfreefare mifare_desfire_crypto.c).
    """
    return ((binascii.crc32(data) ^ 0xFFFFFFFF) & 0xFFFFFFFF).to_bytes(4, "little")
