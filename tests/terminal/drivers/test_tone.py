"""The buzzer driver: what is heard, and silence in the end."""

import asyncio

import pytest

from firmware.terminal.drivers.tone import PATTERNS, Tone
from firmware.terminal.hal.api import TONES
from tests.terminal.drivers.bench import VirtualTime


class Buzzer:
    """machine.PWM: remembers its frequencies and its last duty."""

    def __init__(self):
        self.heard = []
        self.duty = None

    def freq(self, hertz):
        self.heard.append(hertz)

    def duty_u16(self, duty):
        self.duty = duty


def test_every_tone_of_the_contract_has_a_pattern():
    assert sorted(PATTERNS) == sorted(TONES)


@pytest.mark.parametrize("name", TONES)
def test_tone_plays_its_pattern_and_ends_silent(name):
    buzzer, time = Buzzer(), VirtualTime()

    async def play():
        tone = Tone(buzzer, time)
        tone.play(name)
        await tone._playing

    asyncio.run(play())
    assert buzzer.heard == [hertz for hertz, _ in PATTERNS[name] if hertz]
    assert time.now_ms == sum(duration for _, duration in PATTERNS[name])
    assert buzzer.duty == 0


def test_new_tone_cuts_the_old_one_short():
    buzzer = Buzzer()

    class Slow(VirtualTime):
        async def sleep_ms(self, ms):
            await asyncio.sleep(0)

    async def play():
        tone = Tone(buzzer, Slow())
        tone.play("refused")
        await asyncio.sleep(0)
        tone.play("key")
        await tone._playing

    asyncio.run(play())
    assert buzzer.heard == [440, 2093]
    assert buzzer.duty == 0
