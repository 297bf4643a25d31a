"""Tests of host.settlement."""
