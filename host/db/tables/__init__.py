"""The tables, one module a domain, all on the MetaData of host.db.metadata.

Only shapes: columns, keys, constraints. Rules about their content are in the domains' packages.
Importing this package gathers all tables, which the migrations compare with.
"""

from host.db.tables import cards, intake, ledger, settlement

__all__ = ["cards", "intake", "ledger", "settlement"]
