"""The model's arithmetic against a sale reckoned by hand."""

from collections import Counter

import pytest

from tools.bench import constants, model
from tools.bench.interpreter import ratio_of
from tools.bench.model import Interpreter
from tools.bench.trace import COMMIT, Exchange, Trace


def trace():
    return Trace(
        activation=Exchange("activation", sent=30, received=20, frames=12),
        exchanges=[Exchange("Debit 02", 60, 40, 2), Exchange(COMMIT, 50, 50, 2)],
        release=Exchange("release", 3, 3, 2),
        spi_bytes=500,
        spi_transfers=20,
        reader_commands=3,
        reader_waits=6,
        element=Counter({0x51: 3}),
        element_wakes=3,
        i2c_bytes=100,
        page_programs=2,
        sector_erases=1,
    )


def by_name(rate):
    lines = model.sale(trace(), rate, Interpreter(100, 200))
    return {line.name: line for line in lines}, model.total(lines)


def test_sale_at_106_as_reckoned_by_hand():
    lines, total = by_name(106)
    expected_ms = {
        "air, activation at 106": 50 * 9 * 128 / 13560,
        "air, exchanges at 106": 206 * 9 * 128 / 13560,
        "turn-around": 18 * 0.0912,
        "card, commands": 7,
        "card, commit": 20,
        "reader chip": 3,
        "reader, polling": 3,
        "reader bus, bytes": 4,
        "reader bus, transfers": 0.4,
        "secure element, wake-up": 4.5,
        "secure element, AES": 30,
        "I2C": 9,
        "flash, programs": 0.8,
        "flash, erases": 45,
        "interpreter (estimate)": 100,
        "evaluator": 0,
    }
    assert {name: line.typical_ms for name, line in lines.items()} == pytest.approx(expected_ms)
    assert total.typical_ms == pytest.approx(250.09, abs=0.01)


def test_worst_uses_the_upper_end_of_every_range():
    lines, _ = by_name(106)
    assert lines["secure element, AES"].worst_ms == 81
    assert lines["card, commit"].worst_ms == 30
    assert lines["flash, erases"].worst_ms == 400
    assert lines["interpreter (estimate)"].worst_ms == 200


def test_faster_rate_costs_a_selection_and_shortens_only_what_follows():
    slow, fast = by_name(106)[0], by_name(424)[0]
    ratio = slow["air, exchanges at 106"].typical_ms / fast["air, exchanges at 424"].typical_ms
    assert ratio == pytest.approx(4)
    assert fast["air, activation at 106"].count == slow["air, activation at 106"].count + 8
    assert fast["reader chip"].count == slow["reader chip"].count + 1
    assert fast["card, commands"] == slow["card, commands"]


def test_every_constant_has_a_source_and_lies_in_its_range():
    for constant in constants.ALL:
        assert constant.source, constant.name
        assert constant.low <= constant.typical <= constant.high, constant.name
        assert constant.unit in {"us", "ms"}, constant.name


def test_ratio_of_board_to_here():
    board_us = {name: it.typical * 1000 for name, it in constants.KERNEL_MS.items()}
    printed = f"fannkuch {board_us['fannkuch'] / 20:.0f}\nnqueens {board_us['nqueens'] / 80:.0f}\n"
    ratio = ratio_of(printed)
    assert ratio.typical == pytest.approx(40, rel=1e-3)
    assert ratio.worst == pytest.approx(80, rel=1e-3)
