"""Every form in which clients show who they are, and every route for every role (ADR 0006)."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faces.conftest import COLLECTIONS, HIDDEN, MEDIA_TYPE, MEMBERS, NOBODY, PASSWORD, House, basic, body_of, objects_of
from tests.support.objects import INSTANT, envelope, indicator, uuid

LOGIN_NEEDED = ("GET", "/api/collections/notice/")  # members see it, the public does not
OBJECT_ID = indicator(5_000)["id"]  # posted by nobody here


def status_of(house: House, headers: dict[str, str]) -> int:
    """What becomes of a request with these credentials."""
    return house.visitor().get(LOGIN_NEEDED[1], headers=headers).status_code


def forms(token: str) -> dict[str, dict[str, str]]:
    """Every way to show a token or a password."""
    return {
        "Bearer": {"Authorization": f"Bearer {token}"},
        "bearer": {"Authorization": f"bearer {token}"},
        "Bearer and spaces": {"Authorization": f"  Bearer   {token}  "},
        "Token": {"Authorization": f"Token {token}"},
        "X-API-Key": {"X-API-Key": token},
        "x-api-key and spaces": {"x-api-key": f" {token} "},
        "token as password": basic("acme-peer", token),
        "token as password of any name": basic("whoever", token),
        "token as password of nobody": basic("", token),
        "Basic": basic("acme-peer", PASSWORD),
        "basic": {"Authorization": basic("acme-peer", PASSWORD)["Authorization"].replace("Basic", "bAsIC")},
        "the good one beside a key": {**basic("acme-peer", PASSWORD), "X-API-Key": "wrong"},
    }


@pytest.mark.parametrize("form", forms(""))
def test_every_form_of_login_is_understood(shared_house: House, form: str) -> None:
    """And is the same member, as its status shows."""
    headers = forms(shared_house.tokens["acme-peer"])[form]
    assert status_of(shared_house, headers) == 200
    status = shared_house.visitor("acme-peer").put(indicator(1))
    assert shared_house.visitor().get(f"/api/status/{status['id']}/", headers=headers).status_code == 200


def encoded(text: bytes) -> str:
    """A Basic header of these bytes."""
    return "Basic " + b64encode(text).decode()


MALFORMED = [
    "",
    " ",
    "Basic",
    "Basic ",
    "Basic !!!",
    "Basic YWJj",  # no colon
    "Basic YW5hOmFiYw",  # no padding
    "Bearer",
    "Bearer ",
    "Token",
    "Digest username=ana",
    "Negotiate abc",
    "tocsin_abc",
    "Bearer Bearer",
    "Basic Basic",
    "\u00e9",
    encoded(b"\xff\xfe:x"),
    encoded(b"a\0na:x"),
    encoded(b"ana:\0"),
    encoded(":\u00e9".encode()),
    encoded(b"x" * 60_000),
    "Bearer " + "x" * 60_000,
    "Bearer tocsin_\0",
    "Bearer a=b, c=d",
]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("path", ["/taxii2/", "/api/collections/board/"])
def test_a_login_that_is_not_understood_is_401_even_where_none_is_needed(shared_house: House, value: str, path: str) -> None:
    """Whoever shows something means to be somebody: to be taken for the public would hide the mistake."""
    answer = shared_house.visitor().get(path, headers={"Authorization": value})
    assert (answer.status_code, body_of(answer)["http_status"]) == (401, "401")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="tocsin", charset="UTF-8"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("key", ["", " ", "x", "\u00e9"])
def test_a_wrong_api_key_is_401(shared_house: House, key: str) -> None:
    """Like a wrong token."""
    assert status_of(shared_house, {"X-API-Key": key}) == 401


@pytest.mark.parametrize("name", ["admin", "user", "operator", "anonymous", "root", "", "ana", "acme-peer"])
def test_there_is_no_default_login(shared_house: House, name: str) -> None:
    """Neither medallion's own, nor a name with itself or nothing as password."""
    assert {status_of(shared_house, basic(name, password)) for password in ("", name, "pass", "password", "admin", "None")} == {401}


def test_a_password_counts_only_for_its_own_member_and_in_its_own_case(shared_house: House) -> None:
    """Names and passwords are compared exactly."""
    assert status_of(shared_house, basic("admin", shared_house.admin_password)) == 200
    for name, password in (("ana", shared_house.admin_password), ("Admin", shared_house.admin_password), ("ana", PASSWORD.upper())):
        assert status_of(shared_house, basic(name, password)) == 401
    assert status_of(shared_house, basic("ana", shared_house.tokens["ana"].upper())) == 401


