"""A small host side written for these tests alone: EV2 messaging over `Card.exchange`.

It shares nothing with the card's own cryptography (its CMAC is RFC 4493 spelled out over raw
AES) and keeps its own counter, so that both sides cannot be wrong in the same way unseen.
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from tools.models.card import Card, CardProfile

UID = bytes.fromhex("045A1B2C3D4E80")
AID = 0x123456
MASTER, DEBIT, CREDIT = 0, 1, 2
KEYS = {no: bytes([0x10 * (no + 1)] * 16) for no in range(5)}
TM_KEY = bytes(range(16))
RND_A = bytes(range(0xA0, 0xB0))

PLAIN, MAC, FULL = 0, 1, 3


class RefusedError(Exception):
    def __init__(self, status):
        super().__init__(f"{status:02X}")
        self.status = status


class SilenceError(Exception):
    pass


def block(key, data):
    encryptor = Cipher(AES(key), ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def cbc(key, data, iv=bytes(16), *, decrypt=False):
    cipher = Cipher(AES(key), CBC(iv))
    run = cipher.decryptor() if decrypt else cipher.encryptor()
    return run.update(data) + run.finalize()


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def double(value):
    number = int.from_bytes(value, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")


def cmac(key, message):
    k1 = double(block(key, bytes(16)))
    whole, last = message[: max(0, (len(message) - 1) // 16 * 16)], b""
    last = message[len(whole) :]
    last = xor(last, k1) if len(last) == 16 else xor((last + b"\x80").ljust(16, b"\0"), double(k1))
    state = bytes(16)
    for start in range(0, len(whole), 16):
        state = block(key, xor(state, whole[start : start + 16]))
    return block(key, xor(state, last))


def short(tag):
    return bytes(tag[i] for i in (1, 3, 5, 7, 9, 11, 13, 15))


def rotl(data):
    return data[1:] + data[:1]


def wrapped(ins, data=b""):
    return bytes([0x90, ins, 0, 0]) + (bytes([len(data)]) + data if data else b"") + b"\x00"


def amount(value):
    return value.to_bytes(4, "little", signed=True)


def u24(value):
    return value.to_bytes(3, "little")


class Host:
    """Speaks wrapped APDUs to a card; raises `RefusedError` for an error status."""

    def __init__(self, card):
        self.card = card
        self.enc = self.mac = self.ti = None
        self.ctr = 0

    def raw(self, ins, data=b""):
        answer = self.card.exchange(wrapped(ins, data))
        if answer is None:
            raise SilenceError
        assert answer[-2] == 0x91, answer.hex()
        return answer[-1], answer[:-2]

    def plain(self, ins, data=b"", *, counted=False):
        """Without protection; follows AF."""
        status, out = self.raw(ins, data)
        while status == 0xAF:
            status, more = self.raw(0xAF)
            out += more
        if status:
            raise RefusedError(status)
        self.ctr += counted
        return out

    def select(self, aid=AID):
        self.enc = None
        self.plain(0x5A, u24(aid))

    def authenticate(self, key_no, key=None, *, first=True):
        key = KEYS[key_no] if key is None else key
        status, challenge = self.raw(0x71 if first else 0x77, bytes([key_no] + [0] * first))
        if status != 0xAF:
            raise RefusedError(status)
        rnd_b = cbc(key, challenge, decrypt=True)
        status, answer = self.raw(0xAF, cbc(key, RND_A + rotl(rnd_b)))
        if status:
            raise RefusedError(status)
        opened = cbc(key, answer, decrypt=True)
        if first:
            self.ti, opened, self.ctr = opened[:4], opened[4:20], 0
        assert opened == rotl(RND_A)
        mixed = RND_A[:2] + xor(RND_A[2:8], rnd_b[:6]) + rnd_b[6:] + RND_A[8:]
        self.enc = cmac(key, bytes.fromhex("A55A00010080") + mixed)
        self.mac = cmac(key, bytes.fromhex("5AA500010080") + mixed)

    def tag(self, code, data):
        head = bytes([code]) + self.ctr.to_bytes(2, "little") + self.ti
        return short(cmac(self.mac, head + data))

    def iv(self, label):
        return block(
            self.enc, bytes.fromhex(label) + self.ti + self.ctr.to_bytes(2, "little") + bytes(8)
        )

    def secure(self, ins, header=b"", data=b"", mode=MAC, frame=200):
        """One protected command; long bodies go out in AF frames of `frame` bytes."""
        if mode == FULL and data:
            padded = data + b"\x80"
            data = cbc(self.enc, padded + bytes(-len(padded) % 16), self.iv("A55A"))
        body = header + data + self.tag(ins, header + data)
        pieces = [body[i : i + frame] for i in range(0, len(body), frame)]
        status, out = self.raw(ins, pieces[0])
        for piece in pieces[1:]:
            assert (status, out) == (0xAF, b"")
            status, out = self.raw(0xAF, piece)
        while status == 0xAF:
            status, more = self.raw(0xAF)
            out += more
        if status:
            raise RefusedError(status)
        self.ctr += 1
        out, received = out[:-8], out[-8:]
        assert received == self.tag(0, out), "response MAC"
        if mode == FULL and out:
            opened = cbc(self.enc, out, self.iv("5AA5"), decrypt=True)
            out = opened[: opened.rindex(b"\x80")]
        return out


def status_of(call, *args, **kwargs):
    """The status that a call is refused with, 0 when it is not."""
    try:
        call(*args, **kwargs)
    except RefusedError as refusal:
        return refusal.status
    return 0


def rights(read, write, read_write, change=0):
    return bytes([read_write << 4 | change, read << 4 | write])


def new_card(path=None, profile=None, **files):
    """A card with one application of five keys; factory PICC key. Field is on."""
    counter = iter(range(1, 1 << 30))
    card = Card.create(
        path,
        UID,
        profile=profile or CardProfile(),
        random_bytes=lambda n: next(counter).to_bytes(n, "little"),
    )
    card.field_on()
    host = Host(card)
    host.plain(0xCA, u24(AID) + bytes([0x0B, 0x85]))
    host.select()
    host.authenticate(MASTER, bytes(16))
    for no in (1, 2, 3, 4, 0):
        change_key(host, no, bytes(16), KEYS[no], 1)
    host.select()
    return host


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value.to_bytes(4, "little")


def change_key(host, key_no, old, new, version, own=None):
    """Change a key in a master session; key 0 is the session's own."""
    own = key_no == 0 if own is None else own
    payload = new + bytes([version])
    if not own:
        payload = xor(new, old) + bytes([version]) + crc(new)
    if own:
        assert wrapped_change(host, key_no, payload) == b""
    else:
        host.secure(0xC4, bytes([key_no]), payload, FULL)


