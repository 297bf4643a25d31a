"""DESFire commands in ISO 7816-4 wrapping: build, cut for chaining, take answers apart.

Owns framing and the status table; knows no command's meaning and no secure messaging.
Called by ev2 and dialogue; the constructors of Command are in desfire and desfire_admin.
"""

from firmware.core.errors import CARD_FORMAT, CARD_REQUEST, CardStatusError, VafaError

CLA = 0x90
MORE = 0xAF
OK = 0x00
SW1 = 0x91

BODY_MAX = 255  # a short APDU
CHAIN_FRAME = 54  # body bytes a frame under AF chaining (Proxmark3; cards take up to 59)

# Communication modes; the first three have the numbers of the file settings.
PLAIN = 0x00
MAC = 0x01
FULL = 0x03
BARE = 0xFF  # outside the session: no MAC, not counted, and the session ends with it

# 3D BD 3B BB DB carry file data under AF chaining; so do all management commands. The
# ISO 14443-4 variants send one long APDU and leave the cutting to the block protocol.
_ISO_CHAINED = (0x8D, 0xAD, 0x8B, 0xAB, 0xBA)

# proxmark3 include/protocols.h, libfreefare
STATUS_NAMES = {
    0x00: "done",
    0x0B: "not allowed in proximity-check mode",
    0x0C: "no changes",
    0x0E: "out of memory",
    0x1C: "illegal command",
    0x1E: "integrity error",
    0x40: "no such key",
    0x7E: "length error",
    0x90: "proximity check done",
    0x9D: "permission denied",
    0x9E: "parameter error",
    0xA0: "application not found",
    0xA1: "application integrity error",
    0xAD: "authentication delay",
    0xAE: "authentication error",
    0xAF: "more frames",
    0xBE: "boundary error",
    0xC1: "card integrity error",
    0xCA: "command aborted",
    0xCD: "card disabled",
    0xCE: "count error",
    0xDE: "duplicate",
    0xEE: "memory error",
    0xF0: "file not found",
    0xF1: "file integrity error",
}


class Command:
    """One logical command: INS, plain header, data that full mode encrypts, and its mode.

    `drops_session` marks ChangeKey of the session's own key: answered without a MAC, and
    the session is gone afterwards.
    """

    def __init__(self, ins, header=b"", data=b"", mode=PLAIN, drops_session=False):
        self.ins = ins
        self.header = header
        self.data = data
        self.mode = mode
        self.drops_session = drops_session


def wrap(ins, body=b""):
    """`90 INS 00 00 [Lc body] 00`; Lc is left out together with an empty body."""
    size = len(body)
    if size > BODY_MAX:
        raise VafaError(CARD_REQUEST, "command of %d bytes" % size)
    if not size:
        return bytes((CLA, ins, 0, 0, 0))
    return bytes((CLA, ins, 0, 0, size)) + body + b"\x00"


def chain(ins, body=b""):
    """The APDUs of one command in sending order: one, or more under AF chaining.

    All but the last are answered by status AF without data.
    """
    if ins in _ISO_CHAINED or len(body) <= CHAIN_FRAME:
        return [wrap(ins, body)]
    parts = [body[at : at + CHAIN_FRAME] for at in range(0, len(body), CHAIN_FRAME)]
    return [wrap(ins, parts[0])] + [wrap(MORE, part) for part in parts[1:]]


def split(answer):
    """Data and status byte of `data || 91 status`.

    Raises 105 for an answer that is too short, CardStatusError for an ISO status word.
    """
    if len(answer) < 2:
        raise VafaError(CARD_FORMAT, "answer of %d bytes" % len(answer))
    if answer[-2] != SW1:
        raise CardStatusError(answer[-2] << 8 | answer[-1], "status word outside 91xx")
    return answer[:-2], answer[-1]


def refuse(ins, status):
    """The exception for a status that ends command `ins`."""
    name = STATUS_NAMES.get(status, "unknown status")
    return CardStatusError(status, "%02X for command %02X, %s" % (status, ins, name))
