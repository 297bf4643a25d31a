"""The part of the run that each interpreter does itself: files in, one JSON line a vector out.

    micropython -m tools.vectors.portable FILE...

A line is {"id", "differences": [[what, expected, got]...]}. Never decides anything else;
suite starts it and counts.
"""

import json
import sys

from firmware.core.errors import VafaError
from tools.vectors import against_core, core_replay, core_sessions
from tools.vectors.judging import judge

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know the name
if TYPE_CHECKING:
    from tools.vectors.shapes import Check, NewAes


def interpreter_aes() -> "NewAes":
    """The AES of the interpreter that runs this."""
    if sys.implementation.name == "micropython":
        from firmware.core import crypto_micropython  # noqa: PLC0415 exists there only

        return crypto_micropython.Aes
    from host import crypto  # noqa: PLC0415 not on MicroPython

    return crypto.Aes


def core_checks(new_aes: "NewAes") -> "dict[str, Check]":
    """All checks of the portable core by kind of vector."""
    table = against_core.checks(new_aes)
    table.update(core_sessions.checks(new_aes))
    table.update(core_replay.checks(new_aes))
    return table


def main(paths: "list[str]") -> None:
    """Judges every vector of the files."""
    table = core_checks(interpreter_aes())
    for path in paths:
        with open(path) as file:  # noqa: PTH123 MicroPython has no pathlib
            vectors = json.load(file)["vectors"]
        for vector in vectors:
            differences = judge(vector, table, (VafaError,))
            print(json.dumps({"id": vector.get("id"), "differences": differences}))


if __name__ == "__main__":
    main(sys.argv[1:])
