"""Owns the ISO/IEC 14443-4 block protocol of the card: RATS, PPS, I-, R- and S-blocks.

Never looks inside an APDU: whole ones go to the `Card` behind it. Called by the reader-chip
model with frames as they are in the air, but without their two CRC bytes, which the chip
adds and strips. Anticollision is the chip's as well; it reads `uid`, `sak` and `atqa`.
"""

from enum import Enum

from tools.models.card.card import Card

REQA = b"\x26"
WUPA = b"\x52"
HLTA = b"\x50\x00"
RATS = 0xE0
PPS = 0xD0

SAK_ISO_DEP = 0x20
CARD_FRAME = 64  # FSCI 5: what the card takes, with PCB and CRC
CRC_LENGTH = 2
MAX_COMMAND = 1024  # bytes of one chained command; a short APDU has at most 261
FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256)  # by FSDI, ISO/IEC 14443-4 table 1

CID_FOLLOWS = 0x08
NAD_FOLLOWS = 0x04
CHAINING = 0x10
NAK = 0x10
DESELECT = 0xC2
WTX = 0xF2
WTX_MULTIPLIER = 1


class _State(Enum):
    OFF = "off"
    READY = "ready"
    PROTOCOL = "protocol"
    HALT = "halt"


class Picc:
    """One card in the field, frame in, frame out.

    `transceive` answers None for silence. After `field_on` the card is ready for RATS (the
    reader chip has done anticollision). S(DESELECT) and HLTA halt it; then only WUPA (52h),
    answered with the ATQA as the PN532 prints it, makes it ready again.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        self.sak = SAK_ISO_DEP
        self._state = _State.OFF
        self._reset_link()

    @property
    def uid(self) -> bytes:
        """UID shown in anticollision: 7 bytes, or 4 (08h first) with random UID."""
        return self.card.shown_uid

    @property
    def atqa(self) -> bytes:
        """SENS_RES in the order the PN532 reports it: 03 44, or 03 04 for a 4-byte UID."""
        return bytes.fromhex("0344" if len(self.uid) == 7 else "0304")

    @property
    def ats(self) -> bytes:
        """Answer to select, its length byte first."""
        return self.card.ats

    @property
    def halted(self) -> bool:
        """True from S(DESELECT) or HLTA until WUPA or a new field."""
        return self._state is _State.HALT

    def field_on(self) -> None:
        """Field on: power-up, PICC level, no session. Nothing happens when it is on already."""
        if self._state is _State.OFF:
            self.card.field_on()
            self._reset_link()
            self._state = _State.READY

    def field_off(self) -> None:
        """Field off: everything that is not in memory is forgotten."""
        self.card.field_off()
        self._state = _State.OFF

    def transceive(self, frame: bytes) -> bytes | None:
        """Take one frame without CRC, give the answer without CRC, or None for silence."""
        supply = self.card.supply
        if self._state is _State.OFF or not supply.on:
            return None
        phase = supply.begin("frame")
        if phase == "before":
            self.card.lose_power()
            return None
        answer = self._receive(frame)
        if phase is not None:
            self.card.lose_power()
            return None
        return answer

    def _reset_link(self) -> None:
        self._cid = 0
        self._answer_size = FRAME_SIZES[0] - CRC_LENGTH
        self._block_number = 1  # ISO/IEC 14443-4 rule C
        self._fresh = True  # PPS is possible only before the first block
        self._incoming = b""
        self._outgoing = b""
        self._last_sent: bytes | None = None
        self._cid_in_use = False
        self._waits_left = 0

    def _receive(self, frame: bytes) -> bytes | None:
        if self._state is not _State.PROTOCOL:
            return self._activate(frame)
        if not 1 <= len(frame) <= CARD_FRAME - CRC_LENGTH:
            return None
        if self._fresh and frame[0] & 0xF0 == PPS:
            return self._pps(frame)
        block = self._strip_cid(frame)
        if block is None:
            return None
        self._fresh = False
        return self._dispatch(block[0], block[1:])

    def _dispatch(self, pcb: int, inf: bytes) -> bytes | None:
        if pcb & 0xE2 == 0x02:
            return self._i_block(pcb, inf)
        if pcb & 0xE6 == 0xA2 and not inf:
            return self._r_block(pcb)
        if pcb & 0xC7 == DESELECT:
            return self._s_block(pcb, inf)
        return None

    def _activate(self, frame: bytes) -> bytes | None:
        if frame == WUPA or (frame == REQA and self._state is _State.READY):
            self._state = _State.READY
            return self.atqa
        if self._state is _State.HALT:
            return None
        if frame == HLTA:
            self._state = _State.HALT
            return None
        if len(frame) != 2 or frame[0] != RATS:
            return None
        size_code, cid = frame[1] >> 4, frame[1] & 0x0F
        if cid == 15:
            return None
        self._reset_link()
        self._cid = cid
        self._answer_size = FRAME_SIZES[min(size_code, 8)] - CRC_LENGTH
        self.card.activate()
        self._state = _State.PROTOCOL
        return self.ats

    def _pps(self, frame: bytes) -> bytes | None:
        """Protocol and parameter selection; the bit rates themselves are not modelled."""
        if frame[0] & 0x0F != self._cid or len(frame) not in {2, 3}:
            return None
        if frame[1] != (0x11 if len(frame) == 3 else 0x01):
            return None
        self._fresh = False
        return frame[:1]

    def _strip_cid(self, frame: bytes) -> bytes | None:
        """The block without its CID; None when it is meant for another card or malformed."""
        if not frame[0] & CID_FOLLOWS:
            self._cid_in_use = False
            return frame if self._cid == 0 else None
        if len(frame) < 2 or frame[1] & 0x0F != self._cid:
            return None
        self._cid_in_use = True
        return bytes([frame[0] & ~CID_FOLLOWS]) + frame[2:]

    def _i_block(self, pcb: int, inf: bytes) -> bytes | None:
        if pcb & NAD_FOLLOWS:  # the ATS says that NAD is not supported
            return None
        if self._waiting or len(self._incoming) + len(inf) > MAX_COMMAND:
            return None
        self._block_number ^= 1  # rule D: whatever number the block has
        self._outgoing = b""
        self._incoming += inf
        if pcb & CHAINING:
            return self._send(0xA2 | self._block_number)
        self._waits_left = self.card.waiting_time_requests(self._incoming)
        return self._answer_or_wait()

    def _answer_or_wait(self) -> bytes | None:
        if self._waits_left > 0:
            self._waits_left -= 1
            return self._send(WTX, bytes([WTX_MULTIPLIER]))
        apdu, self._incoming = self._incoming, b""
        answer = self.card.exchange(apdu)
        if answer is None:
            return None
        self._outgoing = answer
        return self._send_part()

    @property
    def _waiting(self) -> bool:
        return self._last_sent is not None and self._last_sent[0] & ~CID_FOLLOWS == WTX

    def _send_part(self) -> bytes:
        room = self._answer_size - 1 - self._cid_in_use
        part, self._outgoing = self._outgoing[:room], self._outgoing[room:]
        chaining = CHAINING if self._outgoing else 0
        return self._send(0x02 | chaining | self._block_number, part)

    def _r_block(self, pcb: int) -> bytes | None:
        if pcb & 1 == self._block_number:  # rule 11: it asks for the last block again
            return self._last_sent
        if pcb & NAK:  # rule 12: the reader's own block never arrived
            return self._send(0xA2 | self._block_number, remember=False)
        if not self._outgoing:
            return None
        self._block_number ^= 1  # rules E and 13
        return self._send_part()

    def _s_block(self, pcb: int, inf: bytes) -> bytes | None:
        if pcb & 0x30 == 0x30:
            return self._answer_or_wait() if self._waiting and len(inf) == 1 else None
        if pcb & 0x30 or inf:
            return None
        answer = self._send(DESELECT)
        self.card.deactivate()
        self._state = _State.HALT
        return answer

    def _send(self, pcb: int, inf: bytes = b"", *, remember: bool = True) -> bytes:
        cid = bytes([self._cid]) if self._cid_in_use else b""
        block = bytes([pcb | (CID_FOLLOWS if cid else 0)]) + cid + inf
        if remember:
            self._last_sent = block
        return block
