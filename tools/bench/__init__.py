"""Benchmarks: what a tap takes on the board by a stated model, what the host takes in a second.

    vafa bench tap --json

Here belong measuring, the model of the board's time and its table of constants. Nothing here fails
on a time, and nothing of the product depends on it. Absolute rates are this machine's; ratios to a
floor measured in the same run are what to compare.
"""
