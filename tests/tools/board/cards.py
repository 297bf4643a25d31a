"""A card for tests of reader and board: activation and one answer; not a test itself."""

_BLOCK = 61  # of a 64-byte frame, its header and checksum taken off


class PlainCard:
    """Speaks the block protocol and answers every APDU with `answer`; remembers the APDUs."""

    sak = 0x20
    atqa = b"\x03\x44"
    ats = bytes.fromhex("067577810280")

    def __init__(self, uid, answer=b"\x01\x02\x91\x00"):
        self.uid = bytes.fromhex(uid)
        self.answer = answer
        self.apdus = []
        self._received = b""
        self._left = b""

    def field_on(self):
        """Power comes; there is no state to prepare."""

    def field_off(self):
        """Power goes, and with it what was half received."""
        self._received = self._left = b""

    def transceive(self, frame):
        if frame[0] == 0xE0:
            return self.ats
        number = frame[0] & 1
        if frame[0] & 0xF6 == 0xA2:  # R(ACK): the next part of the answer
            return self._part(number)
        if frame[0] & 0xE2 != 0x02:  # S-block
            return frame
        self._received += frame[1:]
        if frame[0] & 0x10:  # more of the APDU follows
            return bytes((0xA2 | number,))
        self.apdus.append(self._received)
        self._received, self._left = b"", self.answer
        return self._part(number)

    def _part(self, number):
        part, self._left = self._left[:_BLOCK], self._left[_BLOCK:]
        return bytes(((0x12 if self._left else 0x02) | number,)) + part
