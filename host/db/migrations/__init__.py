"""Alembic's environment; see host.db.migrate."""