# Every route, as app.url_map has it, with a request that reaches it.
ROUTES: dict[tuple[str, str], str] = {
    ("GET", "/taxii2/"): "/taxii2/",
    ("GET", "/<string:api_root>/"): "/api/",
    ("GET", "/<string:api_root>/status/<string:status_id>/"): f"/api/status/{uuid(1)}/",
    ("GET", "/<string:api_root>/collections/"): "/api/collections/",
    ("GET", "/<string:api_root>/collections/<string:collection_id>/"): "/api/collections/{}/",
    ("GET", "/<string:api_root>/collections/<string:collection_id>/manifest/"): "/api/collections/{}/manifest/",
    ("GET", "/<string:api_root>/collections/<string:collection_id>/objects/"): "/api/collections/{}/objects/",
    ("POST", "/<string:api_root>/collections/<string:collection_id>/objects/"): "/api/collections/{}/objects/",
    ("GET", "/<string:api_root>/collections/<string:collection_id>/objects/<string:object_id>/"): "/api/collections/{}/objects/{id}/",
    ("DELETE", "/<string:api_root>/collections/<string:collection_id>/objects/<string:object_id>/"): "/api/collections/{}/objects/{id}/",
    ("GET", "/<string:api_root>/collections/<string:collection_id>/objects/<string:object_id>/versions/"): (
        "/api/collections/{}/objects/{id}/versions/"
    ),
    ("GET", "/healthz"): "/healthz",
    ("GET", "/readyz"): "/readyz",
}
CALLERS = [NOBODY, "admin", *MEMBERS]
RIGHTS = {  # collection: caller: what it may do, written out by hand from the definitions and clearances
    "amber": {NOBODY: "", "admin": "", "ana": "rw", "acme-peer": "w", "beta-peer": "rw", "watch": ""},
    "board": {NOBODY: "r", "admin": "rw", "ana": "rw", "acme-peer": "r", "beta-peer": "r", "watch": "r"},
    "drop": {NOBODY: "", "admin": "rw", "ana": "", "acme-peer": "w", "beta-peer": "w", "watch": ""},
    HIDDEN: {NOBODY: "", "admin": "rw", "ana": "", "acme-peer": "", "beta-peer": "", "watch": ""},
    "notice": {NOBODY: "", "admin": "rw", "ana": "r", "acme-peer": "r", "beta-peer": "r", "watch": "r"},
    "shared": {NOBODY: "", "admin": "rw", "ana": "rw", "acme-peer": "rw", "beta-peer": "rw", "watch": "r"},
}


def expected_status(method: str, path: str, right: str) -> int:
    """What the standard and ADR 0005 say of one request with one right; the object is not there."""
    if "{}" not in path:
        return 404 if "status" in path else 200
    if not right:
        return 404
    wanted = {"POST": "w", "DELETE": "rw"}.get(method, "r")
    if path == "/api/collections/{}/":
        return 200
    if not set(wanted) <= set(right):
        return 403
    return 202 if method == "POST" else 404 if "{id}" in path else 200


def requests() -> Iterator[tuple[str, str, str]]:
    """Every route with every collection; those without one stand once."""
    for (method, _rule), path in ROUTES.items():
        for alias in COLLECTIONS if "{}" in path else [""]:
            yield method, path, alias


def test_every_route_of_the_app_is_in_the_matrix(shared_house: House) -> None:
    """A new route fails here until its rights are written down."""
    rules = shared_house.app.url_map.iter_rules()
    assert {(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}} == set(ROUTES)
    assert set(RIGHTS) == set(COLLECTIONS) and {frozenset(row) for row in RIGHTS.values()} == {frozenset(CALLERS)}


@pytest.mark.parametrize("caller", CALLERS)
def test_every_caller_gets_from_every_route_and_collection_what_its_rights_say(shared_house: House, caller: str) -> None:
    """All roles against all routes and kinds of collection; a difference is shown by its request."""
    visitor = shared_house.visitor(caller)
    mine = indicator(1_000 + CALLERS.index(caller))
    got: dict[tuple[str, str, str], int] = {}
    for method, path, alias in requests():
        options: dict[str, Any] = {"data": envelope(mine), "content_type": MEDIA_TYPE} if method == "POST" else {}
        got[method, path, alias] = visitor.ask(method, path.format(alias, id=OBJECT_ID), **options).status_code
    expected = {(method, path, alias): expected_status(method, path, RIGHTS.get(alias, {}).get(caller, "")) for method, path, alias in got}
    assert {request: status for request, status in got.items() if status != expected[request]} == {}


@pytest.mark.parametrize("caller", CALLERS)
def test_what_needed_a_login_is_not_kept_by_caches(shared_house: House, caller: str) -> None:
    """Successes and errors of members say no-store; what the public gets may be kept."""
    visitor = shared_house.visitor(caller)
    for method, path, alias in requests():
        answer = visitor.ask(method, path.format(alias, id=OBJECT_ID))
        is_health = path in ("/healthz", "/readyz")
        expected = [] if caller == NOBODY and not is_health else ["no-store"]
        assert sorted(set(answer.headers.get_all("Cache-Control"))) == expected, (method, path, alias)


def test_listed_rights_are_those_that_are_enforced(shared_house: House) -> None:
    """can_read and can_write of every collection for every caller, from the listing and from the collection itself."""
    for caller in CALLERS:
        listing = {one["alias"]: one for one in body_of(shared_house.visitor(caller).get("/api/collections/"))["collections"]}
        for alias, rights in RIGHTS.items():
            right = rights[caller]
            assert (alias in listing) == bool(right), (caller, alias)
            if right:
                assert (listing[alias]["can_read"], listing[alias]["can_write"]) == ("r" in right, "w" in right), (caller, alias)


def test_the_public_cannot_delete_or_post_what_it_reads(house: House) -> None:
    """A collection for everybody is for reading."""
    house.visitor("admin").put(indicator(5_000), to="board")
    public = house.visitor()
    assert public.post(envelope(indicator(2)), to="board").status_code == 403
    assert public.ask("DELETE", f"{objects_of('board')}{OBJECT_ID}/").status_code == 403
    assert [(entry["id"], entry["version"]) for entry in public.manifest("board")] == [(OBJECT_ID, INSTANT)]
