"""EV2 secure messaging: both authentications, session keys, and the three modes.

Owns the session's counter and decides what is refused. Never talks to a card and draws no
random number: answers and RndA come in, APDUs go out. Called through dialogue by the
terminal, the station's relay and the card lab.
Source: NXP AN12196 sections 5 and 6, AN12343; the session keys also from real-card logs.
"""

from firmware.core import apdu
from firmware.core.bits import BLOCK, equal, rotate_left, u16, xor
from firmware.core.cmac import Cmac
from firmware.core.errors import (
    CARD_AUTH,
    CARD_COUNTER,
    CARD_FORMAT,
    CARD_MAC,
    CARD_REQUEST,
    CARD_SESSION,
    VafaError,
)

INS_FIRST = 0x71
INS_NON_FIRST = 0x77
COUNTER_MAX = 0xFFFF

_ZERO_IV = bytes(BLOCK)
_MAC_SIZE = 8
_CAPABILITIES_SIZE = 6
_TI_SIZE = 4
_LABEL_A = b"\xa5\x5a"
_LABEL_B = b"\x5a\xa5"
_VECTOR_CONSTANT = b"\x00\x01\x00\x80"
_CAPABILITY_LRP = 0x02


def first_begin(key_no, pcd_cap2=b""):
    """The APDU that starts AuthenticateEV2First. `pcd_cap2` has 0 to 6 bytes, no LRP."""
    if len(pcd_cap2) > _CAPABILITIES_SIZE or pcd_cap2[:1] == bytes((_CAPABILITY_LRP,)):
        raise VafaError(CARD_REQUEST, "capability bytes")
    return apdu.wrap(INS_FIRST, bytes((key_no, len(pcd_cap2))) + pcd_cap2)


def non_first_begin(key_no):
    """The APDU that starts AuthenticateEV2NonFirst inside a running session."""
    return apdu.wrap(INS_NON_FIRST, bytes((key_no,)))


def session_vectors(rnd_a, rnd_b):
    """SV1 and SV2, 32 bytes each, whose CMACs under the card key are the session keys."""
    tail = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    return _LABEL_A + _VECTOR_CONSTANT + tail, _LABEL_B + _VECTOR_CONSTANT + tail


def session_keys(new_aes, key, rnd_a, rnd_b):
    """SesAuthENCKey and SesAuthMACKey (AN12196 section 5.6)."""
    mac = Cmac(new_aes, key)
    sv1, sv2 = session_vectors(rnd_a, rnd_b)
    return mac.tag(sv1), mac.tag(sv2)


class Authentication:
    """The host's side of one handshake, after its first APDU.

    `key` is the card key, `rnd_a` 16 fresh random bytes. `session` is None for First, and
    the running Session for NonFirst, whose TI and counter the new one takes over.
    """

    def __init__(self, new_aes, key, rnd_a, pcd_cap2=b"", session=None):
        if len(rnd_a) != BLOCK:
            raise VafaError(CARD_REQUEST, "RndA has 16 bytes")
        if session is not None and not session.alive:
            raise VafaError(CARD_SESSION, "NonFirst needs a running session")
        self._new_aes = new_aes
        self._key = key
        self._rnd_a = rnd_a
        self.rnd_b = None
        self._pcd_cap2 = pcd_cap2
        self._session = session
        self.pd_cap2 = b""

    def answer_challenge(self, answer):
        """Take the card's E(K, RndB) and give the second APDU."""
        data = self._expect(answer, apdu.MORE, BLOCK)
        aes = self._new_aes(self._key)
        self.rnd_b = aes.cbc_decrypt(_ZERO_IV, data)
        proof = self._rnd_a + rotate_left(self.rnd_b)
        return apdu.wrap(apdu.MORE, aes.cbc_encrypt(_ZERO_IV, proof))

    def finish(self, answer):
        """Check the card's proof and give the Session. Error 103 if the card has another key."""
        if self.rnd_b is None:
            raise VafaError(CARD_REQUEST, "the challenge comes first")
        if self._session is None:
            ti, counter = self._finish_first(answer), 0
        else:
            ti, counter = self._finish_non_first(answer)
        keys = session_keys(self._new_aes, self._key, self._rnd_a, self.rnd_b)
        return Session(self._new_aes, keys[0], keys[1], ti, counter)

    def _finish_first(self, answer):
        data = self._expect(answer, apdu.OK, 2 * BLOCK)
        plain = self._new_aes(self._key).cbc_decrypt(_ZERO_IV, data)
        self._check_proof(plain[_TI_SIZE : _TI_SIZE + BLOCK])
        echo = self._pcd_cap2 + bytes(_CAPABILITIES_SIZE - len(self._pcd_cap2))
        if not equal(plain[-_CAPABILITIES_SIZE:], echo):
            raise VafaError(CARD_AUTH, "capability bytes not echoed")
        self.pd_cap2 = plain[_TI_SIZE + BLOCK : -_CAPABILITIES_SIZE]
        return plain[:_TI_SIZE]

    def _finish_non_first(self, answer):
        data = self._expect(answer, apdu.OK, BLOCK)
        self._check_proof(self._new_aes(self._key).cbc_decrypt(_ZERO_IV, data))
        ti, counter = self._session.ti, self._session.counter
        self._session.close()
        return ti, counter

    def _check_proof(self, proof):
        if not equal(proof, rotate_left(self._rnd_a)):
            raise VafaError(CARD_AUTH, "the card's proof is wrong")

    def _expect(self, answer, wanted, size):
        data, status = apdu.split(answer)
        if status == 0xAE:
            raise VafaError(CARD_AUTH, "the card refused our key")
        if status != wanted:
            raise apdu.refuse(INS_FIRST if self._session is None else INS_NON_FIRST, status)
        if len(data) != size:
            raise VafaError(CARD_FORMAT, "authentication answer of %d bytes" % len(data))
        return data


