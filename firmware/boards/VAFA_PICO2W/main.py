"""Starts the terminal's program on the board.

Owns the order: parts, this terminal's number from the secure element, program. An error ends in a
reset, not in a prompt: whoever stands at the till can do nothing with one.
"""

import sys

import machine

from firmware.terminal import app
from firmware.terminal.hal import api, rp2

try:
    hal = rp2.build()
    app.run(hal, hal.se.number(api.SLOT_TERMINAL))
except Exception as error:  # noqa: BLE001 - the last line of defence reports and starts anew
    sys.print_exception(error)
finally:
    machine.reset()
