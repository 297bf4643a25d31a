"""The battery-backed clock, a DS3231 kept in UTC.

Owns its registers and the calendar between them and seconds. Never judges how good the time is
beyond the part's own stop flag. Called through hal.rtc.
Source: DS3231 data sheet (19-5170), timekeeping registers and status register.
"""

from firmware.core.errors import PERIPHERAL_FAULT, VafaError

ADDRESS = 0x68
YEAR_ZERO = 2020  # where our seconds start
YEAR_LAST = 2099  # two digits of year, no century bit

_STATUS = 0x0F
_STOPPED = 0x80
_DAY_S = 86400
_DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def days_since_2020(year, month, day):
    """Days from 2020-01-01; right for 2020 to 2099, in which every fourth year is a leap year."""
    days = (year - YEAR_ZERO) * 365 + (year - YEAR_ZERO + 3) // 4
    days += _DAYS_BEFORE[month - 1] + day - 1
    return days + 1 if year % 4 == 0 and month > 2 else days


def date_of(days):
    """(year, month, day) of a day counted from 2020-01-01."""
    year = YEAR_ZERO
    while days >= (366 if year % 4 == 0 else 365):
        days -= 366 if year % 4 == 0 else 365
        year += 1
    month = 12
    while days < days_since_2020(year, month, 1) - days_since_2020(year, 1, 1):
        month -= 1
    return year, month, days - days_since_2020(year, month, 1) + days_since_2020(year, 1, 1) + 1


class Ds3231:
    """See hal.api, rtc. `i2c` has machine.I2C's calls."""

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address

    def read(self):
        """Seconds since 2020-01-01T00:00:00Z, None while the oscillator's stop flag is set."""
        try:
            status = self._i2c.readfrom_mem(self._address, _STATUS, 1)[0]
            if status & _STOPPED:
                return None
            raw = self._i2c.readfrom_mem(self._address, 0, 7)
        except OSError:
            raise VafaError(PERIPHERAL_FAULT, "clock")
        second, minute, hour = _number(raw[0]), _number(raw[1]), _number(raw[2] & 0x3F)
        day, month, year = _number(raw[4]), _number(raw[5] & 0x1F), 2000 + _number(raw[6])
        if not (1 <= month <= 12 and 1 <= day <= 31 and year >= YEAR_ZERO and hour < 24):
            return None  # a clock that answers nonsense has not kept time
        days = days_since_2020(year, month, day)
        return days * _DAY_S + hour * 3600 + minute * 60 + second

    def set(self, seconds):
        """Set the clock and clear its stop flag."""
        if not 0 <= seconds < days_since_2020(YEAR_LAST + 1, 1, 1) * _DAY_S:
            raise VafaError(PERIPHERAL_FAULT, "no date of the clock: %d" % seconds)
        days, rest = seconds // _DAY_S, seconds % _DAY_S
        year, month, day = date_of(days)
        fields = (rest % 60, rest // 60 % 60, rest // 3600, days % 7 + 1, day, month, year - 2000)
        try:
            self._i2c.writeto_mem(self._address, 0, bytes(_digits(field) for field in fields))
            status = self._i2c.readfrom_mem(self._address, _STATUS, 1)[0]
            self._i2c.writeto_mem(self._address, _STATUS, bytes((status & ~_STOPPED & 0xFF,)))
        except OSError:
            raise VafaError(PERIPHERAL_FAULT, "clock")


def _number(digits):
    return (digits >> 4) * 10 + (digits & 0x0F)


def _digits(number):
    return number // 10 << 4 | number % 10
