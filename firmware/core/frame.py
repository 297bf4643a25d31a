"""Link frames: byte stuffing, header and checksum for any byte pipe between terminal and gateway.

A frame on the wire is COBS(header || body || CRC-32) followed by one zero byte, so a reader that
lost its place finds the next frame at the next zero.

    offset size
    0      1    version, 1
    1      1    channel: 0 control, 1 journal, 2 objects, 3 session
    2      2    frame counter, little-endian, for diagnosis only
    4      n    body, at most MAX_BODY bytes
    4+n    4    CRC-32 (IEEE 802.3, as binascii.crc32) over header and body, little-endian

A damaged frame is dropped and counted; requests are repeated by those who made them.
Source of the stuffing: Cheshire and Baker, "Consistent Overhead Byte Stuffing".
"""

import binascii
import struct

VERSION = 1
CONTROL = 0
JOURNAL = 1
OBJECTS = 2
SESSION = 3

MAX_BODY = 2048
_HEADER = 4
_CRC = 4
_MAX_PLAIN = _HEADER + MAX_BODY + _CRC
MAX_WIRE = _MAX_PLAIN + _MAX_PLAIN // 254 + 2


def _stuff(plain):
    out = bytearray(1)
    code_at = 0
    run = 1
    for byte in plain:
        if byte:
            out.append(byte)
            run += 1
        if not byte or run == 0xFF:
            out[code_at] = run
            code_at = len(out)
            out.append(0)
            run = 1
    out[code_at] = run
    return out


def _unstuff(stuffed):
    """Return the plain bytes, or None when the stuffing is broken."""
    out = bytearray()
    at = 0
    length = len(stuffed)
    while at < length:
        run = stuffed[at]
        end = at + run
        if run == 0 or end > length:
            return None
        out.extend(stuffed[at + 1 : end])
        at = end
        if run < 0xFF and at < length:
            out.append(0)
    return out


def encode(channel, counter, body):
    """Return the wire bytes of one frame, the closing zero included; ValueError above MAX_BODY."""
    if len(body) > MAX_BODY:
        raise ValueError("frame body too long")
    plain = struct.pack("<BBH", VERSION, channel, counter & 0xFFFF) + bytes(body)
    crc = binascii.crc32(plain) & 0xFFFFFFFF
    out = _stuff(plain + struct.pack("<I", crc))
    out.append(0)
    return bytes(out)


def decode(stuffed):
    """Return (channel, counter, body) of the bytes between two zeros, or None when damaged."""
    if not _HEADER + _CRC < len(stuffed) <= MAX_WIRE:
        return None
    plain = _unstuff(stuffed)
    if plain is None or len(plain) < _HEADER + _CRC or len(plain) > _MAX_PLAIN:
        return None
    (crc,) = struct.unpack("<I", bytes(plain[-_CRC:]))
    head = bytes(plain[:-_CRC])
    if binascii.crc32(head) & 0xFFFFFFFF != crc or head[0] != VERSION:
        return None
    return head[1], head[2] | head[3] << 8, head[_HEADER:]


class Reader:
    """Collects frames out of a stream of bytes; never holds more than one frame's worth."""

    def __init__(self):
        self._pending = bytearray()
        self._skipping = False
        self.damaged = 0

    def feed(self, data):
        """Take in bytes; return the list of (channel, counter, body) completed by them."""
        frames = []
        start = 0
        data = bytes(data)
        while True:
            end = data.find(b"\0", start)
            if end < 0:
                self._keep(data[start:])
                return frames
            self._keep(data[start:end])
            start = end + 1
            self._finish(frames)

    def _keep(self, part):
        if self._skipping:
            return
        if len(self._pending) + len(part) > MAX_WIRE:
            self._skipping = True
            self._pending = bytearray()
            return
        self._pending.extend(part)

    def _finish(self, frames):
        overlong, self._skipping = self._skipping, False
        pending, self._pending = self._pending, bytearray()
        if not pending and not overlong:
            return
        frame = None if overlong else decode(pending)
        if frame is None:
            self.damaged += 1
        else:
            frames.append(frame)
