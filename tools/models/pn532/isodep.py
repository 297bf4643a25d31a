"""The chip's own ISO 14443-4 initiator: activation (RATS, PPS) and the block protocol.

Owns block numbers, chaining both ways, retransmission and waiting-time extension towards one
card. Knows no APDU and no host frame. Called by the target commands of the chip.
"""

from __future__ import annotations

from collections.abc import Callable

FSD = 64
"""Largest frame the chip takes from a card, PCB and CRC included; not adjustable."""

_RATS = bytes((0xE0, 0x50))  # FSDI 5 = 64 bytes, CID 0
_FSC = (16, 24, 32, 40, 48, 64, 96, 128, 256)
_OVERHEAD = 3  # PCB and CRC
_RETRIES = 2
_MAX_EXTENSIONS = 255
_CHAINING = 0x10
_I_BLOCK = 0x02
_R_ACK = 0xA2
_R_NAK = 0xB2
_WTX = 0xF2
_DESELECT = 0xC2

Air = Callable[[bytes], bytes | None]
"""Send one frame without CRC; the card's answer without CRC, None for silence or damage."""


class LinkLostError(Exception):
    """The card did not answer, even when asked again."""


class ProtocolError(Exception):
    """The card broke the rules of the block protocol."""


class IsoDep:
    """The link to one card in the block protocol."""

    def __init__(self, air: Air, ats: bytes) -> None:
        self._air = air
        self.ats = ats
        self._inf = frame_size(ats) - _OVERHEAD
        self._number = 0
        self._fresh = True
        self._card_chains = False

    @classmethod
    def activate(cls, air: Air) -> IsoDep | None:
        """Send RATS; None if the card does not answer with a well-formed ATS."""
        ats = air(_RATS)
        if ats is None or not 1 <= ats[0] == len(ats) <= FSD - 2:
            return None
        return cls(air, ats)

    def negotiate(self, to_card: int, from_card: int) -> bool:
        """Send PPS with the two divisor codes (0 106, 1 212, 2 424 kbit/s), 14443-4 section 5.3.

        Only possible before the first block; False if it is too late or the card refused.
        """
        if not self._fresh:
            return False
        return self._air(bytes((0xD0, 0x11, from_card << 2 | to_card))) == b"\xd0"

    @property
    def answer_pending(self) -> bool:
        """Whether the card has more blocks of its answer to send."""
        return self._card_chains

    def send(self, data: bytes, more: bool) -> bytes:
        """Send `data`; the first block's part of the answer, or nothing while `more` follows.

        Raises:
            LinkLostError: silence.
            ProtocolError: an answer that does not fit.
        """
        self._fresh = False
        parts = [data[at : at + self._inf] for at in range(0, len(data), self._inf)] or [b""]
        for part in parts[:-1]:
            self._send_chained(part)
        if more:
            self._send_chained(parts[-1])
            return b""
        return self._take(self._block(bytes((_I_BLOCK | self._number,)) + parts[-1]))

    def next_part(self) -> bytes:
        """The next block's part of a chained answer; raises as `send` does."""
        return self._take(self._block(bytes((_R_ACK | self._number,))))

    def present(self) -> bool:
        """Ask with R(NAK) whether the card is still there (14443-4 annex B, method 1)."""
        answer = self._air(bytes((_R_NAK | self._number,)))
        return answer is not None and answer[0] & 0xF6 == _R_ACK

    def deselect(self) -> bool:
        """Send S(DESELECT); whether the card confirmed it."""
        request = bytes((_DESELECT,))
        return any(self._air(request) == request for _ in range(1 + _RETRIES))

    def _send_chained(self, part: bytes) -> None:
        answer = self._block(bytes((_I_BLOCK | _CHAINING | self._number,)) + part)
        if answer[0] != _R_ACK | self._number:
            raise ProtocolError("a chained block was not acknowledged")
        self._number ^= 1

    def _take(self, answer: bytes) -> bytes:
        if answer[0] & ~_CHAINING != _I_BLOCK | self._number:
            raise ProtocolError("the answer is not the information block expected")
        self._number ^= 1
        self._card_chains = bool(answer[0] & _CHAINING)
        return answer[1:]

    def _block(self, block: bytes) -> bytes:
        """Send one block until it is answered (14443-4 section 7.5.5 rules 4 to 6)."""
        answer = self._air(block)
        extensions = tries = 0
        while True:
            if answer is None:
                if tries == _RETRIES:
                    raise LinkLostError
                tries += 1
                # Inside a chain of the card's, R(ACK) is repeated; else R(NAK) asks again.
                again = block if block[0] & 0xF6 == _R_ACK else bytes((_R_NAK | self._number,))
                answer = self._air(again)
            elif answer[0] == _WTX and len(answer) == 2:
                if (extensions := extensions + 1) > _MAX_EXTENSIONS:
                    raise ProtocolError("the card asks for time without end")
                answer = self._air(bytes((_WTX, answer[1] & 0x3F)))
            elif answer[0] & 0xF6 == _R_ACK and answer[0] & 1 != self._number:
                # The card never saw this block: its R(ACK) names the one before.
                if tries == _RETRIES:
                    raise LinkLostError
                tries += 1
                answer = self._air(block)
            else:
                return answer


def frame_size(ats: bytes) -> int:
    """FSC: the largest frame the card takes, PCB and CRC included (14443-4 section 5.2.3)."""
    code = ats[1] & 0x0F if len(ats) > 1 else 2
    return _FSC[min(code, len(_FSC) - 1)]


def offers(ats: bytes, to_card: int, from_card: int) -> bool:
    """Whether TA(1) of the ATS offers these divisor codes (14443-4 section 5.2.4)."""
    ta = ats[2] if len(ats) > 2 and ats[1] & 0x10 else 0
    if ta & 0x80 and to_card != from_card:
        return False
    to_card_ok = to_card == 0 or ta >> (to_card - 1) & 1
    from_card_ok = from_card == 0 or ta >> (from_card + 3) & 1
    return bool(to_card_ok and from_card_ok)
