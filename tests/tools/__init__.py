"""Tests of what is needed around the product; mirrors tools/."""
