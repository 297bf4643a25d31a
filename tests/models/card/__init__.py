"""Behaviour of the model card, seen from outside: APDUs, blocks, tears, files."""
