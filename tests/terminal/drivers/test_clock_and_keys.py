"""The clock and keypad drivers against the register models, the calendar against Python's own."""

import datetime as dt

import pytest

from firmware.core.errors import PERIPHERAL_FAULT, VafaError
from firmware.terminal.drivers import ds3231, keys_tca8418
from firmware.terminal.drivers.ds3231 import Ds3231, date_of, days_since_2020
from firmware.terminal.drivers.keys_tca8418 import KeysTca8418
from firmware.terminal.hal.api import KEYS
from firmware.terminal.hal.pins import KEYPAD
from tools.board.i2c import I2cBus
from tools.models.i2c import Ds3231Model, Tca8418Model

EPOCH = dt.date(2020, 1, 1)


def test_calendar_agrees_with_pythons_on_every_day_of_the_clock():
    for days in range((dt.date(2100, 1, 1) - EPOCH).days):
        date = EPOCH + dt.timedelta(days)
        assert date_of(days) == (date.year, date.month, date.day)
        assert days_since_2020(date.year, date.month, date.day) == days


@pytest.mark.parametrize("seconds", [0, 59, 86399, 5184000, 131_500_799, 2_524_607_999])
def test_clock_gives_back_what_was_set(seconds):
    clock = Ds3231(I2cBus({ds3231.ADDRESS: Ds3231Model(None, lambda: 77)}))
    assert clock.read() is None
    clock.set(seconds)
    assert clock.read() == seconds


@pytest.mark.parametrize("seconds", [-1, 2_524_608_000])
def test_clock_refuses_what_its_registers_cannot_hold(seconds):
    clock = Ds3231(I2cBus({ds3231.ADDRESS: Ds3231Model(None, lambda: 77)}))
    with pytest.raises(VafaError):
        clock.set(seconds)


def test_registers_of_nonsense_are_no_time():
    model = Ds3231Model(None, lambda: 0)
    clock = Ds3231(I2cBus({ds3231.ADDRESS: model}))
    clock.set(0)
    model.latch = lambda: model._registers.__setitem__(5, 0x13)
    assert clock.read() is None


def test_every_key_of_the_contract_is_on_the_keypad_once():
    assert sorted("".join(KEYPAD).replace(" ", "")) == sorted(KEYS)


def test_keys_come_once_each_in_order():
    model = Tca8418Model(KEYPAD)
    keys = KeysTca8418(I2cBus({keys_tca8418.ADDRESS: model}), KEYPAD)
    assert keys.poll() == []
    model.press(KEYS)
    pressed = []
    while more := keys.poll():
        pressed += more
    assert "".join(pressed) == KEYS


def test_missing_parts_are_named():
    with pytest.raises(VafaError, match="keypad") as error:
        KeysTca8418(I2cBus({}), KEYPAD)
    assert error.value.code == PERIPHERAL_FAULT
    with pytest.raises(VafaError, match="clock"):
        Ds3231(I2cBus({})).read()
