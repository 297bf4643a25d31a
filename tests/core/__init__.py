"""Tests of firmware/core/; what must also hold on MicroPython is in mp/."""
