"""Tests of host/branch/."""
