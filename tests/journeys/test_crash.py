"""kill -9 of the server and all its workers, at any moment, while clients push: what was acknowledged is there, once."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import pytest
import requests

from tests.journeys.conftest import Start
from tests.support.exchange import RunningExchange, tocsin_json
from tests.support.objects import envelope, indicator
from tests.support.postgres import new_database
from tests.support.traffic import get, post, walk

WRITERS = 3


@dataclass
class Pusher:
    """A client that pushes envelope after envelope, each again until it is acknowledged."""

    url: str
    login: tuple[str, str]
    first: int  # number of its first object
    acknowledged: dict[str, int] = field(default_factory=dict)  # id of the object: number
    statuses: list[str] = field(default_factory=list)
    interruptions: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        numbers = count(self.first)
        while not self.stopping.is_set():
            part = [indicator(next(numbers)) for _ in range(random.randint(1, 30))]
            status = self._push(envelope(*part))
            assert status["success_count"] == len(part), status
            self.statuses.append(status["id"])
            self.acknowledged |= {one["id"]: int(one["name"].split()[1]) for one in part}

    def _push(self, body: bytes) -> dict[str, object]:
        while True:
            try:
                answer = post(self.url, body, login=self.login)
            except requests.RequestException:
                self.interruptions += 1
                time.sleep(0.02)
                continue
            assert answer.status_code in (202, 503), answer.text
            if answer.status_code == 202:
                return dict(answer.json())


def push_through_kills(exchange: RunningExchange, *, kills: int) -> list[Pusher]:
    """Pushes while the server is killed and started again; ends with a server that runs."""
    url, login = exchange.objects_url("indicators"), ("admin", exchange.add_token("admin"))
    pushers = [Pusher(url, login, first=number * 1_000_000) for number in range(WRITERS)]
    threads = [threading.Thread(target=pusher.run) for pusher in pushers]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        time.sleep(random.uniform(0.0, 0.8))
        exchange.kill()
        exchange.start()
    for pusher in pushers:
        pusher.stopping.set()
    for thread in threads:
        thread.join()
    return pushers


def require_everything(exchange: RunningExchange, pushers: list[Pusher]) -> None:
    """Every acknowledged object is there, none twice, with the content that was sent; statuses survived with their objects."""
    acknowledged = {identifier: number for pusher in pushers for identifier, number in pusher.acknowledged.items()}
    url = exchange.objects_url("indicators")
    listed = list(walk(url.replace("/objects/", "/manifest/"), login=exchange.admin, **{"match_version": "all", "limit": 1000}))
    assert Counter((one["id"], one["version"]) for one in listed) == Counter((name, indicator()["modified"]) for name in acknowledged)
    stamps = [one["date_added"] for one in listed]
    assert stamps == sorted(set(stamps))
    stored = {one["id"]: one for one in walk(url, login=exchange.admin, limit=1000)}
    assert stored == {name: indicator(number) for name, number in acknowledged.items()}
    statuses = [status for pusher in pushers for status in pusher.statuses]
    for status in random.sample(statuses, min(20, len(statuses))):
        assert get(f"{exchange.url}/api/status/{status}/", login=exchange.admin).json()["status"] == "complete"
    assert tocsin_json("db", "check", home=exchange.home) == {"faults": []}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_acknowledged_object_survives_kill_9(start: Start, workers: int) -> None:
    """SQLite, 20 kills in all, at random points."""
    exchange = start(workers=workers)
    pushers = push_through_kills(exchange, kills=10)
    assert all(pusher.interruptions and pusher.statuses for pusher in pushers)
    require_everything(exchange, pushers)


def test_an_acknowledged_object_survives_kill_9_on_postgresql(start: Start) -> None:
    """The server's processes die; the database goes on and undoes what was not committed."""
    exchange = start(database=new_database(), workers=2)
    require_everything(exchange, push_through_kills(exchange, kills=4))


def test_an_envelope_is_stored_whole_or_not_at_all(start: Start) -> None:
    """Killed in the middle of large posts that nobody repeats: of each, everything is there or nothing."""
    exchange = start()
    url = exchange.objects_url("indicators")
    for turn in range(4):
        body = envelope(*(indicator(turn * 1_000 + number) for number in range(400)))
        thread = threading.Thread(target=_try_to_post, args=(url, body, exchange.admin))
        thread.start()
        time.sleep(random.uniform(0.0, 0.15))
        exchange.kill()
        thread.join()
        exchange.start()
    parts = Counter(one["name"].split()[1].zfill(4)[0] for one in walk(url, login=exchange.admin, limit=1000))
    assert set(parts.values()) <= {400}
    assert tocsin_json("db", "check", home=exchange.home) == {"faults": []}


def _try_to_post(url: str, body: bytes, login: tuple[str, str]) -> None:
    try:
        post(url, body, login=login)
    except requests.RequestException:
        return


@pytest.mark.soak
def test_an_acknowledged_object_survives_kill_after_kill(start: Start, database: str) -> None:
    """The same for minutes, on both databases."""
    exchange = start(database=database, workers=2)
    require_everything(exchange, push_through_kills(exchange, kills=60))
