"""The store under test: everything here runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.contracts.ground import Ground
from tests.support.postgres import new_database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of each kind, shared by the tests of one file, each of which takes collections of its own."""
    return new_database() if request.param == "postgresql" else f"sqlite:///{tmp_path_factory.mktemp('store')}/log.db"


@pytest.fixture(scope="module")
def ground(url: str) -> Iterator[Ground]:
    """That database with its schema and members."""
    made = Ground.make(url)
    yield made
    made.database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of each kind for one test alone."""
    return new_database() if request.param == "postgresql" else f"sqlite:///{tmp_path_factory.mktemp('store')}/log.db"
