"""The pin map: firmware and hardware data agree, and each pin can do what is asked of it."""

import csv
from pathlib import Path

import pytest

from firmware.terminal.hal import pins

HARDWARE = Path(__file__).parents[3] / "hardware"
# Pico 2 W data sheet, figure 2.
GROUND = {3, 8, 13, 18, 23, 28, 33, 38}
RADIO = {23, 24, 25, 29}


def rows(name):
    with (HARDWARE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PINS = rows("pins.csv")
ids = [row["name"] for row in PINS]


def test_firmware_and_hardware_data_name_the_same_pins():
    in_firmware = {
        name: value
        for name, value in vars(pins).items()
        if name.isupper() and isinstance(value, int)
    }
    assert in_firmware == {row["name"]: int(row["gpio"]) for row in PINS}


def test_no_pin_is_used_twice_and_none_is_the_radios():
    gpios = [int(row["gpio"]) for row in PINS]
    assert len(set(gpios)) == len(gpios)
    assert not RADIO & set(gpios)


def board_pin(gpio):
    """Where a GPIO comes out: in order along the edges, grounds left out."""
    edge = [pin for pin in range(1, 30) if pin not in GROUND]
    return edge[gpio] if gpio <= 22 else {26: 31, 27: 32, 28: 34}[gpio]


@pytest.mark.parametrize("row", PINS, ids=ids)
def test_board_pin_is_where_the_gpio_comes_out(row):
    assert int(row["pico_pin"]) == board_pin(int(row["gpio"]))


def functions(gpio):
    """What the RP2350 can put on a GPIO (data sheet, table of GPIO functions, F1 to F3)."""
    uart = (0, 1, 1, 0, 0, 1, 1, 0)[gpio // 4]
    return {
        "GPIO",
        "PWM",
        f"SPI{gpio // 8 % 2} {('RX', 'CSn', 'SCK', 'TX')[gpio % 4]}",
        f"UART{uart} {('TX', 'RX', 'CTS', 'RTS')[gpio % 4]}",
        f"I2C{gpio // 2 % 2} {('SDA', 'SCL')[gpio % 2]}",
        f"ADC{gpio - 26}",
    }


@pytest.mark.parametrize("row", PINS, ids=ids)
def test_pin_can_do_its_function(row):
    assert row["function"] in functions(int(row["gpio"]))


def test_every_part_on_a_pin_is_in_the_bill_of_materials():
    bought = {row["part"] for row in rows("bom.csv")}
    assert {part for row in PINS for part in row["part"].split("+")} <= bought
