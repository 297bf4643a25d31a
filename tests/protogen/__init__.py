"""Tests of tools/protogen."""