def wrapped_change(host, key_no, payload):
    padded = payload + b"\x80"
    data = cbc(host.enc, padded + bytes(-len(padded) % 16), host.iv("A55A"))
    header = bytes([key_no])
    status, out = host.raw(0xC4, header + data + host.tag(0xC4, header + data))
    if status:
        raise RefusedError(status)
    return out


def value_file(host, no, ar, *, comm=FULL, lower=0, upper=10_000, value=1_000, flags=0):
    body = bytes([no, comm]) + ar + amount(lower) + amount(upper) + amount(value) + bytes([flags])
    host.secure(0xCC, data=body)


def data_file(host, no, ar, size, *, comm=FULL, backup=False):
    host.secure(0xCB if backup else 0xCD, data=bytes([no, comm]) + ar + u24(size))


def record_file(host, no, ar, size, count, *, comm=FULL, cyclic=True):
    host.secure(0xC0 if cyclic else 0xC1, data=bytes([no, comm]) + ar + u24(size) + u24(count))


def mac_file(host, no=0x0F, ar=None):
    header = bytes([no, 0]) + (ar or rights(1, 0xF, 0xF)) + b"\x02"
    host.secure(0xCE, header, TM_KEY + b"\x05", FULL)


def purse_card(path=None, profile=None, *, with_mac=True):
    """The layout of a small purse: data 01, value 02, backup 03, cyclic 04, MAC file 0F."""
    host = new_card(path, profile)
    host.authenticate(MASTER)
    data_file(host, 1, rights(1, 3, 2), 32)
    value_file(host, 2, rights(1, 1, 2))
    data_file(host, 3, rights(1, 1, 2), 40, backup=True)
    record_file(host, 4, rights(1, 1, 2), 16, 4)
    if with_mac:
        mac_file(host)
    host.select()
    return host


def tap(host, key_no=DEBIT):
    """Power cycle, select, authenticate: the start of a tap."""
    host.card.field_off()
    host.card.field_on()
    host.select()
    host.authenticate(key_no)


def debit(host, value, file_no=2):
    host.secure(0xDC, bytes([file_no]), amount(value), FULL)


def credit(host, value, file_no=2):
    host.secure(0x0C, bytes([file_no]), amount(value), FULL)


def get_value(host, file_no=2):
    return int.from_bytes(host.secure(0x6C, bytes([file_no]), mode=FULL), "little", signed=True)


def write_record(host, data, file_no=4, offset=0, ins=0x8B):
    host.secure(ins, bytes([file_no]) + u24(offset) + u24(len(data)), data, FULL)


def read_records(host, first=0, count=0, file_no=4, ins=0xAB):
    return host.secure(ins, bytes([file_no]) + u24(first) + u24(count), mode=FULL)


def commit(host, option=None):
    return host.secure(0xC7, data=b"" if option is None else bytes([option]))
