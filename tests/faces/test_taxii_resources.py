"""Every endpoint of TAXII 2.1 with the whole answer that the standard asks for (§4, §5)."""

import json
import re
from typing import Any

import pytest

from tests.faces.conftest import BASE_URL, IDS, MEDIA_TYPE, NOBODY, STIX, House, body_of, objects_of
from tests.support.objects import INSTANT, domain_name, indicator

LATER = "2026-02-01T00:00:00.000Z"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHARED = objects_of("shared")
MANIFEST = "/api/collections/shared/manifest/"
FIRST_ID = indicator(1)["id"]
PATHS = [
    "/taxii2/",
    "/api/",
    "/api/collections/",
    "/api/collections/shared/",
    MANIFEST,
    SHARED,
    f"{SHARED}{FIRST_ID}/",
    f"{SHARED}{FIRST_ID}/versions/",
]


def dates(answer: Any) -> tuple[str | None, str | None]:
    """The two headers of a page."""
    return answer.headers.get("X-TAXII-Date-Added-First"), answer.headers.get("X-TAXII-Date-Added-Last")


def test_discovery_gives_absolute_addresses(house: House) -> None:
    """The default API root and the list of API roots stand under the configured public address."""
    answer = house.visitor().get("/taxii2/")
    assert answer.status_code == 200
    assert body_of(answer) == {"title": "Tocsin", "default": f"{BASE_URL}/api/", "api_roots": [f"{BASE_URL}/api/"]}


def test_the_api_root_tells_its_version_and_the_largest_body(house: House) -> None:
    """The three properties that the standard requires, and no other."""
    answer = house.visitor().get("/api/")
    assert answer.status_code == 200
    assert body_of(answer) == {"title": "Tocsin", "versions": [MEDIA_TYPE], "max_content_length": 10_000_000}


def test_collections_are_those_that_the_caller_may_use_with_its_rights(house: House) -> None:
    """A SOC account of a foreign organisation sees no collection of which it has no right, and the true rights of the others."""
    listing = body_of(house.visitor("watch").get("/api/collections/"))["collections"]
    rights = {one["alias"]: (one["can_read"], one["can_write"]) for one in listing if one["id"] in IDS.values()}
    assert rights == {"board": (True, False), "notice": (True, False), "shared": (True, False)}


def test_a_collection_is_told_in_full(house: House) -> None:
    """The collection resource, and the same one from the listing."""
    peer = house.visitor("acme-peer")
    expected = {
        "id": IDS["drop"],
        "title": "The drop collection",
        "alias": "drop",
        "can_read": False,
        "can_write": True,
        "media_types": [STIX],
    }
    assert body_of(peer.get("/api/collections/drop/")) == expected
    assert expected in body_of(peer.get("/api/collections/"))["collections"]


def test_a_description_is_left_out_where_there_is_none_and_given_where_there_is(house: House) -> None:
    """Optional properties are absent rather than empty (TAXII 2.1 §1.6.4)."""
    listing = {one["alias"]: one for one in body_of(house.visitor().get("/api/collections/"))["collections"]}
    assert "description" not in listing["board"]
    assert listing["public"]["description"] == "What was found and done, for everybody: TLP:CLEAR, no login."


def test_a_post_answers_with_a_finished_status(house: House) -> None:
    """Everything is judged and stored before the answer, so nothing is pending."""
    status = house.visitor("acme-peer").put(indicator(1))
    assert UUID4.fullmatch(status.pop("id"))
    assert STAMP.fullmatch(status.pop("request_timestamp"))
    assert status == {
        "status": "complete",
        "total_count": 1,
        "success_count": 1,
        "failure_count": 0,
        "pending_count": 0,
        "successes": [{"id": FIRST_ID, "version": INSTANT}],
    }


