"""Bringing a database to the schema of this program.

Owns the decision whether a database is one of ours and not newer than we are. Called when a host
starts and by `vafa host init`. The migrations themselves are in host/db/migrations/versions, one
chain, never edited once released.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from firmware.core.errors import DATABASE_DAMAGED, DATABASE_NEWER, VafaError
from host.db.engine import open_engine, reading, writing

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str, *, create: bool = True) -> None:
    """Create or upgrade the database of a SQLAlchemy URL, in one transaction.

    Without `create` it must hold books already: a host whose database is gone would otherwise go
    on with empty ones.

    Raises:
        VafaError: 401 when the file is damaged, another program's or without books, 402 when a
            newer version of this program made it, 400 when another program holds it.
    """
    engine = open_engine(url)
    try:
        with reading(engine) as conn:
            # Looks at every page, so not while other hosts wait for the lock.
            _refuse_damage(conn)
        with writing(engine) as conn:
            config = Config()
            config.set_main_option("script_location", str(_SCRIPTS))
            config.attributes["connection"] = conn
            _refuse_what_is_not_ours(conn, ScriptDirectory.from_config(config), create)
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _refuse_damage(conn: Connection) -> None:
    if conn.dialect.name == "sqlite":
        said = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if said != "ok":
            raise VafaError(DATABASE_DAMAGED, str(said))


def _refuse_what_is_not_ours(conn: Connection, scripts: ScriptDirectory, create: bool) -> None:
    revision = MigrationContext.configure(conn).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is None and inspect(conn).get_table_names():
        raise VafaError(DATABASE_DAMAGED, "tables without a schema version")
    if revision is None and not create:
        raise VafaError(DATABASE_DAMAGED, "no books in it")
    if revision is not None and revision not in known:
        raise VafaError(DATABASE_NEWER, f"schema version {revision}")
