"""An exchange that loaded the seeds gives them out as they are in the files."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.support.exchange import RunningExchange, tocsin
from tests.support.seeds import seeded
from tocsin.client import Client


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """With the seeds."""
    made = RunningExchange.make(tmp_path_factory.mktemp("seeds") / "home")
    tocsin("seed", home=made.home)
    yield made.start()
    made.end()


@pytest.mark.parametrize("alias", ["actors", "indicators", "public"])
def test_a_reader_pulls_the_seeds_as_they_are_in_the_files(exchange: RunningExchange, alias: str) -> None:
    """Every object, in order, of equal JSON; small pages."""
    with Client(exchange.discovery, exchange.add_token("admin")) as client:
        pulled = [json.loads(body) for page in client.pull(alias, limit=40) for body in page.bodies]
    assert pulled == seeded(alias)


def test_the_public_reads_the_cases_without_a_login(exchange: RunningExchange) -> None:
    """The fourth principle: what was found and done, for everybody, and no example among it."""
    accept = {"Accept": "application/taxii+json;version=2.1"}
    found = requests.get(exchange.objects_url("public"), params={"match[type]": "report"}, headers=accept, timeout=10).json()["objects"]
    assert len(found) == 19
    assert not [one for one in found if "example" in one.get("labels", [])]
