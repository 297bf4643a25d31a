"""The card's identity file: what was fixed when the card was issued, signed by the issuer.

Pure layout, little-endian as in `firmware.core.purse`. The host writes it and checks it; a sale
doesn't read it, so a terminal doesn't load this module.
"""

import hashlib
import struct

SIZE = 96
"""Of the file: the body and the issuer's P-256 signature."""

BODY = 32

_LAYOUT = "<BBBBIIHH7s9s"


class Identity:
    """What was fixed when the card was issued."""

    FIELDS = (
        "key_version",
        "currency_unit",
        "card_type",
        "card_number",
        "programme",
        "issued_day",
        "expiry_day",
        "uid",
    )

    def __init__(self, **fields):
        for name in self.FIELDS:
            setattr(self, name, fields[name])

    def pack(self):
        values = [getattr(self, name) for name in self.FIELDS]
        return struct.pack(_LAYOUT, 1, *values, bytes(9))

    def digest(self):
        """Return what the issuer's P-256 signature is over."""
        return hashlib.sha256(b"vafa identity 1" + self.pack()).digest()


def parse_identity(raw):
    """Return the Identity in the first 32 bytes of `raw`; None when the layout is unknown."""
    if len(raw) < BODY or raw[0] != 1:
        return None
    fields = struct.unpack(_LAYOUT, bytes(raw[:BODY]))[1:-1]
    return Identity(**dict(zip(Identity.FIELDS, fields)))
