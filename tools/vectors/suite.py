"""`vafa vectors DIR --interpreter …`: every vector of a folder, core and models, one verdict.

Owns finding files, starting the interpreter, counting and printing. A vector passes when
the core and every model that knows its kind agree with it. Never checks a value itself.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.core.errors import VafaError
from tools import micropython
from tools.vectors import against_models, portable
from tools.vectors.judging import judge
from tools.vectors.shapes import Difference

INTERPRETERS = ("cpython", "micropython")

Differences = list[Difference]

_FILE_MAX_BYTES = 4_000_000
# Vector files are larger than anything that a terminal ever parses.
_HEAP = "8M"


@dataclass(frozen=True)
class _Failure:
    """One failed vector or file."""

    name: str
    side: str
    differences: Differences

    def lines(self) -> Iterator[str]:
        """What a person reads."""
        yield f"FAIL {self.name} ({self.side})"
        for what, expected, got in self.differences:
            yield f"     {what}"
            yield f"       expected {expected}"
            yield f"       got      {got}"


def run(directory: Path, interpreter: str) -> int:
    """Runs all vectors of `directory`, prints failures and the count; 0 if all passed.

    An empty or missing directory, a broken file and a vector of an unknown kind count as
    failed. `interpreter` is one of INTERPRETERS and runs the core; models run on CPython.

    Raises:
        micropython.MicroPythonError: the interpreter is missing.
    """
    passed = failed = 0
    paths = sorted(directory.glob("*.json"))
    if not paths:
        failed += 1
        print(f"FAIL {directory}: no vector files (*.json) here")
    for path in paths:
        try:
            vectors = _load(path)
        except (OSError, ValueError) as error:
            failed += 1
            print(f"FAIL {path.name}: {error}")
            continue
        verdicts = zip(vectors, _core(path, vectors, interpreter), strict=True)
        for vector, core in verdicts:
            failures = list(_failures(path, vector, core))
            passed, failed = (passed, failed + 1) if failures else (passed + 1, failed)
            for failure in failures:
                print("\n".join(failure.lines()))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _load(path: Path) -> list[dict[str, Any]]:
    """The vectors of a file. Raises ValueError with what is wrong with it."""
    if path.stat().st_size > _FILE_MAX_BYTES:
        raise ValueError(f"larger than {_FILE_MAX_BYTES} bytes")
    document = json.loads(path.read_text(encoding="utf-8"))
    vectors = document.get("vectors") if isinstance(document, dict) else None
    if not isinstance(vectors, list) or not vectors:
        raise ValueError('no list "vectors" with entries')
    if not all(isinstance(vector, dict) for vector in vectors):
        raise ValueError('an entry of "vectors" is not an object')
    return vectors


def _failures(path: Path, vector: dict[str, Any], core: Differences) -> Iterator[_Failure]:
    name = f"{path.name} {vector.get('id', '(no id)')}"
    if core:
        yield _Failure(name, "core", core)
    if vector.get("function") in against_models.CHECKS:
        models = judge(vector, against_models.CHECKS, against_models.REFUSALS)
        if models:
            yield _Failure(name, "models", models)


def _core(path: Path, vectors: list[dict[str, Any]], interpreter: str) -> list[Differences]:
    if interpreter == "micropython":
        return _on_micropython(path, len(vectors))
    checks = portable.core_checks(portable.interpreter_aes())
    return [judge(vector, checks, (VafaError,)) for vector in vectors]


def _on_micropython(path: Path, count: int) -> list[Differences]:
    """The verdicts of the real interpreter; a vector that it died on or never reached fails."""
    try:
        done = micropython.run("-m", "tools.vectors.portable", path.resolve(), heap=_HEAP)
        said, crash = done.stdout.splitlines(), done.stdout[-500:] if done.returncode else ""
    except subprocess.TimeoutExpired:
        said, crash = [], "no end within the time limit"
    verdicts: list[Differences] = []
    for line in said[:count]:
        try:
            verdict = json.loads(line)["differences"]
        except (ValueError, TypeError, KeyError):
            break
        verdicts.append([(what, expected, got) for what, expected, got in verdict])
    lost: Differences = [("result", "one line", f"the interpreter gave none: {crash}")]
    return verdicts + [lost] * (count - len(verdicts))
