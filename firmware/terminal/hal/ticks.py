"""Time for drivers and program, the same on MicroPython and CPython.

Owns the difference between the two interpreters' clocks; keeps no wall-clock time. Used by the
builders of the HAL; a test or a fleet simulator passes an object of the same shape instead.
"""

import asyncio
import time


class MicroPythonTime:
    """ticks_ms, ticks_diff, sleep_ms and pause_ms (blocking) of the device."""

    def __init__(self):
        self.ticks_ms = time.ticks_ms
        self.ticks_diff = time.ticks_diff
        self.sleep_ms = asyncio.sleep_ms
        self.pause_ms = time.sleep_ms


class CpythonTime:
    """The same on CPython."""

    def ticks_ms(self):
        return time.monotonic_ns() // 1_000_000  # type: ignore[attr-defined]

    def ticks_diff(self, later, earlier):
        return later - earlier

    async def sleep_ms(self, ms):
        await asyncio.sleep(ms / 1000)

    def pause_ms(self, ms):
        time.sleep(ms / 1000)


def system_time():
    """The time of the interpreter that runs this."""
    return MicroPythonTime() if hasattr(time, "ticks_ms") else CpythonTime()
