"""What the ledger refuses. Each means a fault of the caller, never of a customer."""

from firmware.core.errors import BALANCE_LIMIT, POSTING_CONFLICT, POSTING_UNBALANCED, VafaError


def unbalanced(identity: str) -> VafaError:
    """Error 403: the legs of a posting don't sum to zero, or aren't legs at all."""
    return VafaError(POSTING_UNBALANCED, identity)


def conflict(identity: str) -> VafaError:
    """Error 404: the posting's identity stands with other content."""
    return VafaError(POSTING_CONFLICT, identity)


def out_of_bounds(accounts: list[str]) -> VafaError:
    """Error 405: one of these balances would leave its bounds."""
    return VafaError(BALANCE_LIMIT, ", ".join(sorted(accounts)[:8]))
