"""Starts the terminal's program on simulated hardware.

Owns the command line (board bus port, terminal id, gateway host, gateway port) and the state of
the heap at the start. The board's image has a start of its own, which builds the HAL of rp2.
"""

import gc
import sys

_WHILE_COMPILING = 16384

if __name__ == "__main__":
    # Compiling the modules from source strews what stays among what is thrown away; unless that is
    # collected as it arises, no free block is left that is as large as a flash sector.
    gc.threshold(_WHILE_COMPILING)
    from firmware.terminal import app
    from firmware.terminal.hal import sim

    gc.collect()
    gc.threshold(-1)
    app.run(sim.build(sys.argv), int(sys.argv[2]))
