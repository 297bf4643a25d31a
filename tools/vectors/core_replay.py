"""Checks of the portable core against whole recorded sessions, exchange by exchange.

Our APDUs are computed, the card's answers are taken from the vector and must be accepted;
at the end the transaction MAC input and value must come out too. Runs on both interpreters.
Called by portable.
"""

from firmware.core import apdu, desfire, ev2, tmac
from firmware.core.apdu import Command
from firmware.core.bits import read_i32, read_unsigned
from firmware.core.errors import VafaError
from tools.vectors.against_core import to_hex, unhex
from tools.vectors.core_sessions import MODES, joined, tm_keys

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know the name
if TYPE_CHECKING:
    from tools.vectors.shapes import Check, NewAes, Values


def checks(new_aes: "NewAes") -> "dict[str, Check]":
    """The check of this module by kind of vector."""
    return {"session": lambda inputs, expected: Replay(new_aes, inputs).run(expected)}


class Replay:
    """One session: what has been authenticated, and the transaction MAC input so far."""

    def __init__(self, new_aes: "NewAes", inputs: "Values") -> None:
        self._new_aes = new_aes
        self._inputs = inputs
        self._key = unhex(inputs["key"])
        self._rnd_a = unhex(inputs["rnd_a"])
        idle = bytes(16)
        self._handshake = ev2.Authentication(new_aes, self._key, self._rnd_a)
        self._session = ev2.Session(new_aes, idle, idle, bytes(4))
        self._tmi = tmac.Tmi()

    def run(self, expected: "Values") -> "Values":
        """The computed counterpart of the vector's expected values."""
        got: Values = {"exchanges": [self._step(exchange) for exchange in expected["exchanges"]]}
        keys = ev2.session_keys(self._new_aes, self._key, self._rnd_a, self._handshake.rnd_b)
        got["ses_auth_enc"], got["ses_auth_mac"] = to_hex(keys[0]), to_hex(keys[1])
        got["tmi"] = to_hex(self._tmi.value())
        if "app_tm_key" in self._inputs:
            got.update(tm_keys(self._new_aes, self._inputs))
            mac_key = unhex(got["ses_tm_mac"])
            got["tmv"] = to_hex(tmac.tmv(self._new_aes, mac_key, self._tmi.value()))
        return got

    def _step(self, exchange: "Values") -> "Values":
        """The exchange with our APDU in it, and with the answer only if it was understood."""
        got = dict(exchange)
        ins = unhex(exchange["apdu"])[1]
        try:
            if ins in (ev2.INS_FIRST, ev2.INS_NON_FIRST):
                got["apdu"] = to_hex(self._begin(ins, unhex(exchange["response"])))
            elif ins == apdu.MORE:
                got["apdu"] = to_hex(self._proof)
                self._session = self._handshake.finish(unhex(exchange["response"]))
            elif "mode" in exchange:
                self._command(ins, exchange, got)
            else:
                got["apdu"] = to_hex(apdu.wrap(ins, unhex(exchange["apdu"])[5:-1]))
        except VafaError as error:
            got["response"] = f"refused: {error}"
        return got

    def _begin(self, ins: int, challenge: bytes) -> bytes:
        """Start a handshake; the proof for its second part is kept."""
        first = ins == ev2.INS_FIRST
        running = None if first else self._session
        self._handshake = ev2.Authentication(
            self._new_aes, self._key, self._rnd_a, session=running
        )
        self._proof: bytes = self._handshake.answer_challenge(challenge)
        key_no = self._inputs["key_no"]
        request: bytes = ev2.first_begin(key_no) if first else ev2.non_first_begin(key_no)
        return request

    def _command(self, ins: int, exchange: "Values", got: "Values") -> None:
        mode = MODES[exchange["mode"]]
        header, data = unhex(exchange.get("header", "")), unhex(exchange.get("data", ""))
        command = _constructed(ins, header, data)
        if command.mode not in (mode, apdu.FULL):
            got["mode"] = f"the constructor says {command.mode}"
        command.mode = mode
        got["cmd_ctr"] = self._session.counter
        got["apdu"] = to_hex(joined(self._session.wrap(command)))
        plain = self._session.unwrap(unhex(exchange["response"]))
        got["response_data"] = to_hex(plain)
        self._tmi.note(command, plain)


def _constructed(ins: int, header: bytes, data: bytes) -> Command:
    """The command as our constructors build it, where they know this INS."""
    body = header + data
    constructors = {
        desfire.INS_READ_DATA: lambda: desfire.read_data(*_three(header)),
        desfire.INS_READ_RECORDS: lambda: desfire.read_records(*_three(header)),
        desfire.INS_WRITE_DATA: lambda: desfire.write_data(*_three(header)[:2], data),
        desfire.INS_WRITE_RECORD: lambda: desfire.write_record(header[0], data, _three(header)[1]),
        desfire.INS_GET_VALUE: lambda: desfire.get_value(header[0]),
        desfire.INS_CREDIT: lambda: desfire.credit(header[0], read_i32(data)),
        desfire.INS_DEBIT: lambda: desfire.debit(header[0], read_i32(data)),
        desfire.INS_LIMITED_CREDIT: lambda: desfire.limited_credit(header[0], read_i32(data)),
        desfire.INS_CLEAR_RECORD_FILE: lambda: desfire.clear_record_file(body[0]),
        desfire.INS_COMMIT: lambda: desfire.commit_transaction(body == b"\x01"),
        desfire.INS_COMMIT_READER_ID: lambda: desfire.commit_reader_id(body),
    }
    command: Command = constructors.get(ins, lambda: Command(ins, header, data))()
    return command


def _three(header: bytes) -> "tuple[int, int, int]":
    return header[0], read_unsigned(header[1:4]), read_unsigned(header[4:7])
