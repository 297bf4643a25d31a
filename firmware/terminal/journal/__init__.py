"""The terminal's journal: sealed pages on raw flash, and what follows from them.

Belongs here: the ring of sectors (ring), the open intents (doubts), what the lease bounds
(exposure), and the face that the rest of the terminal uses (journal). Doesn't belong here: the
page's bytes (firmware/core/record.py), any filesystem, any decision about a card.
"""
