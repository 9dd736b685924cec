"""The log of a server: one JSON line a request, with an id that the caller also has, and no secret (ADR 0005)."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.faces.conftest import MEDIA_TYPE, basic
from tests.support.exchange import RunningExchange
from tests.support.objects import envelope, indicator

CANARY = "canary"  # what is secret in the tour holds this word
OBJECTS = "/api/collections/indicators/objects/"
FIELDS = {"event", "level", "timestamp", "request_id", "method", "path", "status", "member", "milliseconds"}


@dataclass(frozen=True)
class Tour:
    """What was done, and what the server wrote of it."""

    secrets: tuple[str, ...]
    text: str
    lines: list[dict[str, Any]]
    failed_id: str  # of the request that met a broken store


def walk(exchange: RunningExchange) -> tuple[str, ...]:
    """Logs in in every way, right and wrong, reads, writes, errs; gives the secrets that were sent."""
    token, password = exchange.add_token("admin"), exchange.password
    logins = [
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Token {token}"},
        {"X-API-Key": token},
        basic("admin", password),
        basic("admin", token),
        basic("admin", f"{CANARY}-wrong"),
        {"Authorization": f"Bearer {CANARY}"},
        {"Authorization": f"{CANARY} {CANARY}"},
        {"X-API-Key": CANARY},
        {},
    ]
    with requests.Session() as session:
        for headers in logins:
            session.get(f"{exchange.url}{OBJECTS}?limit=1&q={CANARY}", headers={**headers, "X-Secret": CANARY, "Cookie": CANARY})
        session.auth = ("admin", password)
        for body in (envelope(indicator(1, x_secret=CANARY), indicator(2)), f'{{"{CANARY}":'.encode(), b"{}"):
            session.post(f"{exchange.url}{OBJECTS}?{CANARY}=1", data=body, headers={"Content-Type": MEDIA_TYPE})
        cursor = session.get(f"{exchange.url}{OBJECTS}?limit=1").json()["next"]
        for query in (f"next={cursor}", f"next={CANARY}", f"added_after={CANARY}", f"match[{CANARY}]={CANARY}", f"match[id]={CANARY}"):
            session.get(f"{exchange.url}{OBJECTS}?{query}")
        session.put(f"{exchange.url}/nowhere/?{CANARY}", data=CANARY)
    return token, password, cursor, CANARY, *(value.split()[1] for value in (basic("admin", password)["Authorization"],))


def meet_a_broken_store(exchange: RunningExchange) -> str:
    """A POST and a login while tables are missing; the id of the POST's error."""
    with closing(sqlite3.connect(exchange.home / "tocsin.db", isolation_level=None)) as other:
        other.execute("ALTER TABLE status RENAME TO lost")
        body = envelope(indicator(3, x_secret=CANARY))
        headers = {"Content-Type": MEDIA_TYPE}
        answer = requests.post(f"{exchange.url}{OBJECTS}", data=body, headers=headers, auth=exchange.admin, timeout=10)
        other.execute("ALTER TABLE lost RENAME TO status")
        other.execute("ALTER TABLE member RENAME TO lost")
        requests.get(f"{exchange.url}{OBJECTS}", auth=(f"{CANARY}-name", f"{CANARY}-password"), timeout=10)
        other.execute("ALTER TABLE lost RENAME TO member")
    assert answer.status_code == 500
    return str(answer.json()["error_id"])


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """A served exchange, walked through once."""
    exchange = RunningExchange.make(tmp_path_factory.mktemp("log") / "home").start()
    secrets = walk(exchange)
    for given in ("my-request-0001", f"no good {CANARY}", "short", "x" * 65):
        answer = requests.get(f"{exchange.url}/taxii2/", headers={"X-Request-Id": given}, timeout=10)
        assert (answer.headers["X-Request-Id"] == given) == (given == "my-request-0001")
    failed_id = meet_a_broken_store(exchange)
    exchange.stop()
    text = exchange.log()
    yield Tour(secrets, text, [json.loads(line) for line in text.splitlines() if line.startswith("{")], failed_id)


def test_what_a_request_leaves_is_one_line_with_these_fields(tour: Tour) -> None:
    """All lines are JSON but what the command line says at its start."""
    requested = [line for line in tour.lines if line["event"] == "request"]
    assert {frozenset(line) for line in requested} == {frozenset(FIELDS)}
    assert len({line["request_id"] for line in requested}) == len(requested)
    assert {line["member"] for line in requested} == {"", "admin"}
    others = [line for line in tour.text.splitlines() if not line.startswith("{")]
    assert [line.split(":")[0] for line in others if line] == ["TAXII 2.1 discovery", "API root"]


def test_a_request_id_is_taken_over_where_it_is_harmless(tour: Tour) -> None:
    """An id of letters, digits and a few signs follows a request through several systems; any other is replaced."""
    ids = {line["request_id"] for line in tour.lines}
    assert "my-request-0001" in ids
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids - {"my-request-0001"})


def test_no_secret_is_in_the_log(tour: Tour) -> None:
    """No password, token, key, cursor, query, header or body; not even where the store broke in the middle."""
    assert len(tour.lines) > 20
    assert [secret for secret in tour.secrets if secret in tour.text] == []


def test_a_failure_of_ours_is_in_the_log_under_the_id_that_the_caller_got(tour: Tour) -> None:
    """With the traceback that the caller did not get."""
    failure = next(line for line in tour.lines if line["event"] == "failed" and line["request_id"] == tour.failed_id)
    assert "no such table" in failure["exception"] and "Traceback" in failure["exception"]
