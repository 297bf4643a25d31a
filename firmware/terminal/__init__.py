"""The terminal's program, on MicroPython: one purchase at a time, safe against every cut.

Here belong the tap, the journal, the link, the screens, and the drivers they use through the HAL.
Only the HAL and the drivers import `machine`; what host and terminal share is in firmware/core.
"""
