"""The recorder: what it counts of the wires, from activation to the success tone."""

from collections import Counter

from firmware.terminal.drivers import atecc
from firmware.terminal.hal import board_bus as wires
from tools.bench.trace import Recorder, activation_of

UID = bytes.fromhex("04112233445566")
RATS = b"\xe0\x50"
ATS = bytes.fromhex("067577810280")


def recorder():
    return Recorder(lambda *_: (0, b""), lambda: 5.0)


def spi(hear, *out, hold=0):
    hear.handle(wires.DEVICE_SPI, wires.SPI_EXCHANGE, bytes((hold, *out)))


def tone(hear, name=b"success"):
    hear.handle(wires.DEVICE_TONE, wires.TONE_PLAY, name)


def test_exchanges_are_told_apart_and_counted_with_crc():
    hear = recorder()
    hear.frame(UID, RATS, ATS)
    hear.frame(UID, b"\x02\x90\x5a\x00\x00\x03\x46\x41\x56\x00", b"\x02\x91\x00")
    hear.frame(UID, b"\x03\x90\xbd\x00\x00\x0f\x03" + bytes(20), b"\x13" + bytes(61))
    hear.frame(UID, b"\xa2", b"\x02" + bytes(15))  # the rest of a chained answer
    hear.frame(UID, b"\xc2", b"\xc2")
    tone(hear)
    trace = hear.finished
    assert [(e.name, e.sent, e.received, e.frames) for e in trace.exchanges] == [
        ("SelectApplication", 12, 5, 2),
        ("ReadData 03", 32, 82, 4),
    ]
    assert trace.air_bytes == 131
    assert (trace.release.air_bytes, trace.release.frames) == (6, 2)
    activation = activation_of(UID)
    assert trace.activation.air_bytes == activation.air_bytes + 4 + 8
    assert trace.cpu_ms == 0


def test_activation_has_a_round_for_each_part_of_the_uid():
    # REQA, ATQA; then 93 20, 5, select 9, SAK 3; the same at 95.
    assert activation_of(UID).air_bytes == 1 + 2 + 2 * (2 + 5 + 9 + 3)
    assert activation_of(UID[:4]).air_bytes == 1 + 2 + 19


def test_status_polls_are_not_traffic_but_frames_are():
    hear = recorder()
    hear.frame(UID, RATS, ATS)
    spi(hear, 0x80, *bytes(9))
    spi(hear, 0x40, 0x00)
    spi(hear, 0xC0, *bytes(8), hold=1)
    spi(hear, *bytes(5))
    tone(hear)
    trace = hear.finished
    assert (trace.reader_commands, trace.reader_waits) == (1, 1)
    assert (trace.spi_transfers, trace.spi_bytes) == (3, 10 + 9 + 5)


def test_element_commands_by_opcode_and_flash_operations():
    hear = recorder()
    hear.frame(UID, RATS, ATS)
    hear.handle(wires.DEVICE_I2C, wires.I2C_WRITE, bytes((1, 0, 0)))
    hear.handle(wires.DEVICE_I2C, wires.I2C_WRITE, bytes((1, atecc.ADDRESS, 3, 7, 0x51, 0, 1, 0)))
    hear.handle(wires.DEVICE_I2C, wires.I2C_READ, bytes((1, atecc.ADDRESS, 19)))
    hear.handle(wires.DEVICE_FLASH, wires.FLASH_PROGRAM, bytes(260))
    hear.handle(wires.DEVICE_FLASH, wires.FLASH_READ, bytes(6))
    hear.handle(wires.DEVICE_FLASH, wires.FLASH_ERASE, bytes(4))
    tone(hear)
    trace = hear.finished
    assert trace.element == Counter({0x51: 1})
    assert trace.element_wakes == 1
    assert trace.i2c_bytes == 2 + 7 + 20
    assert (trace.page_programs, trace.sector_erases) == (1, 1)
    assert trace.requests == Counter({"activation": 7})


def test_only_the_newest_activation_counts_and_only_success_ends_it():
    hear = recorder()
    tone(hear)
    assert hear.finished is None
    hear.frame(UID, RATS, ATS)
    spi(hear, 0x80, 0)
    hear.frame(UID, RATS, ATS)
    tone(hear, b"again")
    assert hear.finished is None
    tone(hear)
    assert hear.finished.spi_transfers == 0
