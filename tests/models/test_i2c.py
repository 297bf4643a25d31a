"""The register parts: clock and keypad controller."""

import pytest

from tools.models.i2c import ClockStateError, Ds3231Model, Tca8418Model


def test_clock_counts_on_from_what_was_set_and_over_restarts(tmp_path):
    now = [500]
    path = tmp_path / "rtc.json"
    clock = Ds3231Model(path, lambda: now[0])
    clock.write(bytes.fromhex("00 59 59 23 04 29 02 24"))  # 2024-02-29 23:59:59
    clock.write(b"\x0f\x00")
    now[0] += 1
    again = Ds3231Model(path, lambda: now[0])
    again.write(b"\x00")
    assert again.read(7) == bytes.fromhex("00 00 00 05 01 03 24")
    again.write(b"\x0f")
    assert again.read(1) == b"\x00"


def test_clock_says_that_it_stopped_until_told_otherwise(tmp_path):
    clock = Ds3231Model(tmp_path / "rtc.json", lambda: 0)
    clock.write(b"\x0f")
    assert clock.read(1) == b"\x80"
    clock.write(b"\x0f\x00")
    clock.lose_battery()
    clock.write(b"\x0f")
    assert clock.read(1) == b"\x80"


def test_damaged_file_of_the_clock_is_named(tmp_path):
    path = tmp_path / "rtc.json"
    path.write_text("{", "ascii")
    with pytest.raises(ClockStateError, match=r"rtc\.json"):
        Ds3231Model(path, lambda: 0)


def test_keypad_queues_ten_events_and_is_deaf_until_configured():
    pad = Tca8418Model(("12", "3 "))
    pad.press("123123")
    pad.write(b"\x03")
    assert pad.read(1) == b"\x00"
    pad.write(b"\x01\x01")
    pad.write(b"\x03")
    assert pad.read(1) == b"\x0a"
    events = []
    for _ in range(4):
        pad.write(b"\x04")
        events.append(pad.read(1)[0])
    assert events == [0x81, 0x01, 0x82, 0x02]
    pad.power_off()
    pad.write(b"\x01\x01")
    pad.write(b"\x03")
    assert pad.read(1) == b"\x00"
    with pytest.raises(ValueError, match="' '"):
        pad.press("1 ")
