"""Tests of the models that stand on their own."""
