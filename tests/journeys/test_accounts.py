"""Accounts on a server of several processes: what the operator changes counts on all of them within seconds, and so does the limit."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.journeys.conftest import Start
from tests.support.exchange import RunningExchange, tocsin_json

SECONDS = 2.5  # a process remembers for two who somebody is
LOGIN_NEEDED = "/api/collections/providers/"
Login = dict[str, object]


def status(exchange: RunningExchange, login: Login) -> int:
    """Of one request on a connection of its own, so that any process may get it."""
    return requests.get(exchange.url + LOGIN_NEEDED, timeout=10, **login).status_code


def statuses(exchange: RunningExchange, *logins: Login) -> list[set[int]]:
    """What each login gets from the processes, in thirty requests, a little while after something was changed."""
    time.sleep(SECONDS)
    return [{status(exchange, login) for _ in range(30)} for login in logins]


def test_what_the_operator_changes_counts_on_every_process_within_seconds(start: Start) -> None:
    """Disabled, enabled, rotated, expired and off-boarded while three processes serve."""
    exchange = start(workers=3)
    tocsin_json("organisation", "add", "Acme", home=exchange.home)
    ann: Login = {"auth": exchange.add_member("ann", "--role", "peer", "--organisation", "Acme")}
    bearer: Login = {"headers": {"Authorization": f"Bearer {exchange.add_token('ann')}"}}
    assert statuses(exchange, ann, bearer) == [{200}, {200}]
    tocsin_json("member", "disable", "ann", home=exchange.home)
    assert statuses(exchange, ann, bearer) == [{401}, {401}]
    tocsin_json("member", "enable", "ann", home=exchange.home)
    assert statuses(exchange, ann, bearer) == [{200}, {200}]

    new: Login = {"auth": ("ann", tocsin_json("member", "rotate", "ann", home=exchange.home)["password"])}
    (token,) = tocsin_json("token", "list", home=exchange.home)
    tocsin_json("token", "expire", token["id"], "--in", "0", home=exchange.home)
    assert statuses(exchange, ann, new, bearer) == [{401}, {200}, {401}]

    revoked = tocsin_json("organisation", "offboard", "Acme", home=exchange.home)
    assert revoked == {"name": "Acme", "members": ["ann"], "tokens": [], "peers": []}
    assert statuses(exchange, new, {"auth": exchange.admin}) == [{401}, {200}]


def test_the_limit_of_a_member_is_shared_by_the_processes(start: Start, database: str) -> None:
    """Asked as fast as can be for a while, three processes together answer about as much as the limit says, not three times that."""
    exchange = start(workers=3, database=database, environment={"TOCSIN_REQUESTS_PER_SECOND": "50", "TOCSIN_REQUEST_WAIT_SECONDS": "0"})
    token: Login = {"headers": {"Authorization": f"Bearer {exchange.add_token('admin')}"}}
    began = time.monotonic()

    def ask(_number: int) -> Counter[int]:
        found: Counter[int] = Counter()
        while time.monotonic() < began + 6:
            found[status(exchange, token)] += 1
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = sum(pool.map(ask, range(8)), Counter())
    seconds = time.monotonic() - began
    assert set(answers) == {200, 429}
    # A burst of 100, then 50 a second; and what each process may let pass without asking the others, 2.5 a second and 10 at once.
    at_most = 100 + 50 * seconds + 3 * (10 + 2.5 * seconds)
    assert 0.5 * (100 + 50 * seconds) <= answers[200] <= at_most * 1.1
    time.sleep(1)
    assert status(exchange, token) == 200
    refused = next(answer for answer in (requests.get(f"{exchange.url}/api/", timeout=10, **token) for _ in range(1_000)) if not answer.ok)
    assert (refused.headers["Retry-After"], refused.json()["title"]) == ("1", "Too many requests")
