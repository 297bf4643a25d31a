"""The secure element model: packets, locks, slot rules, sleep, state."""

import hashlib
import hmac
import json
import random

import pytest

from tools.models.se import NackError, SecureElement, StateError
from tools.models.se.packet import checksum

WAKE = bytes.fromhex("04113343")
OK = b"\x00"
EXECUTION = b"\x0f"
PARSE = b"\x03"


def zone():
    """Slot 0 a private key, 1 AES, 3 HMAC, 9 readable; the rest closed."""
    config = bytearray(128)
    rules = {0: (0x2081, 0x13), 1: (0x8080, 0x18), 3: (0x8080, 0x1C), 9: (0x8000, 0x10)}
    for slot in range(16):
        slot_rules, key = rules.get(slot, (0x8080, 0x1C))
        config[20 + 2 * slot : 22 + 2 * slot] = slot_rules.to_bytes(2, "little")
        config[96 + 2 * slot : 98 + 2 * slot] = key.to_bytes(2, "little")
    return bytes(config)


class Bench:
    """A part and the hand that writes packets to it."""

    def __init__(self, path=None, seed=1):
        self.part = SecureElement(path, random.Random(seed).randbytes)
        self.part.wake()

    def send(self, opcode, mode=0, parameter=0, data=b""):
        body = bytes((7 + len(data), opcode, mode, parameter & 0xFF, parameter >> 8)) + data
        self.part.write(b"\x03" + body + checksum(body))
        return self.answer()

    def answer(self):
        packet = self.part.read(75)
        count = packet[0]
        assert checksum(packet[: count - 2]) == packet[count - 2 : count]
        return packet[1 : count - 2]

    def configure(self):
        for word in range(4, 32):
            if word != 21:
                assert self.send(0x12, 0, word, zone()[4 * word : 4 * word + 4]) == OK
        assert self.send(0x17, 0x80) == OK
        return self

    def provision(self):
        self.configure()
        assert len(self.send(0x40, 0x04, 0)) == 64
        for slot in (1, 3, 9):
            assert self.send(0x12, 0x82, slot << 3, bytes([slot]) * 32) == OK
        assert self.send(0x17, 0x81) == OK
        return self


def test_wakes_with_the_known_answer_and_stays_silent_asleep():
    bench = Bench()
    assert bench.part.read(4) == WAKE
    bench.part.write(b"\x01")
    with pytest.raises(NackError):
        bench.part.read(4)
    with pytest.raises(NackError):
        bench.part.write(b"\x03")
    bench.part.wake()
    assert bench.part.read(6) == WAKE + b"\xff\xff"


def test_checksum_of_the_wake_answer_is_the_published_one():
    assert checksum(b"\x04\x11") == b"\x33\x43"


def test_command_with_a_wrong_checksum_is_not_carried_out():
    bench = Bench().provision()
    body = bytes((7, 0x24, 1, 0, 0))
    bench.part.write(b"\x03" + body + b"\x00\x00")
    assert bench.answer() == b"\xff"
    assert bench.send(0x24, 0) == bytes(4)


@pytest.mark.parametrize("count", [0, 6, 200])
def test_command_with_a_lying_count_is_not_carried_out(count):
    bench = Bench().provision()
    bench.part.write(b"\x03" + bytes((count, 0x24, 1, 0, 0, 0, 0)))
    assert bench.answer() == b"\xff"


def test_random_is_a_fixed_pattern_until_the_configuration_is_locked():
    bench = Bench()
    assert bench.send(0x1B) == b"\xff\xff\x00\x00" * 8
    bench.configure()
    assert bench.send(0x1B) != bench.send(0x1B)


def test_configuration_is_final_once_locked():
    bench = Bench().configure()
    assert bench.send(0x12, 0, 5, bytes(4)) == EXECUTION
    assert bench.send(0x17, 0x80) == EXECUTION


def test_lock_bytes_and_serial_cannot_be_written():
    bench = Bench()
    assert bench.send(0x12, 0, 21, bytes(4)) == PARSE
    assert bench.send(0x12, 0, 0, bytes(4)) == PARSE


def test_slots_before_the_data_lock_are_written_not_read_nor_used():
    bench = Bench().configure()
    assert bench.send(0x12, 0x82, 1 << 3, bytes(32)) == OK
    assert bench.send(0x12, 0x02, 1 << 3, bytes(4)) == EXECUTION  # whole blocks only
    assert bench.send(0x12, 0x82, 0, bytes(32)) == EXECUTION  # no private key in the clear
    assert bench.send(0x02, 0x82, 9 << 3) == EXECUTION
    assert bench.send(0x51, 0, 1, bytes(16)) == EXECUTION
    assert bench.send(0x47, 0x04, 3) == EXECUTION


@pytest.mark.parametrize("slot", [0, 1, 3, 5])
def test_secret_slots_are_never_read_nor_written_once_locked(slot):
    bench = Bench().provision()
    for block in (0, 1):
        assert bench.send(0x02, 0x82, slot << 3 | block << 8) in {EXECUTION, PARSE}
    for word in range(8):
        assert bench.send(0x02, 0x02, slot << 3 | word) == EXECUTION
    assert bench.send(0x12, 0x82, slot << 3, bytes(32)) == EXECUTION


