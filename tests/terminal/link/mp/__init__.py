"""Tests that both interpreters run; see tests/mp_runner.py."""
