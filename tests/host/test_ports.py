"""Clocks and randomness as the host is handed them."""

import pytest

from firmware.core.errors import VafaError
from host.ports import FileClock, SystemClock, SystemRandomness, clock_from


def test_file_clock_reads_each_time(tmp_path):
    path = tmp_path / "clock"
    path.write_text("12\n")
    clock = clock_from(f"file:{path}")
    assert clock.now() == 12
    path.write_text("13")
    assert clock.now() == 13


@pytest.mark.parametrize("content", [None, "", "noon", "1.5", "-1", "4294967296"])
def test_file_clock_without_a_number(tmp_path, content):
    path = tmp_path / "clock"
    if content is not None:
        path.write_text(content)
    with pytest.raises(VafaError, match="406"):
        FileClock(path).now()


def test_system_clock_counts_from_2020():
    assert isinstance(clock_from("system"), SystemClock)
    assert SystemClock().now() > 190_000_000


@pytest.mark.parametrize("text", ["", "file:", "sundial"])
def test_unknown_clock(text):
    with pytest.raises(ValueError, match="clock"):
        clock_from(text)


def test_randomness_has_the_size_asked_for():
    assert len(SystemRandomness().bytes(16)) == 16
