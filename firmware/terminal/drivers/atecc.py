"""The secure element, an ATECC608: keys that never leave it, counters that never go back.

Owns its packets, checksums and repetition. Never holds a key. Called through hal.se, which says
what each method gives; every call blocks while the part works, at most 120 ms.
Source: the command set of the ATECC608A as Microchip's cryptoauthlib uses it (lib/calib/calib_*.c,
calib_command.h). Not yet run against a real part.

Digests to sign or verify go into the part's message buffer, so that the ephemeral key, which lives
in its TempKey, survives between `ephemeral` and `ecdh`. Parts of this family are polled: reading
is refused while they work.
"""

from firmware.core.errors import SE_FAULT, VafaError

ADDRESS = 0x60

_WAKE_ADDRESS = 0x00  # at 100 kHz a zero byte holds the line low long enough
_AWAKE = b"\x04\x11\x33\x43"
_RESET, _IDLE, _COMMAND = b"\x00", b"\x02", b"\x03"

_READ, _NONCE, _RANDOM, _COUNTER = 0x02, 0x16, 0x1B, 0x24
_GENKEY, _SIGN, _ECDH, _VERIFY = 0x40, 0x41, 0x43, 0x45
_SHA, _AES = 0x47, 0x51

_CONFIG_32, _DATA_4, _DATA_32 = 0x80, 0x02, 0x82
_TO_MESSAGE_BUFFER = 0x43  # Nonce: pass-through, target message buffer
_PRIVATE, _PUBLIC, _TEMP_KEY = 0x04, 0x00, 0xFFFF
_SIGN_EXTERNAL, _VERIFY_EXTERNAL = 0xA0, 0x22  # both from the message buffer
_P256 = 0x0004
_ECDH_TEMP_KEY_CLEAR = 0x0D
_HMAC_START, _SHA_UPDATE, _HMAC_END = 0x04, 0x01, 0xC2
_AES_ENCRYPT = 0x00
_COUNTER_READ, _COUNTER_BUMP = 0, 1

_OK, _MISMATCH, _AFTER_WAKE, _NOT_RECEIVED = 0x00, 0x01, 0x11, 0xFF
_STATUS_SIZE = 4
_FIRST_PUBLIC_SLOT = 8
_BLOCK = 32
_SHA_BLOCK = 64
# What Random answers until the configuration is locked: no randomness at all.
_TEST_PATTERN = b"\xff\xff\x00\x00"

_TRIES = 3
_POLLS = 200  # of a millisecond
_WAKE_POLLS = 5


def crc16(data):
    """The part's checksum: polynomial 8005h, bits from the lowest, zero at the start."""
    crc = 0
    for byte in data:
        for bit in range(8):
            crc = crc << 1 ^ (0x8005 if (byte >> bit ^ crc >> 15) & 1 else 0)
            crc &= 0xFFFF
    return crc.to_bytes(2, "little")


