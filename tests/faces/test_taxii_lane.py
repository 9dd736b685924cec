"""The short way for a page of objects answers what the long way answers, or leaves it to it (ADR 0011)."""

import re

import pytest
from werkzeug.test import TestResponse

from tests.faces.conftest import MISSING, House, objects_of
from tests.support.objects import attack_pattern, domain_name, indicator
from tocsin.faces.taxii import lane
from tocsin.faces.taxii.backend import TaxiiBackend
from tocsin.wiring import Exchange

LATER = "2026-01-02T00:00:00.000Z"
QUERIES = [
    "",
    "?limit=1",
    "?limit=2&match[version]=all",
    "?limit=100000",
    "?limit=0",
    "?limit=1_0",
    "?limit=1&limit=2",
    "?limit=%EF%BC%95",
    "?added_after=2026-01-01T00:00:00Z",
    "?added_after=2999-01-01T00:00:00Z",
    "?added_after=yesterday",
    "?added_after=2026-01-01T00%3A00%3A00Z&limit=1",
    "?match[type]=indicator",
    "?match%5Btype%5D=indicator,domain-name&match[version]=first,last",
    "?match[type]=",
    "?match[name]=x",
    "?match[id]=%ff",
    "?match[id]=a+b",
    "?match[spec_version]=2.0",
    "?next=broken",
    "?unknown=1",
    "?&&",
]
PATHS = [objects_of("shared"), objects_of("shared").rstrip("/"), objects_of("drop"), objects_of("hidden"), objects_of(MISSING)]


@pytest.fixture
def filled(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Some objects, and a clock that stands still, so that two tokens of one page are equal."""
    house.visitor("ana").put(indicator(1), indicator(1, modified=LATER), attack_pattern(2), domain_name(3))
    moment = Exchange.now()
    monkeypatch.setattr(Exchange, "now", staticmethod(lambda: moment))
    return house


def seen(answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
    """All of an answer but the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return answer.status_code, headers, re.sub(rb'"error_id":"[^"]*"', b"", answer.data)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["nobody", "ana", "acme-peer"])
def test_both_ways_give_the_same_answers(filled: House, monkeypatch: pytest.MonkeyPatch, path: str, name: str) -> None:
    """Status, headers and bytes, for every query; the login is remembered from the request before."""
    visitor = filled.visitor(name)
    visitor.get("/taxii2/")
    short = [seen(visitor.ask(method, path + query)) for query in QUERIES for method in ("GET", "HEAD")]
    monkeypatch.setattr(lane, "_OBJECTS", re.compile("(never)"))
    assert [seen(visitor.ask(method, path + query)) for query in QUERIES for method in ("GET", "HEAD")] == short


def test_a_walk_may_change_its_way_at_every_page(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `next` of one way is good on the other."""
    visitor, pages, token = filled.visitor("ana"), list[bytes](), ""
    for pattern in (lane._OBJECTS, re.compile("(never)")) * 2:
        monkeypatch.setattr(lane, "_OBJECTS", pattern)
        answer = visitor.get(f"{objects_of('shared')}?limit=1&match[version]=all" + (f"&next={token}" if token else ""))
        token = _next(answer)
        pages.append(answer.data)
    assert len(set(pages)) == 4


def test_a_plain_page_takes_the_short_way(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the login is remembered, medallion is not asked."""
    monkeypatch.setattr(TaxiiBackend, "get_objects", None)
    assert filled.visitor().get(objects_of("board")).status_code == 200
    visitor = filled.visitor("watch")
    assert [visitor.get(objects_of("shared")).status_code for _ in range(2)] == [500, 200]


def _next(answer: TestResponse) -> str:
    found = re.search(rb'"next":"([^"]+)"', answer.data)
    return found[1].decode() if found else ""
