"""Exchanges of real server processes on real databases; whatever a test leaves running is ended after it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.exchange import RunningExchange
from tests.support.postgres import new_database

Start = Callable[..., RunningExchange]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """What `init --database` is given."""
    return new_database() if request.param == "postgresql" else ""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes and serves an exchange; takes the options of RunningExchange."""
    made: list[RunningExchange] = []

    def _start(*, database: str = "", **options: object) -> RunningExchange:
        made.append(RunningExchange.make(tmp_path / f"home{len(made)}", database=database, **options))
        return made[-1].start()

    yield _start
    for exchange in made:
        exchange.end()
