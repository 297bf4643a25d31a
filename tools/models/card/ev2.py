"""Owns EV2 authentication (71h, 77h) and EV2 secure messaging of the card (AN12343, AN12196).

Never decides whether a command is allowed or which mode it needs. Called by the processor.
"""

from tools.models.card import crypto
from tools.models.card.session import Mode, Terms
from tools.models.card.status import CardError, Status

RANDOM_LENGTH = 16
TI_LENGTH = 4
LAST_COUNTER = 0xFFFF


class Ev2Session:
    """Session keys, transaction identifier and command counter."""

    def __init__(self, key_no: int, keys: tuple[bytes, bytes], ti: bytes, counter: int) -> None:
        self.key_no = key_no
        self.enc_key, self.mac_key = keys
        self.ti = ti
        self.counter = counter

    def open(self, ins: int, body: bytes, terms: Terms) -> bytes:
        """See `Session.open`. Counts every command, plain ones too."""
        used = self.counter
        if used == LAST_COUNTER:
            raise CardError(Status.INTEGRITY)
        if terms.mode is Mode.PLAIN:
            terms.require(len(body))
            self.counter += 1
            return body
        if len(body) < crypto.MAC_LENGTH:
            raise CardError(Status.LENGTH)
        covered, tag = body[: -crypto.MAC_LENGTH], body[-crypto.MAC_LENGTH :]
        header, sealed = covered[: terms.header], covered[terms.header :]
        enciphered = terms.mode is Mode.FULL and terms.sends_data
        if not enciphered:
            terms.require(len(covered))
        elif not sealed or len(sealed) % crypto.BLOCK:
            raise CardError(Status.LENGTH)
        if not crypto.equal(tag, crypto.ev2_mac(self.mac_key, ins, used, self.ti, covered)):
            raise CardError(Status.INTEGRITY)
        self.counter += 1
        if not enciphered:
            return covered
        iv = crypto.ev2_command_iv(self.enc_key, self.ti, used)
        try:
            plain = header + crypto.unpad(crypto.cbc_decrypt(self.enc_key, sealed, iv))
        except ValueError:
            raise CardError(Status.INTEGRITY) from None
        terms.require(len(plain))
        return plain

    def seal(self, mode: Mode, data: bytes) -> bytes:
        """See `Session.seal`."""
        if mode is Mode.PLAIN:
            return data
        if mode is Mode.FULL and data:
            iv = crypto.ev2_response_iv(self.enc_key, self.ti, self.counter)
            data = crypto.cbc_encrypt(self.enc_key, crypto.pad(data), iv)
        return data + crypto.ev2_mac(self.mac_key, Status.OK, self.counter, self.ti, data)

    def wire_length(self, plain: int, terms: Terms) -> int:
        """See `Session.wire_length`."""
        if terms.mode is Mode.PLAIN:
            return plain
        if terms.mode is Mode.FULL and terms.sends_data:
            data = plain - terms.header
            plain += crypto.BLOCK - data % crypto.BLOCK
        return plain + crypto.MAC_LENGTH


class Ev2Handshake:
    """Both EV2 authentications after the card has sent E(K, RndB).

    `running` is the session whose TI and counter NonFirst continues; First has None there
    and a `new_ti` of 4 bytes instead.
    """

    def __init__(
        self,
        key_no: int,
        key: bytes,
        rnd_b: bytes,
        *,
        new_ti: bytes | None,
        running: Ev2Session | None,
        capabilities: bytes,
        keeps_pending: bool,
    ) -> None:
        self.keeps_pending = keeps_pending
        self._key_no = key_no
        self._key = key
        self._rnd_b = rnd_b
        self._first = running is None
        if running is not None:
            self._ti, self._counter = running.ti, running.counter
        elif new_ti is not None:
            self._ti, self._counter = new_ti, 0
        else:
            raise ValueError("either a running session or a new TI")
        self._capabilities = capabilities

    def challenge(self) -> bytes:
        """E(K, RndB), the first answer."""
        return crypto.cbc_encrypt(self._key, self._rnd_b)

    def finish(self, data: bytes) -> tuple[bytes, Ev2Session]:
        """See `Handshake.finish`."""
        if len(data) != 2 * RANDOM_LENGTH:
            raise CardError(Status.LENGTH)
        opened = crypto.cbc_decrypt(self._key, data)
        rnd_a, rotated = opened[:RANDOM_LENGTH], opened[RANDOM_LENGTH:]
        if not crypto.equal(rotated, crypto.rotate_left(self._rnd_b)):
            raise CardError(Status.AUTHENTICATION)
        keys = crypto.ev2_session_keys(self._key, rnd_a, self._rnd_b)
        answer = crypto.rotate_left(rnd_a)
        if self._first:
            answer = self._ti + answer + self._capabilities
        session = Ev2Session(self._key_no, keys, self._ti, self._counter)
        return crypto.cbc_encrypt(self._key, answer), session
