"""Tests of firmware/terminal/link."""
