"""Tests, in the same tree as what they test. See README.md in this folder for the kinds."""
