"""The reader chip as its host interface sees it: frames in, frames out, sleep and waking.

Owns the order ACK before answer, abort and repetition, the low-battery and sleeping states and
the faults placed on output. Carries out no command itself and knows no transport; it never
waits. Transports feed it frames and take its output.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tools.models.pn532 import frames
from tools.models.pn532.commands import Commands, ParameterError, Pending
from tools.models.pn532.faults import Fault, FaultPlan, Part
from tools.models.pn532.field import Field
from tools.models.pn532.frames import Information, Item, Signal

WAKE_HSU = 0x10
WAKE_SPI = 0x20
"""Bits of the wake-up sources of PowerDown (UM0701-02 section 7.2.11)."""

RESET_BAUD_RATE = 115200

_LOW_BATTERY_COMMANDS = frozenset({0x02, 0x14})
"""Answered before SAMConfiguration: that itself, and the version, which nfcpy asks for first."""


@dataclass
class _Outgoing:
    frame: bytes
    not_ready_polls: int


class Chip:
    """One PN532 over one field.

    `sleeps_at_reset` is true on the serial interface, whose line must wake the chip first.
    """

    def __init__(
        self, field: Field, *, sleeps_at_reset: bool = False, faults: Iterable[Fault] = ()
    ) -> None:
        self.field = field
        self.faults = FaultPlan(faults)
        self._sleeps_at_reset = sleeps_at_reset
        self.reset()

    def reset(self) -> None:
        """Power-on, or the reset line: low-battery state, everything at its default."""
        self.field.switch(on=False)
        self._commands = Commands(self.field)
        self._output: deque[_Outgoing] = deque()
        self._pending: tuple[int, Pending] | None = None
        self._last_answer = b""
        self._accepted = 0
        self.asleep = self._sleeps_at_reset
        self._wake_sources = 0xFF
        self.baud_rate = RESET_BAUD_RATE

    @property
    def normal(self) -> bool:
        """Whether SAMConfiguration has brought the chip out of the low-battery state."""
        return self._commands.settings.normal

    @property
    def commands_accepted(self) -> int:
        """Commands since reset; the number by which faults are placed."""
        return self._accepted

    @property
    def irq_low(self) -> bool:
        """The IRQ line: low while a frame waits, if SAMConfiguration lets it."""
        self._try_pending()
        ready = bool(self._output) and self._output[0].not_ready_polls == 0
        return ready and self._commands.settings.irq

    def wake(self, source: int) -> None:
        """Activity on an interface; wakes the chip if that is one of its sources."""
        if self.asleep and self._wake_sources & source:
            self.asleep = False

    def receive(self, item: Item) -> None:
        """Take one frame from the host."""
        if self.asleep:
            return
        if item is Signal.ACK:
            self._abort()
        elif item is Signal.NACK:
            if self._last_answer:
                self._output.append(_Outgoing(self._last_answer, 0))
        elif isinstance(item, Information):
            self._command(item.payload)

    def ready(self) -> bool:
        """Ask once whether a frame can be taken; each asking uses up one poll of a delay."""
        self._try_pending()
        if not self._output:
            return False
        head = self._output[0]
        if head.not_ready_polls:
            head.not_ready_polls -= 1
            return False
        return True

    @property
    def head(self) -> bytes:
        """The frame to be read now, empty if there is none or it is delayed."""
        if not self._output or self._output[0].not_ready_polls:
            return b""
        return self._output[0].frame

    def take(self) -> bytes:
        """Remove and return `head`."""
        frame = self.head
        if frame:
            self._output.popleft()
            self._sleep_if_due()
        return frame

    def _abort(self) -> None:
        """An ACK of the host's: ends a running command, and confirms a new baud rate."""
        settings = self._commands.settings
        if self._pending is None and not self._output and settings.baud_rate is not None:
            self.baud_rate = settings.baud_rate
        settings.baud_rate = None
        self._pending = None
        self._output.clear()
        self._sleep_if_due()

    def _command(self, payload: bytes) -> None:
        if len(payload) < 2 or payload[0] != frames.FROM_HOST:
            self._send(Part.ANSWER, frames.ERROR)
            return
        code, parameters = payload[1], payload[2:]
        if not self.normal and code not in _LOW_BATTERY_COMMANDS:
            return
        self._pending = None
        self._output.clear()
        self._accepted += 1
        self._send(Part.ACK, frames.ACK)
        try:
            result = self._commands.run(code, parameters)
        except ParameterError:
            self._send(Part.ANSWER, frames.ERROR)
            return
        if isinstance(result, bytes):
            self._answer(code, result)
        else:
            self._pending = code, result

    def _try_pending(self) -> None:
        if self._pending is None or self._output:
            return
        code, attempt = self._pending
        result = attempt()
        if result is not None:
            self._pending = None
            self._answer(code, result)

    def _answer(self, code: int, parameters: bytes) -> None:
        payload = bytes((frames.FROM_CHIP, code + 1)) + parameters
        self._send(Part.ANSWER, frames.encode(payload))

    def _send(self, part: Part, frame: bytes) -> None:
        if part is Part.ANSWER:
            self._last_answer = frame
        outgoing, polls = self.faults.apply(self._accepted, part, frame)
        if outgoing is not None:
            self._output.append(_Outgoing(outgoing, polls))
        self._sleep_if_due()

    def _sleep_if_due(self) -> None:
        """Fall asleep after PowerDown, once its answer has left."""
        settings = self._commands.settings
        if settings.power_down is None or self._output:
            return
        self._wake_sources, settings.power_down = settings.power_down, None
        self._commands.targets.switch_field(on=False)
        settings.normal = False
        self.asleep = True
