"""Tests of the state model: that it keeps its promises, and that it would see them broken."""
