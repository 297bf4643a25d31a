"""The portable core: card protocol, purse application, journal record, link frames.

One source for MicroPython (terminal) and CPython (host, station, tools). Modules here are
pure: no hardware, clock, randomness or I/O of their own; AES is handed in as a class with
the shape of host.crypto.Aes. They import nothing outside this package.
"""
