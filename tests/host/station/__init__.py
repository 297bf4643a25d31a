"""Tests of host/station/."""
