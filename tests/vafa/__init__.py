"""Tests of tools/vafa, the command line."""
