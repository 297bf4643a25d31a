"""Small helpers for SQL in bulk that every supported database understands.

Owns the limit on parameters of one statement. Called by the stores.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable

_T = TypeVar("_T")
_CHUNK = 4_000
"""Values in one IN list: two columns of them stay below SQLite's 32,766 parameters."""


def chunks(values: Collection[_T]) -> Iterator[list[_T]]:
    """Cut a collection into lists short enough for one IN list."""
    rest = iter(values)
    while piece := list(islice(rest, _CHUNK)):
        yield piece


def run_many(conn: Connection, statement: Executable, rows: Sequence[dict[str, Any]]) -> int:
    """Run a statement once a row; return how many rows were changed. Nothing to do is fine."""
    if not rows:
        return 0
    return int(conn.execute(statement, rows).rowcount)
