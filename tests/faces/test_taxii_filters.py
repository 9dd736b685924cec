"""The query of a URL: filters, page size and `next` (TAXII 2.1 §3.4, §3.5); what the standard does not allow is 400, never ignored."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest

from tests.faces.conftest import House, Visitor, body_of, objects_of
from tests.support.objects import INSTANT, attack_pattern, domain_name, indicator
from tocsin.config import load_config
from tocsin.faces.app import create_app

LATER = "2026-02-01T00:00:00.000Z"
SHARED = objects_of("shared")
MANIFEST = "/api/collections/shared/manifest/"
ONE = f"{SHARED}{indicator(1)['id']}/"
VERSIONS = f"{ONE}versions/"
READING = [SHARED, MANIFEST, ONE, VERSIONS]
WORLD = [indicator(1), indicator(1, modified=LATER), indicator(2), attack_pattern(3), domain_name(4)]


@pytest.fixture(scope="module")
def peer(shared_house: House) -> Visitor:
    """A peer of an exchange that holds WORLD."""
    shared_house.visitor("acme-peer").put(*WORLD)
    return shared_house.visitor("acme-peer")


def names(peer: Visitor, query: str) -> list[tuple[str, Any]]:
    """Type and last digit of what a query gives, with `modified`."""
    found = body_of(peer.get(f"{SHARED}?{query}")).get("objects", [])
    return [(f"{one['type']} {one['id'][-1]}", one.get("modified")) for one in found]


NEW_1, OLD_1 = ("indicator 1", LATER), ("indicator 1", INSTANT)
TWO, THREE, FOUR = ("indicator 2", INSTANT), ("attack-pattern 3", INSTANT), ("domain-name 4", None)
FOUND: dict[str, list[tuple[str, Any]]] = {
    "": [NEW_1, TWO, THREE, FOUR],
    "match[version]=all": [OLD_1, NEW_1, TWO, THREE, FOUR],
    "match[version]=first": [OLD_1, TWO, THREE, FOUR],
    "match[version]=first,last": [OLD_1, NEW_1, TWO, THREE, FOUR],
    f"match[version]={LATER}": [NEW_1],
    "match[version]=2026-02-01T00:00:00Z": [NEW_1],
    "match[version]=2026-02-01T00:00:00.000000000Z": [NEW_1],
    "match[version]=2026-02-01T00:00:00.000001Z": [],
    f"match[version]={INSTANT},last": [OLD_1, NEW_1, TWO, THREE, FOUR],
    "match[type]=attack-pattern": [THREE],
    "match[type]=attack-pattern,domain-name": [THREE, FOUR],
    "match[type]= attack-pattern , domain-name": [THREE, FOUR],
    "match[type]=malware": [],
    "match[type]=Indicator": [],
    f"match[id]={indicator(2)['id']}": [TWO],
    f"match[id]={indicator(2)['id']},{domain_name(4)['id']}": [TWO, FOUR],
    f"match[id]={indicator(1)['id']}&match[version]=all": [OLD_1, NEW_1],
    f"match[id]={indicator(2)['id']}&match[type]=attack-pattern": [],
    "match[id]=x' OR 1=1 --": [],
    "match[id]=%25": [],
    "match[spec_version]=2.1": [NEW_1, TWO, THREE, FOUR],
    "match[spec_version]=2.0,2.1": [NEW_1, TWO, THREE, FOUR],
    "match[spec_version]=2.0": [],
    "match%5Btype%5D=attack-pattern": [THREE],
    "added_after=2020-01-01T00:00:00Z": [NEW_1, TWO, THREE, FOUR],
    "added_after=2999-01-01T00:00:00.000Z": [],
    "added_after=9999-12-31T23:59:59.999999Z": [],
    "added_after=0001-01-01T00:00:00Z": [NEW_1, TWO, THREE, FOUR],
    "colour=blue&Match[type]=x&match=y&matched[id]=z&MATCH[id]=q": [NEW_1, TWO, THREE, FOUR],
    "limit=2": [NEW_1, TWO],
    "limit=0002": [NEW_1, TWO],
    "limit=999999999999999999": [NEW_1, TWO, THREE, FOUR],
}


@pytest.mark.parametrize("query", FOUND)
def test_a_filter_gives_what_the_standard_says(peer: Visitor, query: str) -> None:
    """Values of one filter are alternatives, filters are cumulative, the last version is what none asks for."""
    assert names(peer, query) == FOUND[query]


WRONG = {
    "added_after=": "is not a UTC timestamp",
    "added_after=garbage": "is not a UTC timestamp",
    "added_after=2026-01-01": "is not a UTC timestamp",
    "added_after=2026-01-01T00:00:00": "is not a UTC timestamp",
    "added_after=2026-01-01T00:00:00%2B00:00": "is not a UTC timestamp",
    "added_after=2026-01-01T00:00:00.Z": "is not a UTC timestamp",
    "added_after=2026-13-01T00:00:00Z": "is not an instant that exists",
    "added_after=2026-01-01T00:00:60Z": "is not an instant that exists",
    "added_after=%D9%A2026-01-01T00:00:00Z": "is not a UTC timestamp",
    "added_after=1767225600": "is not a UTC timestamp",
    "limit=": "is not a page size",
    "limit=0": "is not a page size",
    "limit=-1": "is not a page size",
    "limit=%2B1": "is not a page size",
    "limit=abc": "is not a page size",
    "limit=1_0": "is not a page size",
    "limit=1.0": "is not a page size",
    "limit=1e3": "is not a page size",
    "limit=%EF%BC%95": "is not a page size",
    "limit=%201": "is not a page size",
    "limit=1%00": "is not a page size",
    "limit=" + "9" * 19: "is not a page size",
    "limit=1&limit=2": "is given more than once",
    "limit=1&limit=1": "is given more than once",
    "match[colour]=blue": "there is no filter match[colour] here",
    "match[]=x": "there is no filter match[] here",
    "match[spec_version]=": "has an empty value",
    "match[spec_version]=2.1,": "has an empty value",
    "match[spec_version]=,": "has an empty value",
    "match[spec_version]=%20": "has an empty value",
    "match[spec_version]=2.1&match[spec_version]=2.0": "is given more than once",
    "next=": "this `next` is not valid",
    "next=abc": "this `next` is not valid",
    "next=%00": "this `next` is not valid",
    "next=%C3%A9": "this `next` is not valid",
}
VERSION_WRONG = {
    "match[version]=garbage": "is not a UTC timestamp",
    "match[version]=last,garbage": "is not a UTC timestamp",
    "match[version]=LAST": "is not a UTC timestamp",
    "match[version]=2026-01-01T00:00:00": "is not a UTC timestamp",
    "match[version]=": "has an empty value",
    "match[version]=first&match[version]=last": "is given more than once",
}
ELSEWHERE = {f"match[{field}]=x": f"there is no filter match[{field}] here" for field in ("id", "type")}
CASES = [
    *((path, query) for path in READING for query in WRONG),
    *((path, query) for path in (SHARED, MANIFEST, ONE) for query in VERSION_WRONG),
    *((path, query) for path in (ONE, VERSIONS) for query in ELSEWHERE),
    (VERSIONS, "match[version]=first"),
]
WORDS = WRONG | VERSION_WRONG | ELSEWHERE | {"match[version]=first": "there is no filter match[version] here"}


@pytest.mark.parametrize(("path", "query"), CASES)
def test_what_is_no_filter_of_an_endpoint_is_400_and_says_why(peer: Visitor, path: str, query: str) -> None:
    """On every endpoint that reads."""
    answer = peer.get(f"{path}?{query}")
    assert (answer.status_code, body_of(answer)["title"]) == (400, "Bad request")
    assert WORDS[query] in body_of(answer)["description"]


@pytest.mark.parametrize("query", [*VERSION_WRONG, *ELSEWHERE, "match[colour]=blue"])
def test_a_wrong_filter_deletes_nothing(peer: Visitor, query: str) -> None:
    """DELETE without a filter takes all versions, so a filter that is not understood must not be dropped."""
    before = peer.manifest()
    assert peer.ask("DELETE", f"{ONE}?{query}").status_code == 400
    assert peer.manifest() == before


@pytest.mark.parametrize("name", [f"{indicator(1)['id']},{indicator(2)['id']}", f" {indicator(1)['id']}", "a,", ","])
@pytest.mark.parametrize("part", ["", "versions/"])
def test_the_id_in_a_path_is_one_id(peer: Visitor, name: str, part: str) -> None:
    """It is no filter: commas and spaces in it make it another id, which does not exist."""
    assert peer.get(f"{SHARED}{quote(name)}/{part}").status_code == 404


def test_added_after_is_exclusive_to_the_microsecond(peer: Visitor) -> None:
    """What was added at that very instant has been seen; more digits than the log has are cut, so nothing is missed."""
    entries = peer.manifest()
    second = entries[1]["date_added"]
    after = [entry["id"] for entry in entries[2:]]
    for instant in (second, second.replace("Z", "000Z"), second.replace("Z", "999Z")):
        page = body_of(peer.get(f"{MANIFEST}?match[version]=all&added_after={instant}"))
        assert [entry["id"] for entry in page["objects"]] == after


def test_a_limit_above_the_largest_page_is_clamped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's setting wins, and `next` tells that there is more."""
    monkeypatch.setenv("TOCSIN_MAX_PAGE_SIZE", "2")
    small = Visitor(create_app(load_config(house.home)), house.visitor("acme-peer").credential)
    small.put(*WORLD)
    for query in ("", "?limit=3", "?limit=1000000"):
        page = body_of(small.get(SHARED + query))
        assert (page["more"], len(page["objects"])) == (True, 2)


