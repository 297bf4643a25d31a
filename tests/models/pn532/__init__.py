"""Tests of the reader chip model, with a card and a host side of their own."""
