import zlib

import pytest

from tests.models.card.host import (
    FULL,
    RND_A,
    UID,
    Host,
    block,
    cbc,
    change_key,
    double,
    rotl,
    u24,
    xor,
)
from tools.models.card import Card, CardProfile


class Ev1Host:
    """EV1 AES messaging in native framing; the IV runs through the session."""

    def __init__(self, card):
        self.card = card
        self.iv = bytes(16)
        self.key = None

    def native(self, ins, body=b""):
        answer = self.card.exchange(bytes([ins]) + body)
        out = answer[1:]
        while answer[0] == 0xAF:
            answer = self.card.exchange(b"\xaf")
            out += answer[1:]
        return answer[0], out

    def authenticate(self, key_no, key):
        challenge = self.card.exchange(bytes([0xAA, key_no]))[1:]
        rnd_b = cbc(key, challenge, decrypt=True)
        sent = cbc(key, RND_A + rotl(rnd_b), challenge)
        answer = self.card.exchange(b"\xaf" + sent)
        assert answer[0] == 0
        assert cbc(key, answer[1:], sent[-16:], decrypt=True) == rotl(RND_A)
        self.key = RND_A[:4] + rnd_b[:4] + RND_A[12:] + rnd_b[12:]
        self.iv = bytes(16)

    def cmac(self, message):
        k1 = double(block(self.key, bytes(16)))
        rest = len(message) % 16
        padded = message if rest == 0 else message + b"\x80" + bytes(15 - rest)
        last = xor(padded[-16:], k1 if rest == 0 else double(k1))
        self.iv = cbc(self.key, padded[:-16] + last, self.iv)[-16:]
        return self.iv[:8]

    def crc(self, data):
        return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")

    def asked(self, ins, body=b""):
        """Plain command, answer with CMAC."""
        self.cmac(bytes([ins]) + body)
        return self.checked(*self.native(ins, body))

    def checked(self, status, out):
        assert status == 0
        data, tag = out[:-8], out[-8:]
        assert tag == self.cmac(data + b"\x00")
        return data

    def sent(self, ins, header, data):
        """Enciphered command, answer with CMAC."""
        plain = data + self.crc(bytes([ins]) + header + data)
        sealed = cbc(self.key, plain + bytes(-len(plain) % 16), self.iv)
        self.iv = sealed[-16:]
        return self.checked(*self.native(ins, header + sealed))

    def secret(self, ins, body, length):
        """Plain command, enciphered answer."""
        self.cmac(bytes([ins]) + body)
        status, out = self.native(ins, body)
        assert status == 0
        plain = cbc(self.key, out, self.iv, decrypt=True)
        self.iv = out[-16:]
        data = plain[:length]
        assert plain[length : length + 4] == self.crc(data + b"\x00")
        return data


@pytest.fixture
def ev1():
    card = Card.create(None, UID)
    card.field_on()
    host = Ev1Host(card)
    host.authenticate(0, bytes(16))
    host.asked(0xCA, u24(1) + b"\x0f\x82")
    assert host.native(0x5A, u24(1)) == (0, b"")
    host.authenticate(0, bytes(16))
    return host


def test_ev1_purse(ev1):
    assert ev1.secret(0x51, b"", 7) == UID
    ev1.asked(
        0xCC,
        b"\x02\x03\x00\x00" + b"".join(n.to_bytes(4, "little") for n in (0, 1_000, 500)) + b"\x01",
    )
    ev1.asked(0xC0, b"\x04\x03\x00\x00" + u24(20) + u24(3))
    ev1.sent(0xDC, b"\x02", (120).to_bytes(4, "little"))
    ev1.sent(0x3B, b"\x04" + u24(0) + u24(20), bytes(range(20)))
    assert ev1.secret(0x6C, b"\x02", 4) == (500).to_bytes(4, "little")
    ev1.asked(0xC7)
    assert ev1.secret(0x6C, b"\x02", 4) == (380).to_bytes(4, "little")
    assert ev1.secret(0xBB, b"\x04" + u24(0) + u24(0), 20) == bytes(range(20))
    ev1.sent(0x1C, b"\x02", (120).to_bytes(4, "little"))
    ev1.asked(0xA7)
    assert ev1.asked(0xF5, b"\x02")[12:16] == (120).to_bytes(4, "little")


