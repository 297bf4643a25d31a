"""The cable between one terminal and its gateway: frames that may be lost, doubled, late, damaged.

Owns the connection's life at both ends: hal.pipe on the terminal's, a stream's reader and writer
on the gateway's. Each write of either end is one frame. Never looks into a frame. Called by a unit
and by its branch.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from tools.fleet.supply import Supply
from tools.fleet.weather import Weather

_LATENCY_S = 0.002
_LATE_S = 4.0


class Socket(Protocol):
    """Where a cable can be plugged in: the branch's gateway, while it runs."""

    def connect(self, reader: asyncio.StreamReader, writer: Writer) -> bool:
        """Serve this connection; False when nobody is there."""


class Cable:
    """One terminal's cable. `stir` is called when something has reached the terminal."""

    def __init__(self, socket: Socket, weather: Weather, dice: random.Random) -> None:
        self._socket = socket
        self._weather = weather
        self._dice = dice
        self._plugged = True
        self._line: Line | None = None
        self.stir: Callable[[], None] = _nobody

    def line(self) -> Line | None:
        """The connection, made now if it can be."""
        if self._line is None and self._plugged:
            line = Line(self)
            if self._socket.connect(line.reader, line.writer):
                self._line = line
        return self._line

    def plug(self, *, plugged: bool) -> None:
        """Put the cable in, or pull it out."""
        self._plugged = plugged
        if not plugged:
            self.drop()
        self.stir()

    def drop(self, line: Line | None = None) -> None:
        """The connection ends; a given one, if it is still the present one."""
        present = self._line
        if present is not None and line in (None, present):
            self._line = None
            present.end()
            self.stir()

    def carry(self, data: bytes, arrive: Callable[[bytes], None]) -> None:
        """Send one frame on its way."""
        weather, dice = self._weather, self._dice
        if weather.strikes("frame_lost", dice):
            return
        if weather.strikes("frame_damaged", dice):
            at = dice.randrange(len(data))
            data = data[:at] + bytes((data[at] ^ 1 << dice.randrange(8),)) + data[at + 1 :]
        late = weather.strikes("frame_delayed", dice)
        latency_s = dice.uniform(_LATENCY_S, _LATE_S) if late else _LATENCY_S
        loop = asyncio.get_running_loop()
        for _ in range(2 if weather.strikes("frame_doubled", dice) else 1):
            loop.call_later(latency_s, arrive, data)


class Line:
    """One connection over the cable, from its making to its end."""

    def __init__(self, cable: Cable) -> None:
        self._cable = cable
        self.is_up = True
        self.received = bytearray()
        self.reader = asyncio.StreamReader()
        self.writer = Writer(self)

    def to_gateway(self, data: bytes) -> None:
        self._cable.carry(data, self._at_gateway)

    def to_terminal(self, data: bytes) -> None:
        if self.is_up:
            self._cable.carry(data, self._at_terminal)

    def hang_up(self) -> None:
        """The gateway closes the connection."""
        self._cable.drop(self)

    def end(self) -> None:
        """Both ends see that it is over."""
        self.is_up = False
        self.reader.feed_eof()

    def _at_gateway(self, data: bytes) -> None:
        if self.is_up:
            self.reader.feed_data(data)

    def _at_terminal(self, data: bytes) -> None:
        if self.is_up:
            self.received += data
            self._cable.stir()


class Writer:
    """The gateway's writing end, with the calls of asyncio.StreamWriter that it makes."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.transport = self

    def write(self, data: bytes) -> None:
        self._line.to_terminal(data)

    async def drain(self) -> None:
        """Raise ConnectionResetError when the connection has ended."""
        if not self._line.is_up:
            raise ConnectionResetError

    def close(self) -> None:
        self._line.hang_up()

    def abort(self) -> None:
        self._line.hang_up()


class Pipe:
    """hal.pipe for one run of the program."""

    def __init__(self, cable: Cable, supply: Supply) -> None:
        self._cable = cable
        self._supply = supply
        self._line: Line | None = None

    def up(self) -> bool:
        """Whether it is connected; connects when it can."""
        self._supply.check()
        if self._line is None or not self._line.is_up:
            self._line = self._cable.line()
        return self._line is not None

    def write(self, data: bytes) -> None:
        self._supply.check()
        if self._line is not None and self._line.is_up:
            self._line.to_gateway(bytes(data))

    def read(self) -> bytes:
        """What has come, maybe nothing."""
        self._supply.check()
        if self._line is None:
            return b""
        data = bytes(self._line.received)
        self._line.received.clear()
        return data


def _nobody() -> None:
    """The terminal is off."""
