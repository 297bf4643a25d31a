"""Makes trips over the simulated board's bus that do nothing, to learn what one costs.

    (as a board's program) prints `trips N` when N trips are done, again and again

A real board has no such bus, so what its driver costs the interpreter is not part of a sale. Runs
on MicroPython, started by tools.bench.interpreter.
"""

import sys

from firmware.terminal.hal import board_bus as wires

TRIPS = 10_000
PAYLOAD = 12  # as a usual transfer on a sale's wires


def main() -> None:
    """Make trips until the board goes away."""
    bus = wires.BoardBus(int(sys.argv[1]))
    while True:
        for _ in range(TRIPS):
            bus.call(wires.DEVICE_BOARD, wires.BOARD_READER, bytes(PAYLOAD))
        print("trips", TRIPS)


if __name__ == "__main__":
    main()