def test_objects_are_an_envelope_with_the_dates_of_the_page(house: House) -> None:
    """The last version of each object, in the order of the log, without `next` where that is all."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1), domain_name(2))
    answer = peer.get(SHARED)
    assert (answer.status_code, body_of(answer)) == (200, {"more": False, "objects": [indicator(1), domain_name(2)]})
    assert dates(answer) == tuple(entry["date_added"] for entry in peer.manifest())


def test_the_manifest_tells_each_version_and_when_it_was_added(house: House) -> None:
    """Four properties an entry; an object without versions has the instant at which it was added as one."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1), domain_name(2))
    answer = peer.get(MANIFEST)
    first, last = dates(answer)
    assert first is not None and last is not None and STAMP.fullmatch(first) and STAMP.fullmatch(last) and first < last
    assert body_of(answer) == {
        "more": False,
        "objects": [
            {"id": FIRST_ID, "date_added": first, "version": INSTANT, "media_type": STIX},
            {"id": domain_name(2)["id"], "date_added": last, "version": last.replace("000Z", "Z"), "media_type": STIX},
        ],
    }


def test_one_object_is_its_last_version_or_the_versions_asked_for(house: House) -> None:
    """GET of an object is an envelope, with `match[version]` as filter."""
    peer = house.visitor("acme-peer")
    old, new = indicator(1), indicator(1, modified=LATER)
    peer.put(old, new, indicator(2))
    assert body_of(peer.get(f"{SHARED}{FIRST_ID}/")) == {"more": False, "objects": [new]}
    assert body_of(peer.get(f"{SHARED}{FIRST_ID}/?match[version]=first")) == {"more": False, "objects": [old]}
    assert body_of(peer.get(f"{SHARED}{FIRST_ID}/?match[version]=all")) == {"more": False, "objects": [old, new]}


def test_versions_are_listed_as_timestamps(house: House) -> None:
    """All versions of one object, oldest entry first, and when they were added."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1), indicator(1, modified=LATER), indicator(2))
    answer = peer.get(f"{SHARED}{FIRST_ID}/versions/")
    assert (answer.status_code, body_of(answer)) == (200, {"more": False, "versions": [INSTANT, LATER]})
    assert dates(answer) == tuple(entry["date_added"] for entry in peer.manifest()[:2])


def test_a_deleted_object_is_gone_with_all_its_versions(house: House) -> None:
    """DELETE answers 200 without a body; the object is then one that does not exist."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1), indicator(1, modified=LATER), indicator(2))
    answer = peer.ask("DELETE", f"{SHARED}{FIRST_ID}/")
    assert (answer.status_code, answer.data, answer.headers["Content-Type"]) == (200, b"", MEDIA_TYPE)
    assert [entry["id"] for entry in peer.manifest()] == [indicator(2)["id"]]
    assert peer.get(f"{SHARED}{FIRST_ID}/").status_code == 404


def test_only_the_version_that_is_named_is_deleted(house: House) -> None:
    """`match[version]` on DELETE takes first, last and instants; what it does not name stays."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1), indicator(1, modified=LATER))
    assert peer.ask("DELETE", f"{SHARED}{FIRST_ID}/?match[version]={LATER}").status_code == 200
    assert body_of(peer.get(SHARED)) == {"more": False, "objects": [indicator(1)]}


@pytest.mark.parametrize(("path", "items"), [(SHARED, "objects"), (MANIFEST, "objects"), (f"{SHARED}{FIRST_ID}/versions/", "versions")])
def test_more_comes_with_next_and_next_leads_to_the_end(house: House, path: str, items: str) -> None:
    """Pages of one item, each with its own dates, together what one page of all would be."""
    peer = house.visitor("acme-peer")
    peer.put(*(indicator(1, modified=f"2026-0{month}-01T00:00:00.000Z") for month in range(1, 4)), indicator(2))
    whole = body_of(peer.get(f"{path}?match[version]=all" if items == "objects" else path))[items]
    seen: list[Any] = []
    query = "?limit=1&match[version]=all" if items == "objects" else "?limit=1"
    while query:
        answer = peer.get(path + query)
        page = body_of(answer)
        assert set(page) == ({"more", "next", items} if page["more"] else {"more", items})
        assert len(page[items]) == 1 and len(set(dates(answer))) == 1 and None not in dates(answer)
        seen += page[items]
        query = f"?limit=1&next={page['next']}" if page["more"] else ""
    assert seen == whole and len(whole) >= 3


@pytest.mark.parametrize("path", [SHARED, MANIFEST])
def test_an_empty_page_is_more_false_without_dates(house: House, path: str) -> None:
    """Nothing added, or nothing added after that instant."""
    answer = house.visitor("acme-peer").get(path)
    assert (answer.status_code, answer.data, dates(answer)) == (200, b'{"more":false}', (None, None))


def test_versions_that_a_filter_excludes_are_an_empty_page_not_an_error(house: House) -> None:
    """The object exists, so it is not 404."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1))
    for path in (f"{SHARED}{FIRST_ID}/versions/", f"{SHARED}{FIRST_ID}/"):
        answer = peer.get(f"{path}?match[spec_version]=2.0")
        assert (answer.status_code, answer.data, dates(answer)) == (200, b'{"more":false}', (None, None))


