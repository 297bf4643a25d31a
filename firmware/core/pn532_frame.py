"""Host frames of the PN532 reader chip: build, and parse from a buffer.

Owns the frame format of all transports and the bit order of SPI. Knows no chip command
and does no I/O. Called by the terminal's reader driver.
Source: UM0701-02 section 6.2.1, as implemented by libnfc, nfcpy and Adafruit's driver.
"""

from firmware.core.errors import CARD_REQUEST, READER_FRAME, VafaError

ACK = b"\x00\x00\xff\x00\xff\x00"
NACK = b"\x00\x00\xff\xff\x00\x00"
ERROR = b"\x00\x00\xff\x01\xff\x7f\x81\x00"

KIND_DATA = 0
KIND_ACK = 1
KIND_NACK = 2
KIND_ERROR = 3

PAYLOAD_MAX = 265  # TFI and 264 bytes
FRAME_MAX = PAYLOAD_MAX + 11

_NORMAL_MAX = 255
_START = b"\x00\xff"
_ERROR_PAYLOAD = b"\x7f"


def build(payload):
    """The frame around TFI, code and data; extended where the payload exceeds 255 bytes."""
    size = len(payload)
    if not 1 <= size <= PAYLOAD_MAX:
        raise VafaError(CARD_REQUEST, "reader payload of %d bytes" % size)
    if size <= _NORMAL_MAX:
        head = bytes((0, 0, 0xFF, size, -size & 0xFF))
    else:
        high, low = size >> 8, size & 0xFF
        head = bytes((0, 0, 0xFF, 0xFF, 0xFF, high, low, -(high + low) & 0xFF))
    return head + payload + bytes((-sum(payload) & 0xFF, 0))


def parse(buffer):
    """The first frame in `buffer`: (kind, payload, end), or None while it is incomplete.

    `end` is the index after the checksum: the postamble is zeros and reads as the preamble
    of the next frame. Any bytes before the start code are skipped. Accepts a missing
    first zero, more leading zeros, and short payloads in extended frames. Error 109 for a
    wrong length or data checksum or an impossible length.
    """
    start = buffer.find(_START)
    if start < 0 or len(buffer) < start + 4:
        return None
    at = start + 2
    low, check = buffer[at], buffer[at + 1]
    if (low, check) == (0x00, 0xFF):
        return KIND_ACK, b"", at + 2
    if (low, check) == (0xFF, 0x00):
        return KIND_NACK, b"", at + 2
    if (low, check) == (0xFF, 0xFF):
        if len(buffer) < at + 5:
            return None
        size = buffer[at + 2] << 8 | buffer[at + 3]
        check = buffer[at + 4] + buffer[at + 2] + buffer[at + 3]
        at += 5
    else:
        size = low
        check += low
        at += 2
    if check & 0xFF or not 1 <= size <= PAYLOAD_MAX:
        raise VafaError(READER_FRAME, "length")
    return _payload(buffer, at, size)


def _payload(buffer, at, size):
    end = at + size
    if len(buffer) <= end:
        return None
    payload = bytes(buffer[at:end])
    if (sum(payload) + buffer[end]) & 0xFF:
        raise VafaError(READER_FRAME, "checksum")
    kind = KIND_ERROR if payload == _ERROR_PAYLOAD else KIND_DATA
    return kind, payload, end + 1


def _reversed(byte):
    number = 0
    for _ in range(8):
        number = number << 1 | byte & 1
        byte >>= 1
    return number


_REVERSED = bytes(_reversed(byte) for byte in range(256))


def reverse_bits(data):
    """Each byte mirrored: the chip's SPI is LSB-first, many controllers are not."""
    return bytes(_REVERSED[byte] for byte in data)
