"""Enrolment of terminals, and the configuration with the lease that each of them lives on.

Owns what a terminal is given once (keys for its secure element) and again and again (signed
configuration). Called by `vafa host enrol` and by the configuration service.
"""

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from firmware.core.errors import (
    LINK_TERMINAL,
    REQUEST_INVALID,
    TERMINAL_ENROLLED,
    VafaError,
)
from host import p256
from host.cards import objects, store
from host.cards.directory import journal_root_label
from host.cards.keys import HostKeys
from host.cards.policy import Policy
from host.db.engine import reading, writing
from host.gen.vafa.v1 import config_pb2
from host.ledger.rules import is_branch
from host.ports import Clock, Randomness

_JOURNAL_ROOT = 32
_MAX_TERMINAL = 2**32 - 1


@dataclass(frozen=True)
class Bundle:
    """What provisioning puts into a terminal's secure element."""

    terminal_id: int
    key_version: int
    host_point: bytes
    journal_root: bytes = field(repr=False)
    debit_master: bytes = field(repr=False)

    def to_json(self) -> str:
        """Return the bundle for the provisioning tool. It holds keys: keep it off disks."""
        return json.dumps(
            {
                "terminal_id": self.terminal_id,
                "key_version": self.key_version,
                "host_point": self.host_point.hex(),
                "journal_root": self.journal_root.hex(),
                "debit_master": self.debit_master.hex(),
            }
        )


class Terminals:
    """Enrols terminals and keeps their configurations fresh."""

    def __init__(
        self, engine: Engine, keys: HostKeys, policy: Policy, clock: Clock, randomness: Randomness
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._policy = policy
        self._clock = clock
        self._randomness = randomness

    def enrol(self, terminal_id: int, branch: str, identity_point: bytes) -> Bundle:
        """Enrol a terminal by the key made inside its secure element.

        The same enrolment again returns the same bundle. Raises 420 for values that no terminal
        can have, 442 when the number stands with another identity or branch.
        """
        if not 0 < terminal_id <= _MAX_TERMINAL or not is_branch(branch):
            raise VafaError(REQUEST_INVALID, "terminal number or branch")
        if not p256.is_point(identity_point):
            raise VafaError(REQUEST_INVALID, "the identity key is no point of P-256")
        with writing(self._engine) as conn:
            known = store.terminal(conn, terminal_id)
            if known is None:
                known = self._add(conn, terminal_id, branch, identity_point)
            elif (known.branch, known.identity_point) != (branch, identity_point):
                raise VafaError(TERMINAL_ENROLLED, f"terminal {terminal_id}")
        label = journal_root_label(terminal_id)
        version = self._keys.version
        return Bundle(
            terminal_id=terminal_id,
            key_version=version,
            host_point=self._keys.public_point,
            journal_root=self._keys.unwrap(known.wrapped_journal_root, label),
            debit_master=self._keys.debit_master(version),
        )

    def config(self, terminal_id: int, branch: str) -> store.StoredObject:
        """Return a terminal's newest configuration; a new one when its lease is due for renewal.

        Raises 303 unless the terminal is enrolled at `branch`.
        """
        with reading(self._engine) as conn:
            row = store.terminal(conn, terminal_id)
            newest = store.signed_object(conn, objects.Kind.CONFIG, terminal_id)
        if row is None or row.branch != branch:
            raise VafaError(LINK_TERMINAL, f"terminal {terminal_id} of branch {branch}")
        age_s = 0 if newest is None else self._clock.now() - newest.issued_at
        if newest is not None and age_s < self._policy.lease_renewal_s:
            return newest
        with writing(self._engine) as conn:
            return self._publish(conn, terminal_id, branch)

    def _add(
        self, conn: Connection, terminal_id: int, branch: str, identity_point: bytes
    ) -> store.TerminalRow:
        root = self._randomness.bytes(_JOURNAL_ROOT)
        wrapped = self._keys.wrap(root, journal_root_label(terminal_id))
        row = store.TerminalRow(terminal_id, branch, identity_point, wrapped)
        store.add_terminal(conn, row, self._clock.now())
        self._publish(conn, terminal_id, branch)
        return row

    def _publish(self, conn: Connection, terminal_id: int, branch: str) -> store.StoredObject:
        now = self._clock.now()
        policy = self._policy
        known = store.signed_object(conn, objects.Kind.CONFIG, terminal_id)
        lease = config_pb2.Lease(
            lease_id=1 if known is None else known.version + 1,
            max_records=policy.lease_records,
            max_value_minor=policy.lease_value_minor,
            expires_at=now + policy.lease_s,
        )
        body = config_pb2.TerminalConfig(
            currency_unit=policy.currency_unit,
            issued_at=now,
            max_tap_minor=policy.max_tap_minor,
            lease=lease,
            language=policy.language,
            branch_name=policy.branch_name(branch),
        )
        serialized = body.SerializeToString(deterministic=True)
        return objects.publish(
            conn, self._keys.signer, objects.Kind.CONFIG, terminal_id, serialized, now
        )
