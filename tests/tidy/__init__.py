"""What ruff can't check: layers, money, clocks, randomness, MicroPython's limits, sizes, words."""
