"""Owns the status codes a DESFire card answers with, and the exceptions that carry them.

Never decides when a status is due. Every module of the model card raises `CardError`;
only the processor turns it into an answer.
"""

from enum import IntEnum


class Status(IntEnum):
    """Native status byte; wrapped answers carry it after 91h (proxmark3 protocols.h)."""

    OK = 0x00
    NO_CHANGES = 0x0C
    OUT_OF_MEMORY = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH = 0x7E
    PERMISSION = 0x9D
    PARAMETER = 0x9E
    NO_APPLICATION = 0xA0
    AUTHENTICATION = 0xAE
    MORE = 0xAF
    BOUNDARY = 0xBE
    ABORTED = 0xCA
    COUNT = 0xCE
    DUPLICATE = 0xDE
    MEMORY = 0xEE
    NO_FILE = 0xF0


class CardError(Exception):
    """The card refuses: `status` is the byte it answers instead of 00."""

    def __init__(self, status: int) -> None:
        super().__init__(f"card status {status:02X}")
        self.status = status


class IsoError(Exception):
    """An ISO 7816 command is refused: `sw` is the two-byte status word."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"status word {sw:04X}")
        self.sw = sw


class PowerLostError(Exception):
    """The planned tear happened while the card was working; nothing more is answered."""
