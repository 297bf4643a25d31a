"""What time it is, and how far that can be trusted.

Owns the grade of time and the floor below which no time is believed. Time is written into records
and compared with days of expiry; it never orders anything. Called by the journal's stamp, policy
and the link, which sets it from the host.

Grades: HOST: set from the host less than a day ago; CLOCK: the battery clock never stopped since;
GUESS: counted on from the newest journal record, so it is never later than the truth; NONE:
nothing is known.
"""

from firmware.core import record
from firmware.core.errors import VafaError

DAY = 86400
STEP_LIMIT_S = 120
"""A correction larger than this is worth an event."""


class Clock:
    """Seconds since 2020-01-01 UTC, from hal.rtc, or counted by hal.ticks_ms if it stopped."""

    def __init__(self, hal):
        self._hal = hal
        self._floor = 0
        self._since_ms = hal.ticks_ms()
        self._rest_ms = 0
        self._host_time = None

    def not_before(self, seconds):
        """No time below this is believed: of a journal record, or of a signed configuration."""
        self._count()
        self._floor = max(self._floor, seconds)

    def now(self):
        """Return (seconds, grade)."""
        self._count()
        seconds = self._read()
        if seconds is None or seconds < self._floor:
            if self._floor == 0:
                return 0, record.TIME_NONE
            return self._floor, record.TIME_GUESS
        if self._host_time is not None and 0 <= seconds - self._host_time < DAY:
            return seconds, record.TIME_HOST
        return seconds, record.TIME_CLOCK

    def set(self, seconds):
        """Take the host's time; returns by how many seconds the clock was off, 0 if small."""
        before, grade = self.now()
        try:
            self._hal.rtc.set(seconds)
        except VafaError:
            # Without its battery clock the terminal counts on from here.
            self.not_before(seconds)
        # The host is the authority: a floor from a clock that ran ahead gives way.
        self._floor = min(self._floor, seconds)
        self._host_time = seconds
        off = abs(before - seconds)
        return off if grade != record.TIME_NONE and off > STEP_LIMIT_S else 0

    def _read(self):
        try:
            return self._hal.rtc.read()
        except VafaError:
            return None

    def _count(self):
        """Let the floor rise with the seconds that have passed since it was last looked at."""
        now_ms = self._hal.ticks_ms()
        passed_ms = self._hal.ticks_diff(now_ms, self._since_ms) + self._rest_ms
        self._since_ms = now_ms
        self._rest_ms = passed_ms % 1000
        if self._floor:
            self._floor += passed_ms // 1000
