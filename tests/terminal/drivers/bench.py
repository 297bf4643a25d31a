"""A bench for driver tests in this process: buses to the models, a time that only sleeps move."""

from tools.models.pn532 import Chip, Field, HsuLine, SpiBus


class VirtualTime:
    """Time passes when somebody sleeps."""

    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, later, earlier):
        return later - earlier

    async def sleep_ms(self, ms):
        self.now_ms += ms

    def pause_ms(self, ms):
        self.now_ms += ms


class SpiBench:
    """A chip on SPI. `spoil` changes what the host sends, to damage it on its way."""

    def __init__(self, field=None):
        self.field = field or Field()
        self.chip = Chip(self.field)
        self.spoil = None
        self._bus = SpiBus(self.chip)

    def irq(self):
        """Whether the line is low; looking uses up one poll of a delay, as asking does."""
        if self.chip.irq_low:
            return True
        self.chip.ready()
        return False

    def exchange(self, out, into, hold=False):
        assert len(out) == len(into)
        self._bus.select(on=True)
        into[:] = self._bus.transfer(self.spoil(bytes(out)) if self.spoil else bytes(out))
        if not hold:
            self._bus.select(on=False)

    def reset(self):
        self._bus.select(on=False)
        self._bus.reset()


class HsuBench:
    """A chip on its serial line."""

    def __init__(self, field=None):
        self.field = field or Field()
        self.chip = Chip(self.field, sleeps_at_reset=True)
        self.spoil = None
        self._line = HsuLine(self.chip)

    def write(self, data):
        self._line.receive(self.spoil(bytes(data)) if self.spoil else bytes(data))

    def read(self):
        return self._line.send()

    def reset(self):
        self.chip.reset()
