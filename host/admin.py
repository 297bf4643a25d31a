"""Administration of a host: making its directory, enrolling terminals, issuing certificates.

Owns the order of first steps. Called by `vafa host …` and by the demonstration; the host process
may run meanwhile, as all state is in the database.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from firmware.core.errors import HOST_EXISTS, VafaError
from host import application, pki
from host.cards import keyfile
from host.cards.terminals import Bundle
from host.db.migrate import migrate
from host.home import Home, load_config
from host.ports import Clock, Randomness, SystemClock

DEFAULT_NAMES = ("localhost", "127.0.0.1")


def init(
    home: Home,
    randomness: Randomness,
    *,
    names: Sequence[str] = DEFAULT_NAMES,
    policy: Mapping[str, Any] | None = None,
) -> None:
    """Make a host's directory: certificates, configuration, database, keys.

    The key file comes last and says that all is there: an init that was interrupted is run again.
    Raises 441 when there is a host already.
    """
    if home.keys.exists():
        raise VafaError(HOST_EXISTS, str(home.directory))
    home.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.tls.mkdir(mode=0o700, exist_ok=True)
    # Certificates are judged by everyone's real clock, also where the club's time is simulated.
    clock = SystemClock()
    pki.create_authority(home.tls, clock)
    pki.issue_host(home.tls, names, clock)
    config = {"policy": dict(policy or {})}
    home.config.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    migrate(load_config(home).database)
    keyfile.write(home.keys, keyfile.generate(randomness))


def enrol(
    home: Home,
    clock: Clock,
    randomness: Randomness,
    *,
    terminal_id: int,
    branch: str,
    identity_point: bytes,
) -> Bundle:
    """Enrol a terminal; the bundle goes into its secure element. Errors as Terminals.enrol."""
    built = application.build(home, clock, randomness)
    try:
        return built.terminals.enrol(terminal_id, branch, identity_point)
    finally:
        built.engine.dispose()


def issue_certificate(home: Home, role: str, name: str) -> str:
    """Issue a client certificate into the directory's tls folder; return its file name's stem."""
    return pki.issue_client(home.tls, role, name, SystemClock())
