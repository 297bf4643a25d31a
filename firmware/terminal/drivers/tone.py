"""The buzzer: what each tone sounds like, played beside everything else.

Owns the patterns and the one that is playing. Never decides when a tone is due. Called through
hal.tone; success goes up, refusal goes down and is low, "again" repeats.
"""

import asyncio

# (frequency in Hz, duration in ms); 0 Hz is a pause.
PATTERNS = {
    "success": ((1760, 80), (2637, 160)),
    "refused": ((440, 180), (0, 60), (330, 320)),
    "again": ((988, 90), (0, 70), (988, 90), (0, 70), (988, 90)),
    "key": ((2093, 15),),
}
_HALF = 32768  # of 65536: the loudest a passive buzzer gets


class Tone:
    """See hal.api, tone. `pwm` has freq and duty_u16, as machine.PWM."""

    def __init__(self, pwm, time):
        self._pwm = pwm
        self._time = time
        self._playing = None
        pwm.duty_u16(0)

    def play(self, name):
        """Begin the tone; one that still sounds is cut short."""
        if self._playing is not None:
            self._playing.cancel()
        self._playing = asyncio.create_task(self._sound(PATTERNS[name]))

    async def _sound(self, pattern):
        try:
            for frequency_hz, duration_ms in pattern:
                if frequency_hz:
                    self._pwm.freq(frequency_hz)
                self._pwm.duty_u16(_HALF if frequency_hz else 0)
                await self._time.sleep_ms(duration_ms)
        finally:
            self._pwm.duty_u16(0)