def test_ev1_key_change_and_settings(ev1):
    new = b"n" * 16
    data = xor(new, bytes(16)) + b"\x05"
    body = data + ev1.crc(b"\xc4\x01" + data) + ev1.crc(new)
    sealed = cbc(ev1.key, body + bytes(-len(body) % 16), ev1.iv)
    ev1.iv = sealed[-16:]
    ev1.checked(*ev1.native(0xC4, b"\x01" + sealed))
    assert ev1.asked(0x64, b"\x01") == b"\x05"
    ev1.sent(0x54, b"", b"\x09")
    assert ev1.asked(0x45) == b"\x09\x82"
    ev1.authenticate(1, new)


def test_ev1_mac_mode_and_wrong_mac(ev1):
    ev1.asked(0xCD, b"\x01\x01\x00\x00" + u24(8))
    write = b"\x01" + u24(0) + u24(3) + b"abc"
    ev1.checked(*ev1.native(0x3D, write + ev1.cmac(b"\x3d" + write)))
    assert ev1.asked(0xBD, b"\x01" + u24(0) + u24(0)) == b"abc" + bytes(5)
    assert ev1.native(0x3D, write + bytes(8)) == (0x1E, b"")
    assert ev1.native(0xBD, b"\x01" + u24(0) + u24(0))[0] == 0xAE


def test_ev1_can_be_switched_off():
    card = Card.create(None, UID, profile=CardProfile(ev1_messaging=False))
    card.field_on()
    assert card.exchange(b"\xaa\x00") == b"\x1c"


def ntag(*apdus):
    card = Card.create(None, UID, "ntag424")
    card.field_on()
    return [card.exchange(bytes.fromhex(apdu)) for apdu in apdus]


SELECT = "00a4040c07d276000085010100"


def test_ntag_ndef_file_by_iso_commands():
    answers = ntag(
        SELECT,
        "00a4000c02e103",
        "00b000000f",
        "00a4000c02e104",
        "00d600000400021122",
        "00b0000004",
        "00a4000c02e105",
        "00b0000004",
        "00a4000c02e109",
    )
    assert answers[0] == b"\x90\x00"
    assert answers[2].hex() == "001720010000ff0406e10401000000" + "9000"
    assert answers[5].hex() == "00021122" + "9000"
    assert answers[7].hex() == "6982"
    assert answers[8].hex() == "6a82"


def test_ntag_knows_no_purse_commands():
    assert ntag("906a000000", "906c0000010200", "9060000000")[:2] == [b"\x91\x1c"] * 2


def test_ntag_keys_and_settings():
    card = Card.create(None, UID, "ntag424")
    card.field_on()
    host = Host(card)
    host.authenticate(0, bytes(16))
    assert host.secure(0xF5, b"\x02").hex() == "0000e0ee000100"
    host.secure(0x5F, b"\x02", b"\x40" + bytes.fromhex("00e0c1f2220a00003200003c0000"), FULL)
    assert host.secure(0xF5, b"\x02").hex() == "004000e0000100" + "c1f2220a00003200003c0000"
    change_key(host, 3, bytes(16), b"3" * 16, 1)
    host.authenticate(3, b"3" * 16)
    head = b"\x03" + u24(0) + u24(5)
    host.secure(0x8D, head, b"hello", FULL)
    host.authenticate(2, bytes(16))
    assert host.secure(0xAD, head, mode=FULL) == b"hello"
    # The key may read the file, but ISO commands have no secure messaging.
    card.exchange(bytes.fromhex("00a4000c02e105"))
    assert card.exchange(bytes.fromhex("00b0000004")).hex() == "6982"
    assert host.raw(0x71, b"\x05\x00")[0] == 0x40
