"""The terminal's configuration: what the host's signed TerminalConfig says, ready for use.

Owns the reading of the object's body. Never judges a sale by it: that is pay/policy.py. Storage,
two copies and signature are objects.py.
"""

from firmware.core.errors import OBJECT_REFUSED, VafaError
from firmware.terminal.link import messages, pb

BODY_MAX = 1024


class Config:
    """TerminalConfig of protos/vafa/v1/config.proto, its lease flattened."""

    def __init__(self, version, values):
        lease = values.get("lease") or {}
        self.version = version
        self.currency_unit = values["currency_unit"]
        self.issued_at = values["issued_at"]
        self.max_tap_minor = values["max_tap_minor"]
        self.language = "en" if values["language"] == "en" else "fa"
        self.branch_name = values["branch_name"]
        self.lease_id = lease.get("lease_id", 0)
        self.lease_records = lease.get("max_records", 0)
        self.lease_value_minor = lease.get("max_value_minor", 0)
        self.lease_expires_at = lease.get("expires_at", 0)


def load(store):
    """Return the Config in force in an ObjectStore, or None when there is none.

    Raises OBJECT_REFUSED when the host signed something that this program can't read.
    """
    if not store.version:
        return None
    if store.size > BODY_MAX:
        raise VafaError(OBJECT_REFUSED, "configuration of %d bytes" % store.size)
    body = bytearray(store.size)
    store.read_into(0, body)
    try:
        return Config(store.version, pb.decode(messages.TERMINAL_CONFIG, body))
    except pb.PbError as error:
        raise VafaError(OBJECT_REFUSED, str(error))
