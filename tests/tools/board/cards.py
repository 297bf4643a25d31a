"""A card for the board's tests that only knows activation and one answer; not a test itself."""


class PlainCard:
    """Speaks the block protocol and answers every APDU with `answer`; remembers the APDUs."""

    sak = 0x20
    atqa = b"\x03\x44"
    ats = bytes.fromhex("067577810280")

    def __init__(self, uid, answer=b"\x01\x02\x91\x00"):
        self.uid = bytes.fromhex(uid)
        self.answer = answer
        self.apdus = []

    def field_on(self):
        """Power comes; there is no state to prepare."""

    def field_off(self):
        """Power goes; there is no state to lose."""

    def transceive(self, frame):
        if frame[0] == 0xE0:
            return self.ats
        if frame[0] & 0xE2 != 0x02:  # no I-block
            return frame
        self.apdus.append(frame[1:])
        return frame[:1] + self.answer
