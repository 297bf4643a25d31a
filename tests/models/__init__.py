"""Tests of tools/models: each against rules written out here, not against the core."""