def command_iv(aes, ti, counter):
    """IV that enciphers command data; `aes` holds SesAuthENCKey."""
    return aes.encrypt(_LABEL_A + ti + u16(counter) + bytes(8))


def response_iv(aes, ti, counter):
    """IV that deciphers response data; `counter` is already the advanced one."""
    return aes.encrypt(_LABEL_B + ti + u16(counter) + bytes(8))


def mac_input(first, counter, ti, rest):
    """What a session MAC covers: INS or status byte, counter, TI, then header and data."""
    return bytes((first,)) + u16(counter) + ti + rest


def pad(data):
    """The data, 80h, and zeros to a whole number of blocks; always at least one byte."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def unpad(padded):
    """The data before the 80h marker. Error 105 if the padding is not exactly of that form."""
    if not padded or len(padded) % BLOCK:
        raise VafaError(CARD_FORMAT, "padded data of %d bytes" % len(padded))
    end = len(padded) - 1
    first = end - BLOCK
    while end > first and padded[end] == 0:
        end -= 1
    if end == first or padded[end] != 0x80:
        raise VafaError(CARD_FORMAT, "padding without marker")
    return padded[:end]


class Session:
    """An authenticated session: wraps commands in order and judges their answers.

    `counter` is CmdCtr: it moves with every command, also a plain one. After an error, a
    wrong MAC or a command that ends it, the session is closed and refuses further use
    (error 107); the counter never wraps (error 106).
    """

    def __init__(self, new_aes, ses_enc, ses_mac, ti, counter=0):
        self._aes = new_aes(ses_enc)
        self._cmac = Cmac(new_aes, ses_mac)
        self.ti = ti
        self.counter = counter
        self.alive = True
        self._pending = None

    def close(self):
        """Forget the keys; what the card does by itself at the same moment."""
        self.alive = False
        self._aes = self._cmac = self._pending = None

    def wrap(self, command):
        """The APDUs of a command, in sending order. Advances the counter."""
        self._require(pending=False)
        if command.mode == apdu.BARE:
            self.close()
            return apdu.chain(command.ins, command.header + command.data)
        if self.counter >= COUNTER_MAX:
            self.close()
            raise VafaError(CARD_COUNTER)
        body = self._protect(command)
        apdus = apdu.chain(command.ins, body)
        self._pending = command
        self.counter += 1
        return apdus

    def unwrap(self, answer):
        """The plain data of the answer to the last wrapped command.

        `answer` is the joined data of all frames, then `91 status` of the last. The MAC is
        checked before anything is decrypted. Raises CardStatusError, 102 or 105, and then
        the session is closed.
        """
        self._require(pending=True)
        command, self._pending = self._pending, None
        try:
            data, status = apdu.split(answer)
            if status != apdu.OK:
                raise apdu.refuse(command.ins, status)
            if command.drops_session:
                return self._farewell(data)
            return self._open(command.mode, data)
        except VafaError:
            self.close()
            raise

    def _require(self, pending):
        if not self.alive:
            raise VafaError(CARD_SESSION)
        if pending != (self._pending is not None):
            raise VafaError(CARD_REQUEST, "commands and answers take turns")

    def _protect(self, command):
        header, data = command.header, command.data
        if command.mode == apdu.PLAIN:
            return header + data
        if command.mode == apdu.FULL and data:
            data = self._aes.cbc_encrypt(command_iv(self._aes, self.ti, self.counter), pad(data))
        covered = mac_input(command.ins, self.counter, self.ti, header + data)
        return header + data + self._cmac.tag8(covered)

    def _open(self, mode, data):
        if mode == apdu.PLAIN:
            return data
        if len(data) < _MAC_SIZE:
            raise VafaError(CARD_MAC, "answer without MAC")
        data, tag = data[:-_MAC_SIZE], data[-_MAC_SIZE:]
        covered = mac_input(apdu.OK, self.counter, self.ti, data)
        if not equal(self._cmac.tag8(covered), tag):
            raise VafaError(CARD_MAC)
        if mode == apdu.MAC or not data:
            return data
        if len(data) % BLOCK:
            raise VafaError(CARD_FORMAT, "ciphertext of %d bytes" % len(data))
        iv = response_iv(self._aes, self.ti, self.counter)
        return unpad(self._aes.cbc_decrypt(iv, data))

    def _farewell(self, data):
        """The bare answer to changing the session's own key."""
        self.close()
        if data:
            raise VafaError(CARD_FORMAT, "data after the session's end")
        return b""
