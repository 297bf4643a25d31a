"""Models of the parts around the terminal, at the wire: card, reader chip, flash, secure element.

Each answers what the real part would answer to the same bytes, keeps its state in a file where the
part keeps it through a power cut, and draws no randomness or time of its own. Nothing here imports
from firmware/: what drivers and models share is the data sheet.
"""
