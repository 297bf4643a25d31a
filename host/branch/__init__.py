"""The branch gateway: takes pages from terminals to disk and on to the host, and back its answers.

Belongs here: the TCP server for terminals, the durable store, cached objects, the uplink.
Does not belong here: keys, judgement of pages, money. A gateway carries bytes and forges none.
"""
