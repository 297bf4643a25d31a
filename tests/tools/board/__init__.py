"""The simulated terminal unit, with real MicroPython inside."""
