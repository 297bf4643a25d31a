"""Checks of the whole model card against transaction MACs: the commands are performed on it.

Owns a reader's side as small as the card allows. Uses nothing of firmware/. Called by
against_models.
"""

from collections.abc import Iterator
from typing import Any

from tools.models.card import crypto
from tools.vectors.card_bench import (
    AF_CHAINED,
    CLEAR,
    COMMIT,
    GET_VALUE,
    READ_DATA,
    READ_RECORDS,
    READER_ID,
    UPDATE_RECORD,
    VALUE_CHANGES,
    WRITE_DATA,
    WRITE_RECORD,
    Bench,
    committed_tmv,
)
from tools.vectors.shapes import Values

_FRAME = 54


def transaction(inputs: Values, expected: Values) -> Values:
    """The commands of a "tmv" vector, performed on a card in one transaction."""
    entries: list[Values] = inputs["commands"]
    readers = [entry for entry in entries if int(entry["cmd"], 16) == READER_ID]
    previous = next((e["previous_reader_id"] for e in readers if "previous_reader_id" in e), None)
    host = _Host(Bench(bytes.fromhex(inputs["uid"]), 0, bytes(16), [bytes(16), bytes(4)]))
    if readers and previous is None:
        host.bench.free_access()
    reader_id = bytes.fromhex(previous or "00" * 16) if readers else None
    for entry in entries:
        _make_file(host.bench, entry)
    host.bench.transaction_mac(inputs, reader_id)
    host.bench.select()
    if not readers or previous is not None:
        host.authenticate()
    got = dict(expected)
    for entry in entries:
        answer = host.perform(entry)
        if int(entry["cmd"], 16) == READER_ID and "enc_tmri" in expected:
            got["enc_tmri"] = answer.hex().upper()
    host.secured(COMMIT, b"\x01")
    got["tmv"] = committed_tmv(host.bench, inputs)
    return got


def _make_file(bench: Bench, entry: Values) -> None:
    """Make the file that one entry of a "tmv" vector works on; all files are plain."""
    ins, number = int(entry["cmd"], 16), entry.get("file", 0)
    content, offset = bytes.fromhex(entry.get("data", "")), entry.get("offset", 0)
    if ins in READ_DATA | WRITE_DATA:
        data = bench.data(number, 0, offset, len(content))
        if ins in READ_DATA:
            rest = data.content[offset + len(content) :]
            data.content = data.content[:offset] + content + rest
    elif ins == GET_VALUE:
        bench.value(number, 0).value = entry["value"]
    elif ins in VALUE_CHANGES:
        bench.value(number, 0).limited_credit = entry["value"]
    elif ins in WRITE_RECORD:
        bench.records(number, 0, offset + len(content))
    elif ins in READ_RECORDS:
        bench.fill(number, 0, (entry.get("record", 0), entry["count_actual"], content))
    elif ins in UPDATE_RECORD:
        file = bench.records(number, 0, offset + len(content))
        file.records = [bytes(file.record_size)] * (entry.get("record", 0) + 1)
    elif ins == CLEAR:
        bench.records(number, 0, 16).records = [bytes(16)]


class _Host:
    """The reader's side of a "tmv" vector, as small as the card allows."""

    _RND_A = bytes(range(16))

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._mac_key: bytes | None = None
        self._counter = 0

    def authenticate(self) -> None:
        """EV2First with key 0, all zero; the bench's card draws zeros only."""
        zero = bytes(16)
        self.bench.send(bytes.fromhex("9071000002000000"))
        proof = crypto.cbc_encrypt(zero, self._RND_A + zero)
        self.bench.send(bytes.fromhex("90AF000020") + proof + b"\x00")
        _, self._mac_key = crypto.ev2_session_keys(zero, self._RND_A, zero)

    def perform(self, entry: Values) -> bytes:
        """One entry of the vector; the plain data of the answer."""
        ins = int(entry["cmd"], 16)
        if ins == READER_ID:
            return self.secured(ins, bytes.fromhex(entry["reader_id"]))
        if ins == CLEAR:
            return self.secured(ins, bytes((entry["file"],)))
        self._counter += 1
        body = bytes((entry["file"],)) + b"".join(_fields(ins, entry))
        return self._exchange(ins, body)

    def secured(self, ins: int, body: bytes) -> bytes:
        """A command in MAC mode; without a session plain."""
        if self._mac_key is None:
            return self._exchange(ins, body)
        tag = crypto.ev2_mac(self._mac_key, ins, self._counter, bytes(4), body)
        self._counter += 1
        return self._exchange(ins, body + tag)[: -crypto.MAC_LENGTH]

    def _exchange(self, ins: int, body: bytes) -> bytes:
        size = _FRAME if ins in AF_CHAINED else 255
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        answer = b""
        for code, part in zip([ins, *[0xAF] * len(parts)], parts, strict=False):
            answer = self.bench.send(bytes((0x90, code, 0, 0, len(part))) + part + b"\x00")
        joined = answer[:-2]
        while answer[-2:] == b"\x91\xaf":
            answer = self.bench.send(bytes.fromhex("90AF000000"))
            joined += answer[:-2]
        if answer[-2:] != b"\x91\x00":
            raise ValueError(f"the card answers {answer.hex()} to {ins:02X}")
        return joined


def _fields(ins: int, entry: dict[str, Any]) -> Iterator[bytes]:
    """What follows the file number in a command of a "tmv" vector."""

    def three(number: int) -> bytes:
        return number.to_bytes(3, "little")

    content = bytes.fromhex(entry.get("data", ""))
    if ins in VALUE_CHANGES:
        yield entry["value"].to_bytes(4, "little")
    if ins in READ_RECORDS:
        yield three(entry.get("record", 0)) + three(entry["count_actual"])
    if ins in UPDATE_RECORD:
        yield three(entry.get("record", 0))
    if ins in READ_DATA | WRITE_DATA | WRITE_RECORD | UPDATE_RECORD:
        yield three(entry.get("offset", 0)) + three(len(content))
    if ins in WRITE_DATA | WRITE_RECORD | UPDATE_RECORD:
        yield content
