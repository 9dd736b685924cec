"""An incremental poller, on an unmodified taxii2-client, beside processes that write: it misses nothing and gets nothing twice."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests
from taxii2client.v21 import Collection, as_pages

from tests.journeys.conftest import Start
from tests.support.exchange import RunningExchange
from tests.support.objects import indicator

ROOT = Path(__file__).parents[2]
WRITERS, EACH = 3, 150


class Poller:
    """A client that knows nothing but the last stamp that it was given."""

    def __init__(self, exchange: RunningExchange) -> None:
        url = f"{exchange.url}/api/collections/{exchange.collection_id('indicators')}/"
        self.collection = Collection(url, user="admin", password=exchange.password)
        self.last: str | None = None
        self.seen: list[str] = []
        self._header: str | None = None
        # The client drops the headers of an answer; its session shows them.
        self.collection._conn.session.hooks["response"].append(self._remember)

    def _remember(self, response: requests.Response, **_options: Any) -> None:
        self._header = response.headers.get("X-TAXII-Date-Added-Last", self._header)

    def poll(self) -> int:
        """One request, and how many objects it brought."""
        return self._take(self.collection.get_objects(**self._filters(), limit=random.randint(1, 40)))

    def poll_in_pages(self) -> int:
        """One pull of all that is new, page by page."""
        return sum(self._take(page) for page in as_pages(self.collection.get_objects, per_request=random.randint(1, 40), **self._filters()))

    def _filters(self) -> dict[str, str]:
        return {} if self.last is None else {"added_after": self.last}

    def _take(self, envelope: dict[str, Any]) -> int:
        objects = envelope.get("objects", [])
        self.seen += [one["id"] for one in objects]
        self.last = self._header if objects else self.last
        return len(objects)


def write_at_once(exchange: RunningExchange) -> list[subprocess.Popen[bytes]]:
    """Processes that each post numbers of their own."""
    command = [sys.executable, "-m", "tests.support.writer", exchange.objects_url("indicators"), *exchange.admin]
    return [subprocess.Popen([*command, str(EACH * number), str(EACH)], cwd=ROOT) for number in range(WRITERS)]


@pytest.mark.parametrize("way", ["poll", "poll_in_pages"])
def test_an_incremental_poller_misses_nothing_and_repeats_nothing(start: Start, database: str, way: str) -> None:
    """Two server processes, three writing clients, one poller with random limits; on both databases."""
    exchange = start(database=database, workers=2)
    poller, writers = Poller(exchange), write_at_once(exchange)
    while any(writer.poll() is None for writer in writers):
        getattr(poller, way)()
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    while getattr(poller, way)():
        pass
    assert Counter(poller.seen) == Counter(indicator(number)["id"] for number in range(WRITERS * EACH))
