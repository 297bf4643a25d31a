"""Opening the database, and the two kinds of transactions.

Owns connection settings (SQLite: WAL, synchronous FULL, foreign keys, busy timeout) and the
translation of driver errors into numbered ones. Never knows a table. Called by every service:

    engine = open_engine("sqlite:///var/host.db")
    with writing(engine) as conn: ...   # one writer at a time; commits, or rolls back on any error
    with reading(engine) as conn: ...   # a snapshot; never waits for the writer
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from firmware.core.errors import DATABASE_BUSY, DATABASE_DAMAGED, HOST_FILES, VafaError

BUSY_TIMEOUT_MS = 10_000
_WRITES = "vafa_writes"


def open_engine(url: str) -> Engine:
    """Return an engine for a SQLAlchemy URL; error 439 for one that names no known database.

    Nothing is touched before the first transaction.
    """
    try:
        engine = create_engine(url)
    except (ArgumentError, ImportError) as problem:
        raise VafaError(HOST_FILES, f"database: {problem}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that may write.

    Raises:
        VafaError: 400 when another writer doesn't finish in time, 401 when the file is damaged.
    """
    options = {_WRITES: True}
    with _numbered_errors(), engine.execution_options(**options).begin() as conn:
        yield conn


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that only reads; errors as `writing`."""
    with _numbered_errors(), engine.connect() as conn, conn.begin():
        yield conn


@contextmanager
def _numbered_errors() -> Iterator[None]:
    """Turn what the driver says about the database as a whole into our own numbers."""
    try:
        yield
    except OperationalError as problem:
        if "locked" in str(problem.orig) or "busy" in str(problem.orig):
            raise VafaError(DATABASE_BUSY) from problem
        if "unable to open" in str(problem.orig):
            raise VafaError(DATABASE_DAMAGED, str(problem.orig)) from problem
        raise
    except DatabaseError as problem:
        said = str(problem.orig)
        if "not a database" in said or "malformed" in said:
            raise VafaError(DATABASE_DAMAGED, said) from problem
        raise


def _set_up_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver's own idea of transactions is switched off: _begin_sqlite says when one begins.
    dbapi_connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    # A transaction that will write takes the lock at once: taking it later can fail after a read.
    immediate = conn.get_execution_options().get(_WRITES, False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
