"""Double entry: accounts, immutable postings whose legs sum to zero, and the proof that they do.

Knows what a leg and a posting are; not what a card, a terminal or a window is.
"""