def first_page(peer: Visitor, path: str = SHARED, query: str = "match[version]=all&limit=2") -> str:
    """The token of a first page."""
    return str(body_of(peer.get(f"{path}?{query}"))["next"])


@pytest.mark.parametrize(
    "extra",
    ["", "&limit=2", "&match[version]=all", "&match[version]=last", "&match[type]=malware", "&added_after=2999-01-01T00:00:00Z&limit=9"],
)
def test_next_carries_its_own_filters(peer: Visitor, extra: str) -> None:
    """Alone, with the old filters, with others: the rest of what the first page asked for; only `limit` may change."""
    rest = body_of(peer.get(f"{SHARED}?next={first_page(peer)}{extra}"))["objects"]
    assert rest == WORLD[2:4] if extra == "&limit=2" else rest == WORLD[2:]


def test_the_same_next_gives_the_same_page_on_any_process_and_after_more_was_added(house: House) -> None:
    """A retry loses nothing; what was added meanwhile comes at the end."""
    peer, other = house.visitor("acme-peer"), house.reopened().visitor("acme-peer")
    peer.put(*WORLD)
    token = first_page(peer)
    pages = [body_of(one.get(f"{SHARED}?next={token}"))["objects"] for one in (peer, other, peer)]
    assert pages == [WORLD[2:]] * 3
    peer.put(indicator(9))
    assert body_of(other.get(f"{SHARED}?next={token}"))["objects"] == [*WORLD[2:], indicator(9)]


