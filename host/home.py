"""The host's directory: which file is where, and the configuration in it.

    keys.json    master keys, wrapping key, signing key (0600)
    host.json    configuration: database, policy
    host.db      the database, unless the configuration names another
    tls/         authority, host certificate, issued client certificates

Owns layout and configuration. Called by administration and by `host.serve`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from firmware.core.errors import HOST_FILES, VafaError
from host.cards import policy

_MAX_CONFIG = 64 * 1024


@dataclass(frozen=True)
class Home:
    """Paths of one host directory."""

    directory: Path

    @property
    def keys(self) -> Path:
        return self.directory / "keys.json"

    @property
    def config(self) -> Path:
        return self.directory / "host.json"

    @property
    def tls(self) -> Path:
        return self.directory / "tls"

    @property
    def default_database(self) -> str:
        return f"sqlite:///{self.directory / 'host.db'}"


@dataclass(frozen=True)
class HostConfig:
    """The parsed configuration."""

    database: str
    policy: policy.Policy


def load_config(home: Home) -> HostConfig:
    """Return the configuration; error 439 when it is missing or can't be understood."""
    try:
        text = home.config.read_text(encoding="utf-8")
        content = json.loads(text) if len(text) <= _MAX_CONFIG else None
    except OSError as problem:
        raise VafaError(HOST_FILES, f"{home.config}: {problem.strerror}") from None
    except (ValueError, RecursionError):
        raise VafaError(HOST_FILES, f"{home.config}: not JSON") from None
    if not isinstance(content, dict) or set(content) - {"database", "policy"}:
        raise VafaError(HOST_FILES, f"{home.config}: expected database and policy")
    database = content.get("database") or home.default_database
    rules = content.get("policy", {})
    if not isinstance(database, str) or not isinstance(rules, dict):
        raise VafaError(HOST_FILES, f"{home.config}: database or policy")
    return HostConfig(database, policy.parse(rules))
