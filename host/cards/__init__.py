"""Card life cycle at the host: keys, issuing, relayed sessions, hotlist, terminals' enrolment.

Belongs here: everything that needs a card key or the host's signing key. Does not belong here:
balances and postings (host.ledger), what a journal proves (host.intake), gRPC (host.grpc).
"""
