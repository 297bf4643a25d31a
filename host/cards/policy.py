"""What this club allows: limits, leases, lifetimes. Read from the host's configuration file.

Owns the defaults and their checks. Amounts are minor units (rial). Called by issuing, top-up and
the making of terminal configurations.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from firmware.core.errors import HOST_FILES, VafaError

_DAY_S = 86_400
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True)
class Policy:
    """The club's settings. Durations in days and seconds, amounts in minor units."""

    programme: int = 1
    currency_unit: int = 1
    card_lifetime_days: int = 5 * 365
    paid_limit_minor: int = 50_000_000
    max_tap_minor: int = 10_000_000
    lease_records: int = 500
    lease_value_minor: int = 1_000_000_000
    lease_s: int = 3 * _DAY_S
    lease_renewal_s: int = 6 * 3_600
    language: str = "fa"
    branch_names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse settings that cards or terminals could not carry; error 439."""
        if not 0 < self.max_tap_minor <= self.paid_limit_minor <= _INT32_MAX // 2:
            raise VafaError(HOST_FILES, "policy: paid_limit_minor or max_tap_minor out of range")
        if self.lease_records < 1 or not 0 < self.lease_renewal_s < self.lease_s:
            raise VafaError(HOST_FILES, "policy: lease out of range")
        if self.language not in ("fa", "en"):
            raise VafaError(HOST_FILES, "policy: language is fa or en")

    def branch_name(self, branch: str) -> str:
        """Return the name to show for a branch."""
        return self.branch_names.get(branch, branch)


def parse(content: dict[str, Any]) -> Policy:
    """Return the policy of a configuration; error 439 for an unknown or mistyped setting."""
    kinds = {item.name: type(getattr(Policy(), item.name)) for item in fields(Policy)}
    for name, value in content.items():
        if name not in kinds:
            raise VafaError(HOST_FILES, f"policy: unknown setting {name}")
        if type(value) is not kinds[name]:
            raise VafaError(HOST_FILES, f"policy: {name} should be {kinds[name].__name__}")
    return Policy(**content)
