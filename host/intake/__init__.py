"""Journals in: verify, order, deduplicate, resolve doubt, quarantine, and hand postings on.

Nothing about connections or messages is here (host/grpc translates), and no netting
(host/settlement).
"""
