"""Transactions and the schema: durable settings, one writer, clear refusals of strange files."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

from firmware.core.errors import VafaError
from host.db import engine as engine_module
from host.db.engine import open_engine, reading, writing
from host.db.metadata import metadata
from host.db.migrate import migrate
from host.db.tables.ledger import balances


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path / 'host.db'}"
    migrate(url)
    return url


@pytest.fixture
def engine(url):
    engine = open_engine(url)
    yield engine
    engine.dispose()


ROW = {"account": "a", "unit": "IRR.1", "amount_minor": 5}


def test_committed_means_on_the_disk(engine):
    with reading(engine) as conn:
        settings = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_error_rolls_back(engine):
    with pytest.raises(KeyError), writing(engine) as conn:
        conn.execute(insert(balances).values(ROW))
        raise KeyError
    with reading(engine) as conn:
        assert conn.execute(select(balances)).all() == []


def test_second_writer_is_told_and_readers_go_on(url, engine, monkeypatch):
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_MS", 1)
    other = open_engine(url)
    with writing(engine) as conn:
        conn.execute(insert(balances).values(ROW))
        with pytest.raises(VafaError, match="400"), writing(other):
            pass
        with reading(other) as snapshot:
            assert snapshot.execute(select(balances)).all() == []
    other.dispose()


def test_migrations_make_exactly_the_tables(url, engine):
    migrate(url)
    with reading(engine) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_database_of_a_newer_version(url, tmp_path):
    with sqlite3.connect(tmp_path / "host.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(VafaError, match="402"):
        migrate(url)


def test_database_of_another_program(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as raw:
        raw.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(VafaError, match="401"):
        migrate(f"sqlite:///{tmp_path / 'other.db'}")


def test_file_that_is_no_database(tmp_path):
    (tmp_path / "host.db").write_bytes(b"x" * 4096)
    with pytest.raises(VafaError, match="401"):
        migrate(f"sqlite:///{tmp_path / 'host.db'}")


def test_damaged_database(url, tmp_path):
    path = tmp_path / "host.db"
    whole = bytearray(path.read_bytes())
    whole[4096:12288] = b"\xa5" * 8192
    path.write_bytes(whole)
    with pytest.raises(VafaError, match="401"):
        migrate(url)
