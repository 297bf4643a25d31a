"""The SPI bus, seen by a master that shifts the most significant bit first."""

from tests.models.pn532.host import ACK, SAM_CONFIGURATION, frame
from tools.models.pn532 import Action, Chip, Fault, Field, Part, SpiBus


def reverse(data):
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


class Master:
    def __init__(self, faults=()):
        self.bus = SpiBus(Chip(Field(), faults=faults))

    def period(self, wire):
        """One chip-select period, in the chip's own bit order."""
        self.bus.select(on=True)
        out = self.bus.transfer(reverse(wire))
        self.bus.select(on=False)
        return reverse(out)

    def write(self, data):
        self.period(b"\x01" + data)

    def ready(self):
        return self.period(b"\x02\x00")[1] & 1

    def read(self, count):
        return self.period(b"\x03" + bytes(count))[1:]

    def command(self, data):
        """Write a frame and take acknowledgement and answer off the bus."""
        self.write(data)
        return self.read(len(ACK)), self.read(20)


def test_the_bus_carries_the_least_significant_bit_first():
    bus = Master().bus
    bus.select(on=True)
    bus.transfer(bytes((0x80,)) + reverse(SAM_CONFIGURATION))  # 01h is 80h to this master
    bus.select(on=False)
    bus.select(on=True)
    assert bus.transfer(b"\x40\x00")[1] == 0x80  # ready is bit 0, seen as bit 7
    bus.select(on=False)


def test_write_status_read():
    master = Master()
    assert master.ready() == 0
    master.write(SAM_CONFIGURATION)
    assert master.ready() == 1
    assert master.read(20) == ACK + bytes(14)  # oversize is harmless, and does not take the next
    assert master.ready() == 1
    assert master.read(9) == bytes.fromhex("0000FF02FED5151600")
    assert master.ready() == 0


def test_delays_count_status_polls_and_an_early_read_gives_nothing():
    master = Master([Fault(1, Part.ACK, Action.DELAY, 2)])
    master.write(SAM_CONFIGURATION)
    assert master.read(6) == bytes(6)
    assert [master.ready() for _ in range(3)] == [0, 0, 1]
    assert master.read(6) == ACK


def test_a_frame_read_in_parts_goes_on_during_the_operation_byte():
    master = Master()
    master.write(SAM_CONFIGURATION)
    master.read(6)
    whole = bytes.fromhex("0000FF02FED5151600")
    assert master.read(4) == whole[:4]
    # libnfc found that the byte after the first part appears while 03 is still clocked.
    assert master.period(b"\x03" + bytes(4)) == whole[4:]


def test_an_ack_before_the_answer_is_read_cancels_it():
    master = Master()
    master.write(SAM_CONFIGURATION)
    master.read(6)
    master.read(3)
    master.write(ACK)
    assert master.ready() == 0
    master.write(frame(b"\xd4\x02"))
    assert master.read(6) == ACK
    assert master.read(13) == frame(bytes.fromhex("D50332010607"))


def test_the_irq_line_follows_the_output_if_told_to():
    master = Master()
    master.write(SAM_CONFIGURATION)  # its third byte switches the line off
    assert not master.bus.irq_low
    master.read(6)
    master.read(9)
    master.write(frame(bytes.fromhex("D414011401")))
    assert master.bus.irq_low
    master.read(6)
    assert master.bus.irq_low
    master.read(9)
    assert not master.bus.irq_low


def test_the_first_period_after_power_down_only_wakes():
    master = Master()
    master.command(SAM_CONFIGURATION)
    master.command(frame(bytes.fromhex("D41620")))
    assert master.bus.chip.asleep
    assert master.period(b"\x02\x00") == b"\xff\xff"
    assert master.ready() == 0
    master.write(frame(bytes.fromhex("D44A0100")))
    assert master.ready() == 0  # low battery: only SAMConfiguration is heard
    master.write(SAM_CONFIGURATION)
    assert master.ready() == 1


def test_a_chip_not_selected_neither_hears_nor_speaks():
    bus = Master().bus
    assert bus.transfer(reverse(b"\x01" + SAM_CONFIGURATION)) == b"\xff" * 13
    assert not bus.chip.ready()
