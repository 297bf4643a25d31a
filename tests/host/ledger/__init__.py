"""Tests of host.ledger."""
