"""Tests of tools/setup; nothing here reaches a package index."""
