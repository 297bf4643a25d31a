"""What the part keeps without supply: configuration, slots, counters, in one JSON file.

Owns the file, replaced whole on each change, readable by its owner only. Knows no command. The
chip loads it once; a damaged file is an error, never a fresh part.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from tools.models.se import config

_VERSION = 1
_COUNTERS = 2


class StateError(ValueError):
    """The state file is damaged or from another version; it says which file."""


@dataclass
class State:
    """The non-volatile memory of one part."""

    zone: bytearray
    slots: list[bytearray]
    counters: list[int] = field(default_factory=lambda: [0] * _COUNTERS)

    @classmethod
    def new(cls, serial: bytes) -> "State":
        """A part as it leaves the factory."""
        slots = [bytearray(config.slot_size(number)) for number in range(config.SLOTS)]
        return cls(bytearray(config.factory_zone(serial)), slots)

    @property
    def config_locked(self) -> bool:
        """Whether the configuration zone is fixed."""
        return self.zone[config.LOCK_CONFIG] != config.UNLOCKED

    @property
    def data_locked(self) -> bool:
        """Whether the slots are fixed and their rules enforced."""
        return self.zone[config.LOCK_VALUE] != config.UNLOCKED


def load(path: Path) -> State:
    """Read a state file.

    Raises:
        StateError: it is damaged, or of another version.
    """
    try:
        raw = json.loads(path.read_text("ascii"))
        zone = bytearray.fromhex(raw["zone"])
        slots = [bytearray.fromhex(text) for text in raw["slots"]]
        counters = [int(count) for count in raw["counters"]]
        version = raw["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{path} is no state of a secure element ({type(error).__name__}); restore a copy: "
            "its keys are nowhere else"
        ) from None
    sizes = [config.slot_size(number) for number in range(config.SLOTS)]
    whole = [len(data) for data in slots] == sizes and len(counters) == _COUNTERS
    if version != _VERSION or len(zone) != config.SIZE or not whole:
        raise StateError(f"{path} is the state of another kind of secure element")
    return State(zone, slots, counters)


def save(path: Path, state: State) -> None:
    """Replace the state file: a reader finds the old or the new one, never half."""
    text = json.dumps(
        {
            "version": _VERSION,
            "zone": state.zone.hex(),
            "slots": [data.hex() for data in state.slots],
            "counters": state.counters,
        },
        indent=1,
    )
    draft = path.with_suffix(path.suffix + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
