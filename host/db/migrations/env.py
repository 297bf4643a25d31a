"""Run by Alembic: applies the migrations over the connection that host.db.migrate hands in."""

from alembic import context

from host.db import tables  # noqa: F401 -- gathers the tables on the metadata
from host.db.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()