class Atecc:
    """See hal.api, se. `i2c` has machine.I2C's calls, `pause_ms` blocks."""

    def __init__(self, i2c, pause_ms, address=ADDRESS):
        self._i2c = i2c
        self._pause_ms = pause_ms
        self._address = address

    def random(self, count):
        """Random bytes of the part; error 281 when it gives its test pattern instead."""
        drawn = b""
        while len(drawn) < count:
            block = self._one(_RANDOM, 0, 0, b"", _BLOCK)
            if block[:4] == _TEST_PATTERN:
                raise VafaError(SE_FAULT, "no randomness: configuration not locked")
            drawn += block
        return drawn[:count]

    def sign(self, digest):
        """Signature r || s of a SHA-256 digest by the identity key."""
        return self._after(digest, _SIGN, _SIGN_EXTERNAL, 0, b"", 64)

    def verify(self, public, digest, signature):
        """Whether r || s is the signature of a SHA-256 digest by the point X || Y."""
        if len(public) != 64 or len(signature) != 64:
            return False
        data = signature + public
        answer = self._after(digest, _VERIFY, _VERIFY_EXTERNAL, _P256, data, 1)
        return answer[0] == _OK

    def ephemeral(self):
        """Make a key pair for one handshake; its public point X || Y."""
        return self._one(_GENKEY, _PRIVATE, _TEMP_KEY, b"", 64)

    def ecdh(self, public):
        """The shared x of the ephemeral key and a point X || Y; error 281 for no point."""
        return self._one(_ECDH, _ECDH_TEMP_KEY_CLEAR, 0, public, 32)

    def aes(self, slot, block):
        """AES-128 of one block under the key in a slot."""
        return self._one(_AES, _AES_ENCRYPT, slot, block, 16)

    def hmac(self, slot, message):
        """HMAC-SHA-256 of a message under the 32-byte key in a slot."""
        whole = len(message) // _SHA_BLOCK * _SHA_BLOCK
        self._wake()
        self._execute(_SHA, _HMAC_START, slot, b"", 1)
        for at in range(0, whole, _SHA_BLOCK):
            self._execute(_SHA, _SHA_UPDATE, _SHA_BLOCK, message[at : at + _SHA_BLOCK], 1)
        tag = self._execute(_SHA, _HMAC_END, len(message) - whole, message[whole:], 32)
        self._idle()
        return tag

    def counter(self):
        """The monotonic counter."""
        return int.from_bytes(self._one(_COUNTER, _COUNTER_READ, 0, b"", 4), "little")

    def bump(self):
        """Count one up, for ever, and return the new value."""
        return int.from_bytes(self._one(_COUNTER, _COUNTER_BUMP, 0, b"", 4), "little")

    def public_key(self, slot):
        """The point X || Y of a private key in slots 0 to 7, or kept in slots 8 to 15."""
        if slot < _FIRST_PUBLIC_SLOT:
            return self._one(_GENKEY, _PUBLIC, slot, b"", 64)
        stored = b""
        for block in (0, 1):
            stored += self._one(_READ, _DATA_32, slot << 3 | block << 8, b"", _BLOCK)
        for word in (0, 1):
            stored += self._one(_READ, _DATA_4, slot << 3 | 2 << 8 | word, b"", 4)
        # Each half is kept after four bytes of padding.
        return stored[4:36] + stored[40:72]

    def number(self, slot):
        """The 32-bit number kept in a readable slot."""
        return int.from_bytes(self._one(_READ, _DATA_4, slot << 3, b"", 4), "little")

    def serial(self):
        """The part's nine-byte serial number."""
        config = self._one(_READ, _CONFIG_32, 0, b"", _BLOCK)
        return config[:4] + config[8:13]

    def _one(self, opcode, mode, parameter, data, size):
        """Wake the part for one command."""
        self._wake()
        answer = self._execute(opcode, mode, parameter, data, size)
        self._idle()
        return answer

    def _after(self, digest, opcode, mode, parameter, data, size):
        """One command over a digest that is loaded first."""
        if len(digest) != 32:
            raise VafaError(SE_FAULT, "digest of %d bytes" % len(digest))
        self._wake()
        self._execute(_NONCE, _TO_MESSAGE_BUFFER, 0, digest, 1)
        answer = self._execute(opcode, mode, parameter, data, size)
        self._idle()
        return answer

    def _wake(self):
        for _ in range(_TRIES):
            try:
                self._i2c.writeto(_WAKE_ADDRESS, b"\x00")
            except OSError:
                pass  # nobody acknowledges address 0; the low line is what counts
            answer = self._poll(_STATUS_SIZE, _WAKE_POLLS)
            if answer == _AWAKE:
                return
            self._idle()
        raise VafaError(SE_FAULT, "does not wake")

    def _idle(self):
        """Rest, keeping the ephemeral key; sleep would forget it."""
        try:
            self._i2c.writeto(self._address, _IDLE)
        except OSError:
            raise VafaError(SE_FAULT, "gone from the bus")

    def _execute(self, opcode, mode, parameter, data, size):
        """One command; the data of its answer, or one status byte when `size` is 1."""
        packet = bytes((7 + len(data), opcode, mode, parameter & 0xFF, parameter >> 8)) + data
        packet += crc16(packet)
        for _ in range(_TRIES):
            try:
                self._i2c.writeto(self._address, _COMMAND + packet)
            except OSError:
                raise VafaError(SE_FAULT, "gone from the bus")
            answer = self._answer(size)
            if len(answer) == 1 and answer[0] in (_NOT_RECEIVED, _AFTER_WAKE):
                continue  # it did not get the command whole, so it has not acted
            refused = size == 1 and answer[0] != _OK
            if opcode == _VERIFY and answer[0] == _MISMATCH:
                refused = False
            if len(answer) != size or refused:
                self._idle()
                raise VafaError(SE_FAULT, "command %02X: %s" % (opcode, answer[:1].hex()))
            return answer
        raise VafaError(SE_FAULT, "command %02X does not get through" % opcode)

    def _answer(self, size):
        """The answer without length and checksum, read again while it arrives damaged."""
        for _ in range(_TRIES):
            packet = self._poll(size + 3, _POLLS)
            count = packet[0] if packet else 0
            if (
                count in (_STATUS_SIZE, size + 3)
                and crc16(packet[: count - 2]) == (packet[count - 2 : count])
            ):
                return packet[1 : count - 2]
            try:
                self._i2c.writeto(self._address, _RESET)
            except OSError:
                break
        raise VafaError(SE_FAULT, "answers arrive damaged")

    def _poll(self, size, polls):
        """Read as soon as the part lets us; empty when it never does."""
        for _ in range(polls):
            try:
                return self._i2c.readfrom(self._address, size)
            except OSError:  # refusing to be read is how the part says "busy"
                self._pause_ms(1)
        return b""
