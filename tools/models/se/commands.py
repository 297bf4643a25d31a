"""What each command does to the state and answers.

Owns the commands' parameters, the locks and the slot rules. Never sees a packet, a bus or a file.
Called by the chip. A refusal is a `Refused` with the status byte that the part would answer.
Source: cryptoauthlib lib/calib/calib_{read,write,lock,nonce,genkey,sign,verify,ecdh,sha,aes,
counter,random,info}.c and calib_command.h.
"""

import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256

from tools.models.se import config
from tools.models.se.packet import Command, Status
from tools.models.se.state import State

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_DIGEST = ec.ECDSA(Prehashed(SHA256()))
_TEMP_KEY = 0xFFFF
_COUNTER_LIMIT = 2_097_151
_SHA_BLOCK = 64
_REVISION = bytes.fromhex("00006003")
_OK = bytes((Status.OK,))

Randbytes = Callable[[int], bytes]


class RefusedError(Exception):
    """The part answers this status instead."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


class Commands:
    """One part's command set over its state and its volatile registers."""

    def __init__(self, state: State, randbytes: Randbytes) -> None:
        self.state = state
        self._randbytes = randbytes
        self._table: dict[int, Callable[[Command], bytes]] = {
            0x02: self._read,
            0x12: self._write,
            0x16: self._nonce,
            0x17: self._lock,
            0x1B: self._random,
            0x24: self._counter,
            0x30: self._info,
            0x40: self._genkey,
            0x41: self._sign,
            0x43: self._ecdh,
            0x45: self._verify,
            0x47: self._sha,
            0x51: self._aes,
        }
        self.forget()

    def forget(self) -> None:
        """Lose the volatile registers, as in sleep or without supply."""
        self._temp_key = b""
        self._ephemeral = 0
        self._message = b""
        self._mac: hmac.HMAC | None = None

    def run(self, command: Command) -> bytes:
        """Carry out a command; its answer's data.

        Raises:
            RefusedError: with the status to answer.
        """
        handler = self._table.get(command.opcode)
        if handler is None:
            raise RefusedError(Status.PARSE)
        if command.opcode != 0x47:
            self._mac = None  # any other command ends a running SHA
        return handler(command)

    def _info(self, command: Command) -> bytes:
        _require(command.mode == 0 and not command.data, Status.PARSE)
        return _REVISION

    def _random(self, command: Command) -> bytes:
        _require(not command.data, Status.PARSE)
        # Until the configuration is locked the part gives a fixed pattern.
        return self._randbytes(32) if self.state.config_locked else b"\xff\xff\x00\x00" * 8

    def _nonce(self, command: Command) -> bytes:
        """Pass-through only: load 32 bytes into TempKey or the message buffer."""
        _require(command.mode & 0x3F == 0x03 and len(command.data) == 32, Status.PARSE)
        if command.mode & 0x40:
            self._message = command.data
        else:
            self._temp_key = command.data
            self._ephemeral = 0
        return _OK

    def _counter(self, command: Command) -> bytes:
        _require(command.mode in {0, 1} and command.parameter in {0, 1}, Status.PARSE)
        counters = self.state.counters
        if command.mode == 1:
            _require(counters[command.parameter] < _COUNTER_LIMIT, Status.EXECUTION)
            counters[command.parameter] += 1
        return counters[command.parameter].to_bytes(4, "little")

    def _read(self, command: Command) -> bytes:
        size = 32 if command.mode & 0x80 else 4
        zone = command.mode & 0x03
        if zone == 0:
            at = command.parameter * 4
            _require(at + size <= config.SIZE, Status.PARSE)
            return bytes(self.state.zone[at : at + size])
        _require(zone == 2, Status.PARSE)
        rules, at = self._address(command.parameter)
        _require(self.state.data_locked and not rules.secret, Status.EXECUTION)
        _require(at + size <= rules.size, Status.PARSE)
        return bytes(self.state.slots[rules.number][at : at + size])

    def _write(self, command: Command) -> bytes:
        size = 32 if command.mode & 0x80 else 4
        _require(len(command.data) == size, Status.PARSE)
        if command.mode & 0x03 == 0:
            return self._write_config(command.parameter * 4, command.data)
        _require(command.mode & 0x03 == 2, Status.PARSE)
        rules, at = self._address(command.parameter)
        _require(self.state.config_locked, Status.EXECUTION)
        if self.state.data_locked:
            _require(rules.writable and not rules.private, Status.EXECUTION)
        else:
            # Whole blocks only, and no private key in the clear.
            _require(size == 32 and not rules.private, Status.EXECUTION)
        _require(at < rules.size, Status.PARSE)
        kept = command.data[: rules.size - at]
        self.state.slots[rules.number][at : at + len(kept)] = kept
        return _OK

    def _write_config(self, at: int, data: bytes) -> bytes:
        _require(not self.state.config_locked, Status.EXECUTION)
        _require(at >= config.READ_ONLY_BELOW and at + len(data) <= config.SIZE, Status.PARSE)
        _require(not at <= config.LOCK_VALUE < at + len(data), Status.PARSE)
        self.state.zone[at : at + len(data)] = data
        return _OK

    def _lock(self, command: Command) -> bytes:
        _require(command.mode in {0x80, 0x81}, Status.PARSE)  # without a checksum of the zone
        if command.mode == 0x80:
            _require(not self.state.config_locked, Status.EXECUTION)
            self.state.zone[config.LOCK_CONFIG] = config.LOCKED
        else:
            _require(self.state.config_locked and not self.state.data_locked, Status.EXECUTION)
            self.state.zone[config.LOCK_VALUE] = config.LOCKED
        return _OK

    def _genkey(self, command: Command) -> bytes:
        _require(self.state.config_locked and not command.data, Status.EXECUTION)
        make = command.mode == 0x04
        _require(make or command.mode == 0x00, Status.PARSE)
        if command.parameter == _TEMP_KEY:
            _require(make, Status.PARSE)
            self._ephemeral = self._new_scalar()
            self._temp_key = b""
            return _public(self._ephemeral)
        rules = self._slot(command.parameter)
        _require(rules.private and rules.key_type == config.KeyType.P256, Status.EXECUTION)
        if make:
            _require(not self.state.data_locked, Status.EXECUTION)
            scalar = self._new_scalar()
            self.state.slots[rules.number][4:36] = scalar.to_bytes(32, "big")
        return _public(self._scalar(rules))

    def _sign(self, command: Command) -> bytes:
        """External digest from the message buffer, or from TempKey."""
        _require(command.mode in {0x80, 0xA0}, Status.PARSE)
        rules = self._slot(command.parameter)
        _require(self.state.data_locked and rules.external_signatures, Status.EXECUTION)
        key = ec.derive_private_key(self._scalar(rules), _CURVE)
        r, s = decode_dss_signature(key.sign(self._digest(command.mode), _DIGEST))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _verify(self, command: Command) -> bytes:
        _require(command.mode in {0x02, 0x22} and len(command.data) == 128, Status.PARSE)
        _require(command.parameter == config.KeyType.P256, Status.PARSE)
        digest = self._digest(command.mode)
        r, s = (int.from_bytes(command.data[at : at + 32], "big") for at in (0, 32))
        key = _point(command.data[64:])
        try:
            key.verify(encode_dss_signature(r, s), digest, _DIGEST)
        except InvalidSignature:
            return bytes((Status.MISMATCH,))
        return _OK

    def _ecdh(self, command: Command) -> bytes:
        """With the key in TempKey, the shared x in the clear."""
        _require(command.mode == 0x0D and len(command.data) == 64, Status.PARSE)
        _require(self._ephemeral != 0, Status.EXECUTION)
        key = ec.derive_private_key(self._ephemeral, _CURVE)
        return key.exchange(ec.ECDH(), _point(command.data))

    def _sha(self, command: Command) -> bytes:
        """HMAC under a slot: start, whole blocks, end with the rest."""
        action = command.mode & 0x07
        if action == 0x04:
            rules = self._slot(command.parameter)
            usable = rules.key_type == config.KeyType.OTHER and self.state.data_locked
            _require(usable and not command.data, Status.EXECUTION)
            key = bytes(self.state.slots[rules.number][:32])
            self._mac = hmac.new(key, digestmod="sha256")
            return _OK
        running, size = self._mac, len(command.data)
        if running is None or size != command.parameter:
            raise RefusedError(Status.EXECUTION)
        if action == 0x01:
            _require(size == _SHA_BLOCK, Status.PARSE)
            running.update(command.data)
            return _OK
        _require(command.mode == 0xC2 and size < _SHA_BLOCK, Status.PARSE)
        running.update(command.data)
        self._mac = None
        return running.digest()

    def _aes(self, command: Command) -> bytes:
        """ECB of one block under the first key of a slot."""
        _require(command.mode in {0x00, 0x01} and len(command.data) == 16, Status.PARSE)
        rules = self._slot(command.parameter)
        usable = rules.key_type == config.KeyType.AES and self.state.data_locked
        _require(usable, Status.EXECUTION)
        key = bytes(self.state.slots[rules.number][:16])
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
        engine = cipher.decryptor() if command.mode & 1 else cipher.encryptor()
        return engine.update(command.data) + engine.finalize()

    def _slot(self, number: int) -> config.Slot:
        _require(number < config.SLOTS, Status.PARSE)
        return config.slot(bytes(self.state.zone), number)

    def _address(self, parameter: int) -> tuple[config.Slot, int]:
        """Slot and byte position of a data address: slot << 3 | word, block << 8."""
        rules = self._slot(parameter >> 3 & 0x0F)
        return rules, (parameter >> 8) * 32 + (parameter & 7) * 4

    def _scalar(self, rules: config.Slot) -> int:
        scalar = int.from_bytes(self.state.slots[rules.number][4:36], "big")
        usable = rules.private and rules.key_type == config.KeyType.P256 and scalar != 0
        _require(usable, Status.EXECUTION)
        return scalar

    def _new_scalar(self) -> int:
        return int.from_bytes(self._randbytes(40), "big") % (_ORDER - 1) + 1

    def _digest(self, mode: int) -> bytes:
        digest = self._message if mode & 0x20 else self._temp_key
        _require(len(digest) == 32, Status.EXECUTION)
        return digest


def _require(condition: bool, status: Status) -> None:
    if not condition:
        raise RefusedError(status)


def _public(scalar: int) -> bytes:
    numbers = ec.derive_private_key(scalar, _CURVE).public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    x, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, _CURVE).public_key()
    except ValueError:
        raise RefusedError(Status.ECC) from None
