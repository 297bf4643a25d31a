"""Tests of the world's own parts: the cable, child processes, the tray."""
