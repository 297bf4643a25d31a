"""The watch over the tasks: what one task's death may do to the others."""

import asyncio

import pytest

from firmware.core import errors, record
from firmware.terminal import app
from tests.terminal.rig import Rig


def watch(rig, *deaths, allowed=None):
    """Watch over a task that dies of each of `deaths` in turn and is then cancelled."""
    ways = iter(deaths)

    async def run():
        raise next(ways, asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(app._watch(rig.terminal, "part", run, allowed))
    return [e.value for e in rig.contents(record.EVENT) if e.code == errors.TASK_FAILED]


def test_a_helper_that_dies_during_a_tap_does_not_end_the_quiet_of_the_tap():
    rig = Rig()
    rig.terminal.busy = True
    watch(rig, errors.VafaError(errors.FLASH_FAULT), ValueError())
    assert rig.terminal.busy


def test_equal_deaths_are_journalled_once():
    rig = Rig()
    fault = errors.VafaError(errors.SE_FAULT)
    assert watch(rig, fault, fault, ValueError(), ValueError()) == [
        errors.SE_FAULT,
        errors.TASK_FAILED,
    ]


def test_a_task_goes_on_when_even_its_death_can_not_be_journalled():
    rig = Rig()

    def fail(*_):
        raise errors.VafaError(errors.FLASH_FAULT)

    rig.terminal.hal.nor.program = fail
    fault = errors.VafaError(errors.FLASH_FAULT)
    assert watch(rig, fault, fault, fault) == []


def test_the_desk_is_tried_again_for_a_faulty_part_but_not_for_ever_otherwise():
    rig = Rig()
    watch(rig, *[errors.VafaError(errors.READER_FAULT)] * 9, allowed=2)
    assert rig.front.names().count("out_of_order") == 9

    async def run():
        raise ValueError("a fault of the program")

    with pytest.raises(ValueError, match="of the program"):
        asyncio.run(app._watch(rig.terminal, "desk", run, 2))
    assert rig.front.names().count("out_of_order") == 12
