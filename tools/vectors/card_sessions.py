"""Checks of the whole model card against recorded sessions, APDU by APDU.

Owns reading from a session what the card must hold before it. Uses nothing of firmware/.
Called by against_models.
"""

from tools.models.card import crypto
from tools.vectors.card_bench import (
    GET_VALUE,
    READ_DATA,
    READ_RECORDS,
    READER_ID,
    VALUE_CHANGES,
    WRITE_DATA,
    WRITE_RECORD,
    Bench,
    committed_tmv,
    tm_keys,
)
from tools.vectors.shapes import Values

_COMMS = {"plain": 0, "mac": 1, "full": 3}


def session(inputs: Values, expected: Values) -> Values:
    """A recorded session: the card must give each answer of the vector."""
    randoms = [bytes.fromhex(inputs["rnd_b"]), bytes.fromhex(inputs["ti"])]
    key = bytes.fromhex(inputs["key"])
    bench = Bench(bytes.fromhex(inputs.get("uid", "")), inputs["key_no"], key, randoms)
    commands = [_Recorded(exchange) for exchange in expected["exchanges"]]
    for command in commands:
        _prepare(bench, command)
    if "app_tm_key" in inputs:
        bench.transaction_mac(inputs, _previous_reader(inputs, commands))
    bench.select()
    exchanges = []
    for command in commands:
        answer = bench.send(bytes.fromhex(command.exchange["apdu"]))
        exchanges.append({**command.exchange, "response": answer.hex().upper()})
    got = {**expected, "exchanges": exchanges}
    if "app_tm_key" in inputs:
        got["tmv"] = committed_tmv(bench, inputs)
    return got


class _Recorded:
    """One exchange of a session, its fields as bytes."""

    def __init__(self, exchange: Values) -> None:
        self.exchange = exchange
        self.ins = bytes.fromhex(exchange["apdu"])[1]
        self.header = bytes.fromhex(exchange.get("header", ""))
        self.data = bytes.fromhex(exchange.get("data", ""))
        self.answer = bytes.fromhex(exchange.get("response_data", ""))
        self.comm = _COMMS[exchange.get("mode", "plain")]

    def number(self, at: int) -> int:
        """A 3-byte field of the header."""
        return int.from_bytes(self.header[at : at + 3], "little")


def _prepare(bench: Bench, command: _Recorded) -> None:
    """Make the file that a command of a session works on, with what it will answer."""
    ins, comm = command.ins, command.comm
    if ins in READ_DATA | WRITE_DATA:
        offset, content = command.number(1), command.answer or command.data
        data = bench.data(command.header[0], comm, offset, len(content))
        if ins in READ_DATA:
            rest = data.content[offset + len(content) :]
            data.content = data.content[:offset] + content + rest
    elif ins == GET_VALUE:
        balance = int.from_bytes(command.answer, "little", signed=True)
        bench.value(command.header[0], comm).value = balance
    elif ins in VALUE_CHANGES:
        value = bench.value(command.header[0], comm)
        value.limited_credit = int.from_bytes(command.data, "little")
    elif ins in WRITE_RECORD:
        size = command.number(1) + len(command.data)
        bench.records(command.header[0], comm, size)
    elif ins in READ_RECORDS:
        first, count = command.number(1), command.number(4)
        bench.fill(command.header[0], comm, (first, count, command.answer))


def _previous_reader(inputs: Values, commands: list[_Recorded]) -> bytes | None:
    """The reader id that the card must hold so that its EncTMRI comes out; None without C8."""
    for command in commands:
        if command.ins == READER_ID:
            _, key = tm_keys(inputs)
            return crypto.cbc_decrypt(key, command.answer) if command.answer else bytes(16)
    return None
