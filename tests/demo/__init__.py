"""Tests of the demonstration: its plan, its oracle, and a whole small day."""
