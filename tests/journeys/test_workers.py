"""Several server processes behave as one: whatever one of them gave out or learned, the others honour."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.support.exchange import RunningExchange, tocsin, tocsin_json
from tests.support.objects import envelope, indicator
from tests.support.traffic import get, post

WORKERS = 3
ASKED = 15  # times that a question is put, each on a new connection, so that every process gets it


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    made = RunningExchange.make(tmp_path_factory.mktemp("workers") / "home", workers=WORKERS)
    yield made.start()
    made.end()


@pytest.fixture(scope="module")
def url(exchange: RunningExchange) -> str:
    """Of the objects of a collection that holds thirty."""
    url = exchange.objects_url("indicators")
    assert post(url, envelope(*(indicator(number) for number in range(30))), login=exchange.admin).status_code == 202
    return url


def children(pid: int) -> list[int]:
    """The server processes that the command started."""
    listed = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [one for one in listed if b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes()]


def sockets(pid: int) -> int:
    """How many sockets a process has open; what it closes while we look is none of them."""
    found = 0
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found += str(one.readlink()).startswith("socket:")
    return found


def test_every_process_takes_connections(exchange: RunningExchange) -> None:
    """Without this the other tests here would say nothing."""
    assert exchange.process is not None
    before = {pid: sockets(pid) for pid in children(exchange.process.pid)}
    assert len(before) == WORKERS
    sessions = [requests.Session() for _ in range(30)]
    for session in sessions:
        assert session.get(f"{exchange.url}/healthz", timeout=10).status_code == 200
    assert all(sockets(pid) > count for pid, count in before.items())
    for session in sessions:
        session.close()


def test_next_of_one_process_is_answered_alike_by_all(exchange: RunningExchange, url: str) -> None:
    """Alone, and with another limit."""
    token = get(url, login=exchange.admin, limit=7).json()["next"]
    pages = [get(url, login=exchange.admin, next=token, limit=9) for _ in range(ASKED)]
    assert {page.status_code for page in pages} == {200}
    expected = [f"number {number}" for number in range(7, 16)]
    assert [[one["name"] for one in page.json()["objects"]] for page in pages] == [expected] * ASKED


def test_what_one_process_stored_all_of_them_read_at_once(exchange: RunningExchange, url: str) -> None:
    """No process answers with an older state than the client has seen acknowledged."""
    for number in range(100, 100 + ASKED):
        assert post(url, envelope(indicator(number)), login=exchange.admin).status_code == 202
        assert get(f"{url}{indicator(number)['id']}/", login=exchange.admin).json()["objects"] == [indicator(number)]


def test_a_status_is_read_through_any_process(exchange: RunningExchange, url: str) -> None:
    posted = post(url, envelope(indicator(200)), login=exchange.admin).json()
    answers = [get(f"{exchange.url}/api/status/{posted['id']}/", login=exchange.admin) for _ in range(ASKED)]
    assert [answer.json() for answer in answers] == [posted] * ASKED


def test_a_new_member_and_a_new_token_work_at_once_everywhere(exchange: RunningExchange, url: str) -> None:
    """Added by the command line while the exchange serves; before, the same login fails everywhere."""
    assert {get(url, login=("new", "tocsin_wrong")).status_code for _ in range(ASKED)} == {401}
    login = exchange.add_member("new", "--role", "soc")
    assert {get(url, login=login).status_code for _ in range(ASKED)} == {200}
    token = exchange.add_token("new")
    assert {get(url, login=("new", token)).status_code for _ in range(ASKED)} == {200}
    assert {get(url, login=("new", f"{token}x")).status_code for _ in range(ASKED)} == {401}


def test_a_new_organisation_finds_its_outbox_everywhere(exchange: RunningExchange) -> None:
    """Seen within two seconds, by its own members alone."""
    outbox = tocsin_json("organisation", "add", "Beta AI", home=exchange.home)["outbox"]["id"]
    login = exchange.add_member("beta", "--role", "peer", "--organisation", "Beta AI", "--clearance", "amber")
    time.sleep(2)
    address = f"{exchange.url}/api/collections/{outbox}/"
    assert {get(address, login=login).status_code for _ in range(ASKED)} == {200}
    assert {get(address).status_code for _ in range(ASKED)} == {404}


def test_changed_rights_hold_everywhere_within_two_seconds(exchange: RunningExchange, url: str) -> None:
    """Taken away and given back, without a restart."""
    login = exchange.add_member("carl", "--role", "soc")
    file = exchange.home / "collections/indicators.toml"
    definition = file.read_text()
    assert {get(url, login=login).status_code for _ in range(ASKED)} == {200}
    for rights, expected in (('read = ["administrator"]', 404), ('read = ["*"]', 200)):
        file.write_text(definition.replace('read = ["*"]', rights))
        tocsin("collection", "apply", home=exchange.home)
        time.sleep(2)
        assert {get(url, login=login).status_code for _ in range(ASKED)} == {expected}
