"""Tests of host/cards/."""
