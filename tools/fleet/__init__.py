"""The fleet in a seed: cards, terminals, gateways and a host in one process and in virtual time.

Runs the real programs (terminal, gateway, host services) unmodified; time, randomness, cables,
flash, power and the moment a host dies are injected, so that a seed replays everything. Belongs
here: what plays the outside world, plans what happens in it, and judges the end. Doesn't: any rule
of the product. The same day with real processes and real TLS is `tools.demo`.
"""
