"""Tests of the standing system as a newcomer uses it."""
