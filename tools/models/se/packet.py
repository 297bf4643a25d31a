"""Command packets in, answer packets out, and the checksum of both.

Owns lengths and checksums. Never looks at what a command means. Called by the chip.
Command: count, opcode, mode, parameter (2, little-endian), data, checksum. Answer: count, data,
checksum; a status alone is one byte of data. Source: cryptoauthlib lib/calib/calib_command.c.
"""

from dataclasses import dataclass
from enum import IntEnum

MIN_COUNT = 7
MAX_COUNT = 155
_POLYNOMIAL = 0x8005


class Status(IntEnum):
    """Status bytes (cryptoauthlib lib/calib/calib_execution.c, isATCAError)."""

    OK = 0x00
    MISMATCH = 0x01
    PARSE = 0x03
    ECC = 0x05
    EXECUTION = 0x0F
    AFTER_WAKE = 0x11
    COMMUNICATION = 0xFF


@dataclass(frozen=True)
class Command:
    """A command as it arrived whole."""

    opcode: int
    mode: int
    parameter: int
    data: bytes


def checksum(data: bytes) -> bytes:
    """CRC-16, polynomial 8005h, each byte from its lowest bit, least significant byte first."""
    register = 0
    for byte in data:
        for position in range(8):
            feedback = (byte >> position & 1) != register >> 15
            register = register << 1 & 0xFFFF
            if feedback:
                register ^= _POLYNOMIAL
    return register.to_bytes(2, "little")


def parse(packet: bytes) -> Command | None:
    """The command in a packet, or None when its count or checksum is wrong."""
    count = packet[0] if packet else 0
    if not MIN_COUNT <= count <= MAX_COUNT or len(packet) < count:
        return None
    body, check = packet[: count - 2], packet[count - 2 : count]
    if checksum(body) != check:
        return None
    return Command(body[1], body[2], int.from_bytes(body[3:5], "little"), body[5:])


def answer(data: bytes) -> bytes:
    """The packet around an answer's data or its single status byte."""
    body = bytes((len(data) + 3,)) + data
    return body + checksum(body)
