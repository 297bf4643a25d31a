"""The host side of the tests: frames built and taken apart here, not by the model's codec."""

from tools.models.pn532 import Chip, Field, HsuLine

ACK = bytes.fromhex("0000FF00FF00")
NACK = bytes.fromhex("0000FFFF0000")
ERROR = bytes.fromhex("0000FF01FF7F8100")
SAM_CONFIGURATION = bytes.fromhex("0000FF05FBD4140100001700")


def frame(payload):
    size = len(payload)
    if size <= 255:
        head = bytes((size, (256 - size) & 255))
    else:
        head = bytes((255, 255, size >> 8, size & 255, (256 - (size >> 8) - (size & 255)) & 255))
    return b"\0\0\xff" + head + payload + bytes(((256 - sum(payload)) & 255, 0))


def payload_of(data):
    """The payload of exactly one information frame."""
    assert data[:3] == b"\0\0\xff"
    assert data[-1] == 0
    if data[3:5] == b"\xff\xff":
        size, body = int.from_bytes(data[5:7], "big"), data[8:-2]
    else:
        size, body = data[3], data[5:-2]
    assert size == len(body)
    assert (sum(body) + data[-2]) & 255 == 0
    return body


class Host:
    """A host on the serial line of a chip that it has woken and configured."""

    def __init__(self, *cards, awake=True, faults=()):
        self.field = Field()
        for card in cards:
            self.field.insert(card)
        self.chip = Chip(self.field, sleeps_at_reset=True, faults=faults)
        self.line = HsuLine(self.chip)
        if awake:
            self.line.receive(b"\x55\x55" + bytes(14) + SAM_CONFIGURATION)
            assert self.line.send() == ACK + bytes.fromhex("0000FF02FED5151600")
            assert self.command("3205000101") == b""

    def raw(self, data):
        self.line.receive(data)
        return self.line.send()

    def command(self, text):
        """One command in hexadecimal (without D4); its answer's parameters."""
        command = bytes.fromhex(text)
        out = self.raw(frame(b"\xd4" + command))
        assert out.startswith(ACK)
        answer = payload_of(out[6:])
        assert answer[:2] == bytes((0xD5, command[0] + 1))
        return answer[2:]

    def refused(self, text):
        return self.raw(frame(b"\xd4" + bytes.fromhex(text))) == ACK + ERROR

    def exchange(self, apdu, tg=1):
        """InDataExchange; status and data."""
        answer = self.command(f"40{tg:02x}" + apdu.hex())
        return answer[0], answer[1:]
