"""The branch gateway: takes pages from terminals to disk and on to the host, and back its answers.

Belongs here: the terminals' TCP server, the durable store, the cache of signed objects, the uplink.
Does not belong here: keys, judgement of pages, money. A gateway carries bytes and can forge none.
"""
