"""What of the drivers could differ between interpreters: checksums, calendar, frames, targets."""

import asyncio

from firmware.core import pn532_frame
from firmware.terminal.drivers.atecc import crc16
from firmware.terminal.drivers.ds3231 import date_of, days_since_2020
from firmware.terminal.drivers.pn532 import CardLost, Pn532, ReaderFault
from firmware.terminal.drivers.pn532_hsu import Pn532Hsu
from tests.mp_runner import raises

TARGET = bytes.fromhex("0344200704112233445566") + bytes.fromhex("067577810280")


class FakeTime:
    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, later, earlier):
        return later - earlier

    async def sleep_ms(self, ms):
        self.now_ms += ms


class Line:
    """A serial line whose other end answers each command with the next of `answers`."""

    def __init__(self, answers):
        self._answers = answers
        self._ready = b""
        self.sent = []

    def reset(self):
        self._ready = b""

    def write(self, data):
        frame = pn532_frame.parse(data)
        if frame is None or frame[0] != pn532_frame.KIND_DATA:
            return
        self.sent.append(frame[1])
        answer = self._answers.pop(0)
        self._ready = pn532_frame.ACK
        if answer is not None:
            self._ready += pn532_frame.build(bytes((0xD5, frame[1][1] + 1)) + answer)

    def read(self):
        # One byte a time, as from a slow line.
        byte, self._ready = self._ready[:1], self._ready[1:]
        return byte


def run(answers, steps):
    line, time = Line(answers), FakeTime()
    return asyncio.run(steps(Pn532(Pn532Hsu(line, time), time))), line


def test_checksum():
    assert crc16(b"\x04\x11") == b"\x33\x43"
    assert crc16(bytes((7, 0x30, 0, 0, 0))) == b"\x03\x5d"


def test_calendar():
    assert days_since_2020(2020, 3, 1) == 60
    assert days_since_2020(2021, 1, 1) == 366
    assert date_of(59) == (2020, 2, 29)
    assert date_of(366 + 58) == (2021, 2, 28)
    assert date_of(365) == (2020, 12, 31)


def test_two_targets_are_parsed():
    answer = b"\x02\x01" + TARGET + b"\x02" + TARGET.replace(b"\x66", b"\x67")
    found, line = run([answer], lambda reader: reader.find(2))
    assert [card.tg for card in found] == [1, 2]
    assert found[1].uid == bytes.fromhex("04112233445567")
    assert found[0].ats == bytes.fromhex("7577810280")
    assert line.sent == [b"\xd4\x4a\x02\x00"]


def test_target_without_the_block_protocol_has_no_ats():
    found, _ = run([bytes.fromhex("0101000408040a0b0c0d")], lambda reader: reader.find(1))
    assert (found[0].sak, found[0].ats, found[0].iso_dep) == (8, b"", False)


def test_target_data_cut_anywhere_is_a_fault():
    whole = b"\x01\x01" + TARGET
    for size in range(1, len(whole)):
        raises(ReaderFault, run, [whole[:size]], lambda reader: reader.find(1))


def test_more_information_is_joined():
    answers = [b"\x40" + bytes(200), b"\x00" + b"\x01" * 100]
    answer, line = run(answers, lambda reader: reader.exchange(1, b"\x90"))
    assert answer == bytes(200) + b"\x01" * 100
    assert line.sent == [b"\xd4\x40\x01\x90", b"\xd4\x40\x01"]


def test_what_a_status_says_about_the_card():
    for status in (0x01, 0x02, 0x0B, 0x13, 0x27, 0x29, 0x2B, 0x3F):
        raises(CardLost, run, [bytes((status,))], lambda reader: reader.exchange(1, b"\x90"))
    for status in (0x10, 0x26):
        raises(ReaderFault, run, [bytes((status,))], lambda reader: reader.exchange(1, b"\x90"))
    raises(CardLost, run, [None], lambda reader: reader.exchange(1, b"\x90"))
    raises(CardLost, run, [b""], lambda reader: reader.exchange(1, b"\x90"))


def test_another_chip_is_refused():
    answers = [b"", bytes.fromhex("07010607")]
    raises(ReaderFault, run, answers, lambda reader: reader.start())