def test_public_slot_is_read_in_its_size_only():
    bench = Bench().provision()
    assert bench.send(0x02, 0x82, 9 << 3) == b"\x09" * 32
    assert bench.send(0x02, 0x02, 9 << 3 | 2 << 8 | 1) == bytes(4)
    assert bench.send(0x02, 0x02, 9 << 3 | 2 << 8 | 2) == PARSE
    assert bench.send(0x12, 0x82, 9 << 3, bytes(32)) == EXECUTION


def test_keys_work_for_their_type_only():
    bench = Bench().provision()
    assert bench.send(0x51, 0, 3, bytes(16)) == EXECUTION
    assert bench.send(0x47, 0x04, 1) == EXECUTION
    assert bench.send(0x41, 0xA0, 1) == EXECUTION
    assert bench.send(0x40, 0x00, 1) == EXECUTION
    assert bench.send(0x40, 0x04, 0) == EXECUTION  # the identity is made once


def test_aes_decrypts_what_it_encrypted():
    bench = Bench().provision()
    block = bench.send(0x51, 0, 1, b"sixteen bytes ok")
    assert bench.send(0x51, 1, 1, block) == b"sixteen bytes ok"


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 200])
def test_hmac_in_parts_is_hmac(size):
    bench = Bench().provision()
    message = bytes(range(size))
    assert bench.send(0x47, 0x04, 3) == OK
    whole = size // 64 * 64
    for at in range(0, whole, 64):
        assert bench.send(0x47, 0x01, 64, message[at : at + 64]) == OK
    tag = bench.send(0x47, 0xC2, size - whole, message[whole:])
    assert tag == hmac.new(b"\x03" * 32, message, hashlib.sha256).digest()
    assert bench.send(0x47, 0xC2, 0) == EXECUTION  # it has ended


def test_other_command_ends_a_running_hmac():
    bench = Bench().provision()
    assert bench.send(0x47, 0x04, 3) == OK
    bench.send(0x1B)
    assert bench.send(0x47, 0x01, 64, bytes(64)) == EXECUTION


def test_signature_verifies_and_a_changed_digest_does_not():
    bench = Bench().provision()
    public = bench.send(0x40, 0x00, 0)
    assert bench.send(0x16, 0x43, 0, bytes(32)) == OK
    signature = bench.send(0x41, 0xA0, 0)
    assert bench.send(0x45, 0x22, 4, signature + public) == OK
    assert bench.send(0x16, 0x43, 0, bytes(31) + b"\x01") == OK
    assert bench.send(0x45, 0x22, 4, signature + public) == b"\x01"
    assert bench.send(0x45, 0x22, 4, signature + b"\x01" * 64) == b"\x05"  # no point of the curve


def test_ephemeral_key_survives_idle_and_dies_in_sleep():
    one, two = Bench(seed=1).provision(), Bench(seed=2).provision()
    a, b = one.send(0x40, 0x04, 0xFFFF), two.send(0x40, 0x04, 0xFFFF)
    one.part.write(b"\x02")
    one.part.wake()
    assert one.send(0x43, 0x0D, 0, b) == two.send(0x43, 0x0D, 0, a)
    one.part.write(b"\x01")
    one.part.wake()
    assert one.send(0x43, 0x0D, 0, b) == EXECUTION


def test_counter_goes_up_over_power_cycles_and_stops_at_its_end(tmp_path):
    path = tmp_path / "se.json"
    bench = Bench(path).provision()
    assert [int.from_bytes(bench.send(0x24, 1), "little") for _ in range(3)] == [1, 2, 3]
    raw = json.loads(path.read_text("ascii"))
    assert raw["counters"] == [3, 0]
    raw["counters"] = [2_097_151, 0]
    path.write_text(json.dumps(raw), "ascii")
    again = Bench(path)
    assert again.part.locked
    assert again.send(0x24, 1) == EXECUTION
    assert int.from_bytes(again.send(0x24, 0), "little") == 2_097_151


def test_busy_part_refuses_reads_and_repeats_its_answer_after_reset():
    bench = Bench().provision()
    bench.part.busy_reads = 2
    body = bytes((7, 0x24, 1, 0, 0))
    bench.part.write(b"\x03" + body + checksum(body))
    for _ in range(2):
        with pytest.raises(NackError):
            bench.part.read(7)
    first = bench.part.read(7)
    bench.part.write(b"\x00")
    assert bench.part.read(7) == first
    assert bench.part.read(2) == b"\xff\xff"  # all taken


def test_unknown_command_is_a_parse_error():
    assert Bench().send(0x99) == PARSE


def test_state_file_is_private_and_a_damaged_one_is_refused(tmp_path):
    path = tmp_path / "se.json"
    Bench(path).provision()
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text("ascii")
    for damaged in (text[: len(text) // 2], "{}", text.replace('"version": 1', '"version": 2')):
        path.write_text(damaged, "ascii")
        with pytest.raises(StateError, match=r"se\.json"):
            Bench(path)
