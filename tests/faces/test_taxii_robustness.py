"""Whatever comes: no fault of ours, no HTML, always a TAXII error or a resource."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faces.conftest import MEDIA_TYPE, NOBODY, House, furnish, objects_of
from tests.support.exchange import tocsin
from tests.support.objects import envelope, indicator, uuid
from tests.support.postgres import new_database
from tocsin.config import load_config
from tocsin.faces.app import create_app

OBJECT_ID = indicator(1)["id"]
ODD = st.one_of(
    st.text(max_size=12).map(lambda text: quote(text, safe="", errors="replace")),
    st.binary(max_size=12).map(quote_from_bytes),
    st.sampled_from(["%00", "%2e%2e", "..", ".", "%2f", "%5c", "%ff", "%ed%a0%80", "", "x" * 3_000, "%", "%zz", ";a=b", "%0d%0a"]),
)
KNOWN = st.sampled_from(
    ["api", "taxii2", "collections", "shared", "drop", "objects", "manifest", "versions", "status", "healthz", OBJECT_ID, uuid(1)]
)
PATHS = st.one_of(
    st.lists(st.one_of(KNOWN, ODD), max_size=7).map(lambda parts: "/" + "/".join(parts)),
    st.builds("/api/collections/{}/{}/".format, ODD, ODD),
    st.builds("/api/collections/shared/objects/{}/{}".format, ODD, st.sampled_from(["", "versions/", "versions"])),
    st.builds("/api/status/{}/".format, ODD),
    st.sampled_from([objects_of("shared"), "/api/collections/shared/manifest/", f"/api/collections/shared/objects/{OBJECT_ID}/versions/"]),
)
PARAMETERS = st.sampled_from(["limit", "next", "added_after", *(f"match[{each}]" for each in ("id", "type", "version", "spec_version"))])
QUERIES = st.lists(st.builds("{}={}".format, st.one_of(PARAMETERS, ODD), ODD), max_size=4).map("&".join)
HEADER_NAMES = st.sampled_from(
    [
        *["Accept", "Content-Type", "Authorization", "X-API-Key", "X-Request-Id", "Host", "Content-Encoding", "Transfer-Encoding"],
        *["Cookie", "Range", "If-None-Match", "If-Modified-Since", "X-Forwarded-Host", "X-HTTP-Method-Override", "Origin", "Expect"],
    ]
)
HEADER_VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=40),
    st.sampled_from(
        ["*/*", MEDIA_TYPE, "Basic Og==", "Bearer x", "gzip", "chunked", "bytes=0-1", ";", ",", '"', "a=b;q=", "q=nan", "*/*;q=nan"]
    ),
)
BODIES = st.one_of(
    st.binary(max_size=40),
    st.just(envelope(indicator(1))),
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["objects", "type", "id"]), inner, max_size=3)
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)
METHODS = st.sampled_from(
    ["GET", "GET", "GET", "HEAD", "POST", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "get", "X"]
)


def complaint(answer: Any) -> str | None:
    """What is wrong with an answer, whatever was asked."""
    if answer.status_code >= 500 or 300 <= answer.status_code < 400:
        return f"status {answer.status_code}"
    is_health = answer.headers["Content-Type"] == "application/json" and answer.status_code == 200
    if answer.headers["Content-Type"] != MEDIA_TYPE and not is_health:
        return f"type {answer.headers['Content-Type']}"
    if not answer.data:
        return None if answer.status_code < 300 or answer.request.method == "HEAD" else "an error without a body"
    body = json.loads(answer.data)
    wanted = {"title", "description", "error_id", "http_status"}
    is_error = set(body) == wanted and all(isinstance(text, str) and text for text in body.values())
    if answer.status_code >= 400 and not (is_error and body["http_status"] == str(answer.status_code)):
        return f"not a TAXII error: {body}"
    return None if isinstance(body, dict) else "no object"


@settings(max_examples=400)
@given(
    caller=st.sampled_from([NOBODY, "acme-peer", "admin"]),
    method=METHODS,
    path=PATHS,
    query=QUERIES,
    headers=st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=3),
    body=BODIES,
)
def test_nothing_that_comes_is_a_fault_of_ours(
    shared_house: House, caller: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    """Any method, path, query, headers and body: never a 5xx, a redirect or HTML, always a resource or a whole TAXII error."""
    options: dict[str, Any] = {"data": body, "content_type": MEDIA_TYPE} if method in ("POST", "PUT", "PATCH") else {}
    # The test client would take //x for a host: what follows the second slash goes in where a server would put it.
    options |= {"environ_overrides": {"PATH_INFO": path}} if path.startswith("//") else {}
    answer = shared_house.visitor(caller).ask(
        method, "/" if path.startswith("//") else path, query_string=query, headers=headers, **options
    )
    assert complaint(answer) is None


@settings(max_examples=150)
@given(body=st.one_of(BODIES, st.binary(max_size=300)), cut=st.integers(0, 600), at=st.integers(0, 600), byte=st.integers(0, 255))
def test_no_body_is_a_fault_of_ours(shared_house: House, body: bytes, cut: int, at: int, byte: int) -> None:
    """A valid envelope with one byte changed and its end cut, and bytes of any kind."""
    valid = bytearray(envelope(indicator(1)))
    valid[at % len(valid)] = byte
    for each in (body, bytes(valid), bytes(valid[:cut])):
        answer = shared_house.visitor("acme-peer").post(each)
        assert complaint(answer) is None
        assert answer.status_code in (202, 400, 422)


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same exchange on the other database, which refuses text that SQLite takes."""
    home = tmp_path_factory.mktemp("postgres") / "home"
    tocsin("init", str(home), "--database", new_database())
    tokens = furnish(home)
    return House(home, create_app(load_config(home)), "", tokens)


STRANGE = ["%00", "a%00b", "%ed%a0%80", "%ff", "%F0%9F%94%94", "x" * 5_000, "%27;--"]
PLACES: dict[str, Callable[[str], str]] = {
    "a collection": lambda text: f"/api/collections/{text}/",
    "an object": lambda text: f"{objects_of('shared')}{text}/",
    "versions": lambda text: f"{objects_of('shared')}{text}/versions/",
    "a status": lambda text: f"/api/status/{text}/",
    "match[id]": lambda text: f"{objects_of('shared')}?match[id]={text}",
    "match[type]": lambda text: f"{objects_of('shared')}?match[type]={text},indicator",
    "next": lambda text: f"{objects_of('shared')}?next={text}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_text_that_postgresql_cannot_hold_is_only_not_found(on_postgres: House, place: str, method: str) -> None:
    """U+0000 above all; wherever text of a URL becomes part of a statement."""
    for text in STRANGE:
        answer = on_postgres.visitor("admin").ask(method, PLACES[place](text))
        assert complaint(answer) is None and answer.status_code in (200, 400, 404, 405), text


@pytest.mark.parametrize("name", ["a\0b", "\0", "x" * 5_000, "\U0001f514"])
def test_a_login_name_that_postgresql_cannot_hold_is_a_wrong_login(on_postgres: House, name: str) -> None:
    """401 like any other."""
    assert on_postgres.visitor().get("/api/", auth=(name, "password")).status_code == 401


def test_numbers_at_the_ends_of_their_range_are_no_fault(on_postgres: House) -> None:
    """Instants and limits that a database column might not hold."""
    for query in ("added_after=0001-01-01T00:00:00Z", "added_after=9999-12-31T23:59:59.999999999Z", "limit=" + "9" * 18):
        assert on_postgres.visitor("admin").get(f"{objects_of('shared')}?{query}").status_code == 200
