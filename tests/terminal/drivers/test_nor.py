"""The flash driver over a device with the calls of rp2.Flash, itself over the flash model."""

import pytest

from firmware.core.errors import FLASH_FAULT, VafaError
from firmware.terminal.drivers.nor import Nor
from tools.models.nor import PAGE, SECTOR, NorFlash

SIZE = 4 * SECTOR


class Device:
    """rp2.Flash over the model: whole pages only, as that port requires."""

    def __init__(self):
        self.flash = NorFlash(size=SIZE)
        self.stuck = None

    def readblocks(self, block, buffer, offset=0):
        self.flash.read_into(block * SECTOR + offset, buffer)

    def writeblocks(self, block, data, offset):
        assert len(data) % PAGE == 0
        assert offset % PAGE == 0
        if self.stuck != "program":
            self.flash.program(block * SECTOR + offset, bytes(data))

    def ioctl(self, operation, block):
        if operation == 6 and self.stuck != "erase":
            self.flash.erase(block * SECTOR)
        return {4: SIZE // SECTOR, 5: SECTOR, 6: 0}[operation]


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def nor(device):
    return Nor(device)


def fails(function, *args):
    with pytest.raises(VafaError) as error:
        function(*args)
    assert error.value.code == FLASH_FAULT


def test_part_of_a_page_is_programmed_and_its_rest_kept(nor, device):
    nor.program(SECTOR + 8, b"vafa")
    nor.program(SECTOR + 12, b"!")
    assert device.flash.read(SECTOR, 16) == b"\xff" * 8 + b"vafa!" + b"\xff" * 3
    buffer = bytearray(5)
    nor.read_into(SECTOR + 8, buffer)
    assert buffer == b"vafa!"
    assert nor.size == SIZE


def test_erase_gives_back_a_programmed_sector(nor):
    nor.program(0, bytes(PAGE))
    nor.erase(0)
    nor.program(0, bytes(range(256)))


def test_change_that_does_not_take_is_a_fault(nor, device):
    nor.program(0, b"\x0f")
    fails(nor.program, 0, b"\xf0")  # ones cannot come back
    device.stuck = "program"
    fails(nor.program, PAGE, b"\x00")
    device.stuck = "erase"
    fails(nor.erase, 0)


@pytest.mark.parametrize(
    ("address", "size"), [(0, 0), (0, PAGE + 1), (1, PAGE), (SIZE, 1), (-PAGE, 1)]
)
def test_program_outside_a_page_is_refused_before_the_device(nor, device, address, size):
    fails(nor.program, address, bytes(size))
    assert device.flash.operations == 0


@pytest.mark.parametrize("address", [1, PAGE, SIZE, -SECTOR])
def test_erase_off_a_sector_is_refused_before_the_device(nor, device, address):
    fails(nor.erase, address)
    assert device.flash.operations == 0


def test_read_beyond_the_end_is_refused(nor):
    fails(nor.read_into, SIZE - 1, bytearray(2))
    fails(nor.read_into, -1, bytearray(1))
