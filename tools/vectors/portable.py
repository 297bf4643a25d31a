"""The part of the run that each interpreter does itself: files in, one JSON line a vector out.

    micropython -m tools.vectors.portable FILE...

A line is {"id", "differences": [[what, expected, got]...]}. Never decides anything else;
suite starts it and counts.
"""

import json
import sys

from firmware.core.errors import VafaError
from tools.vectors import against_core, core_sessions
from tools.vectors.judging import judge


def interpreter_aes():
    """The AES of the interpreter that runs this."""
    if sys.implementation.name == "micropython":
        from firmware.core.crypto_micropython import Aes  # noqa: PLC0415 exists there only
    else:
        from host.crypto import Aes  # noqa: PLC0415 not on MicroPython
    return Aes


def core_checks(new_aes):
    """All checks of the portable core by kind of vector."""
    table = against_core.checks(new_aes)
    table.update(core_sessions.checks(new_aes))
    return table


def main(paths):
    """Judges every vector of the files."""
    table = core_checks(interpreter_aes())
    for path in paths:
        with open(path) as file:
            vectors = json.load(file)["vectors"]
        for vector in vectors:
            differences = judge(vector, table, VafaError)
            print(json.dumps({"id": vector.get("id"), "differences": differences}))


if __name__ == "__main__":
    main(sys.argv[1:])
