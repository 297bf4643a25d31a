"""Tests of host.db."""
