"""The host's services: translation between the contracts and the domains, and nothing else.

Belongs here: server, interceptors, one servicer a file. No rule, no SQL, no key. Named like the
library it uses, so imports are absolute everywhere and `host/` is never on the search path.
"""
