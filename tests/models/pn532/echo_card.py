"""A card as small as the reader's tests need: ISO-DEP written here, the application an echo.

The answer to an APDU is what `answer(apdu)` makes of it. Every frame seen is kept in `frames`.
"""

ATS = bytes.fromhex("067577810280")
UID = bytes.fromhex("04112233445566")


class EchoCard:
    sak = 0x20
    atqa = bytes.fromhex("0344")
    ats = ATS

    def __init__(self, uid=UID, answer=lambda apdu: apdu):
        self.uid = uid
        self.answer = answer
        self.frames = []
        self.silent_for = set()  # numbers of frames (from 0, since power-up) to leave unanswered
        self.waits = 0  # S(WTX) to ask for before the next answer
        self.powered = False
        self._reset()

    def _reset(self):
        self._incoming = b""
        self._outgoing = b""
        self._number = 1
        self._last = None
        self.fsd = None

    def field_on(self):
        self.powered = True
        self.frames = []
        self._reset()

    def field_off(self):
        self.powered = False

    def transceive(self, frame):
        assert self.powered, "a frame reached a card without power"
        assert len(frame) <= 62, "more than FSC allows"
        index = len(self.frames)
        self.frames.append(frame)
        if index in self.silent_for:
            return None
        return self._receive(frame)

    def _receive(self, frame):
        pcb = frame[0]
        if pcb == 0xE0:
            self._reset()
            self.fsd = (16, 24, 32, 40, 48, 64, 96, 128, 256)[frame[1] >> 4]
        # Activation, waking, change of bit rate, deselection.
        fixed = {0xE0: ATS, 0x52: self.atqa, 0xD0: b"\xd0", 0xC2: frame}
        return fixed[pcb] if pcb in fixed else self._block(frame)

    def _block(self, frame):
        pcb = frame[0]
        if pcb & 0xE2 == 0x02:
            self._number ^= 1
            self._incoming += frame[1:]
            if pcb & 0x10:
                return self._remember(bytes((0xA2 | self._number,)))
            return self._answer_block()
        if pcb & 0xE6 == 0xA2:
            return self._r_block(pcb)
        return self._answer_block() if pcb == 0xF2 else None

    def _r_block(self, pcb):
        if pcb & 1 == self._number:
            return self._last
        if pcb & 0x10:
            return bytes((0xA2 | self._number,))
        self._number ^= 1
        return self._part()

    def _answer_block(self):
        if self.waits:
            self.waits -= 1
            return self._remember(b"\xf2\x01")
        self._outgoing, self._incoming = self.answer(self._incoming), b""
        return self._part()

    def _part(self):
        room = self.fsd - 3
        part, self._outgoing = self._outgoing[:room], self._outgoing[room:]
        return self._remember(
            bytes((0x02 | (0x10 if self._outgoing else 0) | self._number,)) + part
        )

    def _remember(self, block):
        self._last = block
        return block
