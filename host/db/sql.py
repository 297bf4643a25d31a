"""Small helpers for SQL in bulk that every supported database understands.

Owns the limit on parameters of one statement. Called by the stores.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Table, insert

_T = TypeVar("_T")
_CHUNK = 4_000
"""Values in one IN list: two columns of them stay below SQLite's 32,766 parameters."""


def chunks(values: Collection[_T]) -> Iterator[list[_T]]:
    """Cut a collection into lists short enough for one IN list."""
    rest = iter(values)
    while piece := list(islice(rest, _CHUNK)):
        yield piece


def insert_many(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that hold a value for each column, in the order of the table's columns.

    The statement is compiled once and the rows go to the driver as they are, which is several
    times faster than letting each row through the compiler; columns that convert values
    can't be filled this way.
    """
    if not rows:
        return
    compiled = insert(table).compile(dialect=conn.dialect)
    if compiled.positional:
        conn.exec_driver_sql(compiled.string, list(rows))
    else:
        names = [column.name for column in table.columns]
        conn.exec_driver_sql(compiled.string, [dict(zip(names, row, strict=True)) for row in rows])


def run_many(conn: Connection, statement: Executable, rows: Sequence[dict[str, Any]]) -> int:
    """Run a statement once a row; return how many rows were changed. Nothing to do is fine."""
    if not rows:
        return 0
    return int(conn.execute(statement, rows).rowcount)
