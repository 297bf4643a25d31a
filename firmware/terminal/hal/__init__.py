"""The border to the hardware: one contract (api), and one module a platform that builds it.

Nothing outside this package and drivers/ may import `machine` or `rp2`, nor know which platform it
runs on. sim builds the parts from models behind a socket, rp2 from the pins of a real board.
"""