def altered(token: str, position: int) -> str:
    """The token with one bit turned."""
    sealed = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    sealed[position] ^= 1
    return urlsafe_b64encode(bytes(sealed)).decode().rstrip("=")


def test_a_next_that_is_not_quite_ours_is_refused(peer: Visitor) -> None:
    """One bit turned anywhere, cut at any place, longer than it was."""
    token = first_page(peer)
    length = len(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    broken = [altered(token, position) for position in range(length)]
    broken += [token[:cut] for cut in range(0, len(token), 7)] + [token * 2, "A" + token, token + "AAAA", "A" * 5_000]
    answers = {peer.get(f"{SHARED}?next={each}").status_code for each in broken}
    assert answers == {400}


def test_a_next_is_valid_only_where_and_for_whom_it_was_given(house: House) -> None:
    """Another reader, collection, endpoint or object: 400, and never somebody else's page."""
    peer = house.visitor("beta-peer")
    peer.put(*WORLD)
    peer.put(*WORLD, to="amber")
    token = first_page(peer)
    for caller in ("acme-peer", "watch", "admin"):
        assert house.visitor(caller).get(f"{SHARED}?next={token}").status_code == 400
    for path in (MANIFEST, objects_of("amber"), ONE, VERSIONS, objects_of("board")):
        assert peer.get(f"{path}?next={token}").status_code == 400
    of_one = first_page(peer, ONE, "match[version]=all&limit=1")
    assert peer.get(f"{ONE}?next={of_one}").status_code == 200
    assert peer.get(f"{SHARED}{indicator(2)['id']}/?next={of_one}").status_code == 400


def test_a_next_of_another_exchange_is_refused(house: House) -> None:
    """Each has its own key: here, the same store under another secret."""
    house.visitor("acme-peer").put(*WORLD)
    token = first_page(house.visitor("acme-peer"))
    (house.home / "secret").write_text("ab" * 32)
    assert house.reopened().visitor("acme-peer").get(f"{SHARED}?next={token}").status_code == 400


def test_a_next_tells_nobody_what_it_does_not_know_already(peer: Visitor) -> None:
    """It goes into URLs and so into other people's logs: it is short, and safe in a URL as it is."""
    token = first_page(peer)
    assert quote(token, safe="") == token
    assert len(token) < 300
