"""Starts the terminal's program on simulated hardware.

Owns the command line: board bus port, terminal id, gateway host, gateway port. The board's image
has a start of its own, which builds the HAL of rp2 instead.
"""

import sys

from firmware.terminal import app
from firmware.terminal.hal import sim

if __name__ == "__main__":
    app.run(sim.build(sys.argv), int(sys.argv[2]))
