"""Tests of host.intake."""
