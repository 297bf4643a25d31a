"""Empty books for each test."""

import pytest

from host.db.engine import open_engine
from tests.host.journals import copy_of, template


@pytest.fixture(scope="session")
def empty_books(tmp_path_factory):
    return template(tmp_path_factory.mktemp("books"))


@pytest.fixture
def engine(empty_books, tmp_path):
    engine = open_engine(f"sqlite:///{copy_of(empty_books, tmp_path / 'host.db')}")
    yield engine
    engine.dispose()
