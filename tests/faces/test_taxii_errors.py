"""Every refusal is a TAXII error body that says what to do (TAXII 2.1 §3.6.1), and tells nobody what it must not know."""

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite  # the same library as the server: two copies in one process do not see each other's locks
from werkzeug.test import TestResponse

from tests.faces.conftest import HIDDEN, MEDIA_TYPE, MISSING, NOBODY, House, Visitor, basic, body_of, objects_of, without_id
from tests.support.objects import envelope, indicator, uuid

OBJECT_ID = indicator(1)["id"]
SHARED = objects_of("shared")
LOGIN = 'Basic realm="tocsin", charset="UTF-8"'
Ask = Callable[[Visitor], TestResponse]


def error(title: str, description: str, status: int) -> tuple[int, dict[str, Any]]:
    """A whole error but its id."""
    return status, {"title": title, "description": description, "http_status": str(status)}


ERRORS: dict[str, tuple[str, Ask, tuple[int, dict[str, Any]]]] = {
    "400 a filter": (
        "acme-peer",
        lambda one: one.get(f"{SHARED}?added_after=yesterday"),
        error(
            "Bad request",
            "added_after: 'yesterday' is not a UTC timestamp; write it like \"2026-01-31T09:30:00.000Z\" (RFC 3339, UTC, ending in Z)",
            400,
        ),
    ),
    "400 a body": (
        "acme-peer",
        lambda one: one.post(b"{"),
        error("Bad request", "not JSON: input data was truncated; send valid JSON in UTF-8, without a byte order mark", 400),
    ),
    "401": (
        NOBODY,
        lambda one: one.get("/api/", headers={"Authorization": "Bearer wrong"}),
        error("Login needed", "this login is not valid; check the name and password, or the token", 401),
    ),
    "403 on read": (
        "acme-peer",
        lambda one: one.get(objects_of("drop")),
        error("Not allowed", "Forbidden to read collection 'drop'; ask the operator for the right to", 403),
    ),
    "403 on write": (
        "acme-peer",
        lambda one: one.post(envelope(indicator(1)), to="notice"),
        error("Not allowed", "Forbidden to write collection 'notice'; ask the operator for the right to", 403),
    ),
    "404 an object": (
        "acme-peer",
        lambda one: one.get(f"{SHARED}{OBJECT_ID}/"),
        error("Not found", f"shared has no object {OBJECT_ID}; look it up in the manifest", 404),
    ),
    "404 a version": (
        "acme-peer",
        lambda one: one.ask("DELETE", f"{SHARED}{OBJECT_ID}/"),
        error("Not found", f"shared has no such version of {OBJECT_ID}; list them with .../versions/", 404),
    ),
    "404 a collection": (
        "acme-peer",
        lambda one: one.get("/api/collections/nowhere/"),
        error("Not found", "there is no such collection; the collections that you may use are listed under collections/", 404),
    ),
    "404 an API root": (
        "acme-peer",
        lambda one: one.get("/elsewhere/collections/"),
        error("Not found", "there is no such API root; the API roots are listed under /taxii2/", 404),
    ),
    "404 a status": (
        "acme-peer",
        lambda one: one.get(f"/api/status/{uuid(1)}/"),
        error("Not found", "there is no such status; a status can be read for a week, by the member that posted", 404),
    ),
    "404 a path": (
        "acme-peer",
        lambda one: one.get("/api/collections/shared/nothing/"),
        error("Not found", "there is nothing at this address; discovery is at /taxii2/", 404),
    ),
    "405": (
        "acme-peer",
        lambda one: one.ask("DELETE", SHARED),
        error("Not possible here", "this address does not know that method; use one of those in the Allow header", 405),
    ),
    "406": (
        "acme-peer",
        lambda one: one.get(SHARED, headers={"Accept": "text/html"}),
        error("Not acceptable", f"this is served as {MEDIA_TYPE} alone; accept that", 406),
    ),
    "413": (
        "acme-peer",
        lambda one: one.post(b" " * 10_000_001),
        error("Too large", "the body is too large; send fewer objects at once", 413),
    ),
    "415": (
        "acme-peer",
        lambda one: one.post(envelope(indicator(1)), content_type="application/json"),
        error("Wrong media type", f"a body is taken as {MEDIA_TYPE} alone; say so in Content-Type", 415),
    ),
    "422": (
        "acme-peer",
        lambda one: one.post(b"{}"),
        error("Not an envelope", 'there is no `objects`; send {"objects": [...]} with at least one object', 422),
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_says_what_is_wrong_and_what_to_do(shared_house: House, case: str) -> None:
    """The whole body, its status as text, the media type, and an id that is also in a header."""
    caller, ask, expected = ERRORS[case]
    answer = ask(shared_house.visitor(caller))
    assert without_id(answer) == expected
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert re.fullmatch(r"[0-9a-f]{16}", body_of(answer)["error_id"])
    assert body_of(answer)["error_id"] == answer.headers["X-Request-Id"]
    assert answer.headers.get("WWW-Authenticate") == (LOGIN if answer.status_code == 401 else None)


HIDDEN_PATHS: dict[str, tuple[str, str]] = {
    "the collection": ("GET", "/api/collections/{}/"),
    "its manifest": ("GET", "/api/collections/{}/manifest/"),
    "its objects": ("GET", "/api/collections/{}/objects/"),
    "posting to it": ("POST", "/api/collections/{}/objects/"),
    "an object": ("GET", "/api/collections/{}/objects/" + OBJECT_ID + "/"),
    "deleting an object": ("DELETE", "/api/collections/{}/objects/" + OBJECT_ID + "/"),
    "versions": ("GET", "/api/collections/{}/objects/" + OBJECT_ID + "/versions/"),
    "a wrong filter": ("GET", "/api/collections/{}/objects/?added_after=x&next=y"),
}


@pytest.mark.parametrize("caller", [NOBODY, "watch", "ana"])
@pytest.mark.parametrize("case", HIDDEN_PATHS)
def test_a_hidden_collection_is_answered_like_one_that_does_not_exist(shared_house: House, case: str, caller: str) -> None:
    """Same status, same bytes, same headers, by id and by alias; only the request's own id differs."""
    shared_house.visitor("admin").put(indicator(1), to=HIDDEN)
    method, path = HIDDEN_PATHS[case]
    options = {"data": envelope(indicator(1)), "content_type": MEDIA_TYPE} if method == "POST" else {}
    answers = [
        shared_house.visitor(caller).ask(method, path.format(name), headers={"X-Request-Id": "the-same-id"}, **options)
        for name in (HIDDEN, "5f1a8c52-64b0-4a5e-9d0e-3a6c7b6f0004", MISSING, "nowhere")
    ]
    assert {(answer.status_code, answer.data, tuple(sorted(answer.headers))) for answer in answers} == {
        (404, answers[0].data, tuple(sorted(answers[0].headers)))
    }


def test_another_members_status_is_answered_like_one_that_does_not_exist(shared_house: House) -> None:
    """Not even an administrator reads it; the same bytes but the request's id."""
    status = shared_house.visitor("acme-peer").put(indicator(2))
    for caller in (NOBODY, "beta-peer", "watch", "admin"):
        visitor = shared_house.visitor(caller)
        answers = [visitor.get(f"/api/status/{name}/", headers={"X-Request-Id": "the-same-id"}) for name in (status["id"], uuid(9), "x")]
        assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}


@pytest.mark.parametrize("part", ["objects/", "manifest/", f"objects/{OBJECT_ID}/", f"objects/{OBJECT_ID}/versions/"])
def test_who_may_only_write_is_forbidden_to_read(house: House, part: str) -> None:
    """403, whether the object is there or not."""
    house.visitor("acme-peer").put(indicator(1), to="drop")
    path = f"/api/collections/drop/{part}"
    assert house.visitor("acme-peer").get(path).status_code == 403
    assert house.visitor("admin").get(path).status_code == 200
    assert house.visitor("watch").get(path).status_code == 404


def test_who_may_only_read_is_forbidden_to_write_and_to_delete(house: House) -> None:
    """403 to both, and nothing changes."""
    house.visitor("admin").put(indicator(1), to="notice")
    before = house.visitor("watch").manifest("notice")
    assert house.visitor("watch").post(envelope(indicator(2)), to="notice").status_code == 403
    assert house.visitor("watch").ask("DELETE", f"{objects_of('notice')}{OBJECT_ID}/").status_code == 403
    assert house.visitor("watch").manifest("notice") == before


def test_who_may_only_write_is_forbidden_to_delete(house: House) -> None:
    """Deleting needs both rights (TAXII 2.1 §5.7), even for what the caller posted itself."""
    house.visitor("acme-peer").put(indicator(1), to="drop")
    assert house.visitor("acme-peer").ask("DELETE", f"{objects_of('drop')}{OBJECT_ID}/").status_code == 403
    assert len(house.visitor("admin").manifest("drop")) == 1


def test_an_object_of_another_member_is_not_deleted(house: House) -> None:
    """403 with whom to ask; one foreign version among those that are named saves them all; an administrator may."""
    mine, theirs = indicator(1), indicator(1, modified="2026-02-01T00:00:00.000Z")
    house.visitor("acme-peer").put(mine)
    house.visitor("beta-peer").put(theirs)
    answer = house.visitor("acme-peer").ask("DELETE", f"{SHARED}{OBJECT_ID}/")
    expected = error("Not allowed", "another member posted this; ask that member or an administrator to delete it", 403)
    assert without_id(answer) == expected
    assert len(house.visitor("admin").manifest()) == 2
    assert house.visitor("admin").ask("DELETE", f"{SHARED}{OBJECT_ID}/").status_code == 200
    assert house.visitor("admin").manifest() == []


def test_a_member_without_the_clearance_of_a_collection_may_only_write_to_it(house: House) -> None:
    """Acme's peer is cleared for GREEN: it brings things to an AMBER collection, and does not read them there."""
    assert house.visitor("acme-peer").post(envelope(indicator(1)), to="amber").status_code == 202
    assert house.visitor("acme-peer").get(objects_of("amber")).status_code == 403
    assert body_of(house.visitor("beta-peer").get(objects_of("amber"))) == {"more": False, "objects": [indicator(1)]}


def test_a_locked_store_is_503_with_the_time_to_wait_and_changes_nothing(house: House) -> None:
    """Another process holds the write lock for longer than we wait."""
    with closing(sqlite.connect(house.home / "tocsin.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = house.visitor("acme-peer").post(envelope(indicator(1)))
        other.execute("ROLLBACK")
    assert without_id(answer) == error("Busy", "the exchange is busy; try again shortly", 503)
    assert answer.headers["Retry-After"] == "5"
    assert house.visitor("acme-peer").manifest() == []


def test_a_broken_store_is_500_without_an_inner_text_and_changes_nothing(house: House) -> None:
    """Whoever sees it can name the error_id; the reason is in the log."""
    with closing(sqlite.connect(house.home / "tocsin.db", isolation_level=None)) as other:
        other.execute("ALTER TABLE status RENAME TO lost")
        answer = house.visitor("acme-peer").post(envelope(indicator(1)))
        other.execute("ALTER TABLE lost RENAME TO status")
    assert without_id(answer) == error("Server error", "something went wrong here; tell the operator the error_id", 500)
    assert house.visitor("acme-peer").manifest() == []


def test_readiness_is_503_when_the_store_is_not_usable(house: House) -> None:
    """A load balancer sends nobody here then; liveness does not depend on the store."""
    ready = house.visitor().get("/readyz")
    (house.home / "tocsin.db").unlink()
    lost = house.reopened().visitor()
    assert (ready.status_code, body_of(ready)) == (200, {"status": "ready"})
    assert (lost.get("/readyz").status_code, body_of(lost.get("/readyz"))) == (503, {"status": "not ready"})
    assert (lost.get("/healthz").status_code, body_of(lost.get("/healthz"))) == (200, {"status": "ok"})


def test_wrong_basic_credentials_are_told_apart_by_nothing(shared_house: House) -> None:
    """A name that exists, one that does not, the operator who has no password, and a made-up token."""
    logins = [basic("ana", "wrong wrong wrong"), basic("nobody-here", "x" * 20), basic("operator", ""), basic("x", "tocsin_wrong")]
    answers = [shared_house.visitor().get("/api/", headers={**login, "X-Request-Id": "the-same-id"}) for login in logins]
    assert {(answer.status_code, answer.data) for answer in answers} == {(401, answers[0].data)}
