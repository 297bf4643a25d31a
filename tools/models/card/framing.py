"""Owns the forms in which a command reaches the card: native, wrapped in 7816-4, and ISO.

Never knows what a command means. The card parses each APDU here and builds its answer here;
both forms as in AN12343 and libfreefare.
"""

from dataclasses import dataclass
from enum import Enum

from tools.models.card.status import IsoError

MAX_APDU = 5 + 255 + 1
SW_WRONG_LENGTH = 0x6700
SW_WRONG_P1P2 = 0x6A86
SW_WRONG_CLASS = 0x6E00


class Form(Enum):
    """How a command is dressed; a whole activation stays with one of native and wrapped."""

    NATIVE = "native"
    WRAPPED = "wrapped"
    ISO = "iso"


@dataclass(frozen=True)
class Request:
    """One parsed command. `le` and the parameters matter for ISO commands only."""

    form: Form
    ins: int
    data: bytes
    p1: int = 0
    p2: int = 0
    le: int | None = None


def parse(apdu: bytes) -> Request:
    """Parse one APDU.

    Raises:
        IsoError: malformed; the status word says how.
    """
    if not apdu:
        raise IsoError(SW_WRONG_LENGTH)
    if apdu[0] not in {0x00, 0x90}:
        # Native: the first byte is the command. 00h is no native command.
        return Request(Form.NATIVE, apdu[0], apdu[1:])
    if not 4 <= len(apdu) <= MAX_APDU:
        raise IsoError(SW_WRONG_LENGTH)
    data, le = _split_body(apdu[4:])
    form = Form.WRAPPED if apdu[0] == 0x90 else Form.ISO
    if form is Form.WRAPPED:
        if apdu[2] or apdu[3]:
            raise IsoError(SW_WRONG_P1P2)
        if le is None:
            raise IsoError(SW_WRONG_LENGTH)
    return Request(form, apdu[1], data, apdu[2], apdu[3], le)


def _split_body(body: bytes) -> tuple[bytes, int | None]:
    """Split [Lc data] [Le] of a short APDU."""
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or 256
    length, rest = body[0], body[1:]
    if length == 0 or len(rest) not in {length, length + 1}:
        raise IsoError(SW_WRONG_LENGTH)
    le = None if len(rest) == length else rest[-1] or 256
    return rest[:length], le


def answer(form: Form, status: int, data: bytes) -> bytes:
    """Dress an answer to a native or wrapped command."""
    if form is Form.NATIVE:
        return bytes([status]) + data
    return data + bytes([0x91, status])


def iso_answer(sw: int, data: bytes = b"") -> bytes:
    """Dress an answer to an ISO command, or to an APDU that could not be parsed."""
    return data + sw.to_bytes(2, "big")
