"""Tests of firmware/terminal."""
