"""What the interpreter runs in the board's tests: every part once, through the real drivers.

Not a test itself. Shows one view a part, so that the test can compare; then obeys keys.
"""

import asyncio
import sys

from firmware.terminal.drivers.pn532 import CardLost
from firmware.terminal.hal import api, sim


def show(hal, view, *values):
    hal.panel.show(
        view, [v.hex() if isinstance(v, (bytes, bytearray)) else str(v) for v in values]
    )


def flash(hal):
    hal.nor.erase(4096)
    hal.nor.program(4096 + 256, b"vafa")
    buffer = bytearray(8)
    hal.nor.read_into(4096 + 256, buffer)
    show(hal, "flash", hal.nor.size, buffer)


def element(hal):
    se = hal.se
    digest = bytes(range(32))
    signature = se.sign(digest)
    identity = se.public_key(api.SLOT_IDENTITY)
    show(hal, "signature", identity, signature, se.verify(identity, digest, signature))
    show(hal, "refused", se.verify(identity, bytes(32), signature))
    show(hal, "keyed", se.aes(api.SLOT_DEBIT, bytes(16)), se.hmac(api.SLOT_JOURNAL, bytes(100)))
    show(hal, "host", se.public_key(api.SLOT_HOST), se.serial(), se.number(api.SLOT_TERMINAL))
    show(hal, "random", len(se.random(40)))
    before = se.counter()
    show(hal, "counter", before, se.bump(), se.counter())
    mine = se.ephemeral()
    se.sign(digest)  # must not disturb the ephemeral key
    show(hal, "ecdh", mine, se.ecdh(identity))


async def cards(hal):
    await hal.reader.start()
    show(hal, "reader", "ready")
    while True:
        found = await hal.reader.find(2)
        if found:
            show(hal, "cards", *[card.uid for card in found])
            try:
                answer = await hal.reader.exchange(found[0].tg, b"\x90\x60\x00\x00\x00")
                show(hal, "version", answer)
            except CardLost:
                show(hal, "lost")
        await hal.reader.release()
        for key in hal.keys.poll():
            show(hal, "key", key)
            hal.tone.play("key")
            if key == "*":
                sys.exit(3)
            if key == "#":
                hal.nor.program(8192, bytes(256))
        await hal.sleep_ms(5)


def main():
    hal = sim.build(sys.argv)
    show(hal, "clock", hal.rtc.read())
    hal.rtc.set(123456789)
    show(hal, "clock set", hal.rtc.read())
    flash(hal)
    element(hal)
    asyncio.run(cards(hal))


main()
