"""A host with empty books for each test, and one template for tests that need many."""

import pytest

from tests.host.journals import Host, World, copy_of, template


@pytest.fixture(scope="session")
def empty_books(tmp_path_factory):
    return template(tmp_path_factory.mktemp("books"))


@pytest.fixture
def world():
    return World()


@pytest.fixture
def host(world, empty_books, tmp_path):
    host = Host(world, copy_of(empty_books, tmp_path / "host.db"))
    yield host
    host.engine.dispose()
