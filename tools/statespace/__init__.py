"""The protocol as a small state model, explored exhaustively within stated bounds.

Two cards, two terminals, one host, whatever the network, customers, cuts and a thief do to them.
Written from the design alone: nothing here imports firmware/ or host/, so that a mistake in the
code can't agree with itself. What it holds the protocol to is in `invariants`; what it found and
what it can't see is in docs/statespace.md. Code that drives the real programs belongs elsewhere.
"""