def test_a_collection_has_the_same_answer_by_id_by_alias_and_in_any_case(house: House) -> None:
    """Clients are configured with what their user found in the listing."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1))
    answers = {peer.get(f"/api/collections/{name}/{part}").data for part in ("objects/",) for name in ("shared", "SHARED", IDS["shared"])}
    assert len(answers) == 1
    assert peer.get(f"/api/collections/{IDS['shared'].upper()}/").status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_trailing_slash_makes_no_difference_and_no_redirect(house: House, path: str) -> None:
    """Many clients leave it out, and a redirect behind a proxy would name the wrong scheme."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1))
    with_slash, without = peer.get(path), peer.get(path.rstrip("/"))
    assert (without.status_code, without.data) == (with_slash.status_code, with_slash.data) == (200, with_slash.data)


@pytest.mark.parametrize("path", [*PATHS, "/api/collections/nowhere/", "/nowhere/", "/healthz"])
def test_head_is_get_without_the_body(house: House, path: str) -> None:
    """Status and headers are those of GET, the length too."""
    peer = house.visitor("acme-peer")
    peer.put(indicator(1))
    head, get = peer.ask("HEAD", path), peer.get(path)
    own = {"X-Request-Id"}
    assert head.data == b""
    assert {k: v for k, v in head.headers.items() if k not in own} == {k: v for k, v in get.headers.items() if k not in own}
    assert head.status_code == get.status_code


@pytest.mark.parametrize(
    ("path", "methods"),
    [*((path, {"GET"}) for path in PATHS if path not in (SHARED, PATHS[6])), (SHARED, {"GET", "POST"}), (PATHS[6], {"GET", "DELETE"})],
)
def test_options_and_405_tell_the_methods_of_the_path(house: House, path: str, methods: set[str]) -> None:
    """An Allow header in both; a wrong method changes nothing and gets an error body."""
    peer = house.visitor("admin")
    allowed = methods | {"HEAD", "OPTIONS"}
    options = peer.ask("OPTIONS", path)
    assert (options.status_code, set(options.allow), options.data) == (200, allowed, b"")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FROB"} - methods:
        answer = peer.ask(method, path, data=b"{}", content_type=MEDIA_TYPE)
        assert (answer.status_code, set(answer.allow), body_of(answer)["http_status"]) == (405, allowed, "405"), method


@pytest.mark.parametrize("caller", [NOBODY, "admin"])
@pytest.mark.parametrize("path", [*PATHS, "/nowhere/", "/api/nowhere/", "/api/status/x/", "/api/collections/nowhere/objects/"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PUT"])
def test_every_answer_is_of_the_taxii_media_type(shared_house: House, method: str, path: str, caller: str) -> None:
    """Resources, errors and answers without a body alike."""
    answer = shared_house.visitor(caller).ask(method, path)
    assert answer.headers.get_all("Content-Type") == [MEDIA_TYPE]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_read_are_the_bytes_that_were_posted(house: House) -> None:
    """Spaces, key order, escapes and number spellings of the sender stay."""
    peer = house.visitor("acme-peer")
    odd = json.dumps(indicator(1, x_odd="@"), indent=1).encode().replace(b'"@"', b'{"b":1.50E+01,"a":"\\u00e9\\/"}')
    assert peer.post(b'{ "objects" : [ ' + odd + b" ] }").status_code == 202
    assert peer.get(SHARED).data == b'{"more":false,"objects":[' + odd + b"]}"
