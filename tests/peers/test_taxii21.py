"""A peer that misbehaves in what it says: discovery, collections, pages, statuses."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.hostile import COLLECTIONS, ID, OTHER_ID, Answer, HostilePeer, page, status, thing
from tocsin.errors import ForbiddenError, InvalidInputError, PeerError
from tocsin.peers.interface import Limits, Outgoing, Page, Query
from tocsin.peers.outgoing import outgoing
from tocsin.peers.taxii21 import Taxii21Peer

DAYS = [f"2026-02-0{day}T00:00:00.000000Z" for day in range(1, 10)]


@pytest.fixture
def peer() -> Iterator[HostilePeer]:
    with HostilePeer() as peer:
        yield peer


def taxii(peer: HostilePeer, **limits: Any) -> Taxii21Peer:
    return Taxii21Peer(peer.url, limits=Limits(**{"retries": 0, **limits}))


def pages(peer: HostilePeer, query: Query | None = None, **limits: Any) -> list[Page]:
    return list(taxii(peer, **limits).pages("indicators", query or Query()))


def pages_until_error(peer: HostilePeer, query: Query | None = None, **limits: Any) -> tuple[list[Page], PeerError]:
    seen: list[Page] = []
    with pytest.raises(PeerError) as caught:
        for each in taxii(peer, **limits).pages("indicators", query or Query()):
            seen.append(each)
    return seen, caught.value


def things(*numbers: int) -> list[Outgoing]:
    return [outgoing(thing(number)) for number in numbers]


def test_a_page_carries_bytes_headers_and_cursor(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), more=True, cursor="n", last=DAYS[0]), page(thing(2), last=DAYS[1]))
    first, second = pages(peer)
    assert first.bodies == (json.dumps(thing(1)).encode(),)
    assert (first.first, first.last, first.next, first.more, first.objects) == (DAYS[0], DAYS[0], "n", True, [thing(1)])
    assert (second.last, second.next, second.more) == (DAYS[1], None, False)


def test_the_query_goes_with_every_request(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), more=True, cursor="a b&c"), page(thing(2)))
    pages(peer, Query(since=DAYS[0], limit=5, match={"type": ("indicator", "x-thing")}))
    first, second = (each.query for each in peer.asked(peer.objects))
    assert first == {"added_after": DAYS[0], "limit": "5", "match[type]": "indicator,x-thing"}
    assert second == {**first, "next": "a b&c"}


def test_a_pull_that_is_abandoned_asks_for_nothing_more(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), more=True, cursor="n"))
    next(taxii(peer).pages("indicators", Query()))
    assert len(peer.asked(peer.objects)) == 1


def test_more_without_next_ends_the_pull_with_an_error_after_the_page(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), more=True, last=DAYS[0]))
    seen, error = pages_until_error(peer)
    assert [each.last for each in seen] == [DAYS[0]]
    assert "does not say how to get it" in error.message


def test_a_page_that_repeats_its_next_ends_the_pull_with_an_error(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), more=True, cursor="n"))
    seen, error = pages_until_error(peer)
    assert len(seen) == 1
    assert "same page with the same cursor" in error.message


def test_a_circle_of_pages_ends_the_pull_with_an_error(peer: HostilePeer) -> None:
    circle = itertools.cycle([page(thing(1), more=True, cursor="a"), page(thing(2), more=True, cursor="b")])
    peer.pages(lambda seen: next(circle))
    seen, error = pages_until_error(peer)
    assert len(seen) == 2
    assert "same page" in error.message


def test_one_cursor_for_a_whole_pull_is_fine_while_the_pages_differ(peer: HostilePeer) -> None:
    """The most widespread server does it."""
    peer.pages(page(thing(1), more=True, cursor="n"), page(thing(2), more=True, cursor="n"), page(thing(3)))
    assert len(pages(peer)) == 3


def test_an_empty_page_that_repeats_its_next_ends_the_pull_with_an_error(peer: HostilePeer) -> None:
    peer.pages(page(more=True, cursor="n"))
    assert pages_until_error(peer)[0] == []


def test_endless_empty_pages_end_the_pull_with_an_error(peer: HostilePeer) -> None:
    peer.pages(lambda seen: page(more=True, cursor=str(len(peer.seen))))
    assert "without an object" in pages_until_error(peer)[1].message


def test_an_empty_page_on_the_way_is_not_shown(peer: HostilePeer) -> None:
    peer.pages(page(more=True, cursor="n"), page(thing(1)))
    assert [each.objects for each in pages(peer)] == [[thing(1)]]


def test_endless_pages_end_at_the_limit(peer: HostilePeer) -> None:
    peer.pages(lambda seen: page(thing(len(peer.seen)), more=True, cursor=str(len(peer.seen))))
    seen, error = pages_until_error(peer, pages_per_pull=5)
    assert len(seen) == 5
    assert "more than the limit of 5 pages" in error.message


def test_pages_that_go_backwards_end_the_pull_with_an_error(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), more=True, cursor="n", last=DAYS[1]), page(thing(2), last=DAYS[0]))
    seen, error = pages_until_error(peer)
    assert len(seen) == 1
    assert "go backwards" in error.message


def test_a_page_from_before_what_was_asked_for_is_an_error(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), last=DAYS[0]))
    assert pages_until_error(peer, Query(since=DAYS[1]))[0] == []


def test_a_header_cut_to_milliseconds_is_not_backwards(peer: HostilePeer) -> None:
    peer.pages(page(thing(1), last="2026-02-01T00:00:00.123Z"))
    assert len(pages(peer, Query(since="2026-02-01T00:00:00.123456Z"))) == 1


@pytest.mark.parametrize("cursor", ["x" * 5000, 7, {}])
def test_a_cursor_that_cannot_be_used_is_an_error(peer: HostilePeer, cursor: Any) -> None:
    peer.pages(page(thing(1), more=True, cursor=cursor))
    pages_until_error(peer)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<html>"),
        Answer(body=[]),
        Answer(body={"objects": {}}),
        Answer(body={"objects": [1]}),
        Answer(body={"objects": [None]}),
        Answer(body=b'{"objects":[],"objects":[]}'),
        Answer(body=b'{"objects":[{"a":NaN}]}'),
        Answer(body={"more": "yes"}),
        page(thing(1), last="yesterday"),
    ],
    ids=range(9),
)
def test_a_page_that_is_no_envelope_is_an_error(peer: HostilePeer, answer: Answer) -> None:
    peer.pages(answer)
    assert "page is not TAXII 2.1" in pages_until_error(peer)[1].message


def test_one_odd_object_hides_no_other(peer: HostilePeer) -> None:
    peer.pages(Answer(body=b'{"objects":[{"id":"a"},{"a":1,"a":2}]}'))
    (only,) = pages(peer)
    assert only.bodies == (b'{"id":"a"}', b'{"a":1,"a":2}')
    with pytest.raises(PeerError, match="object 1 of the page"):
        _ = only.objects


@pytest.mark.parametrize(
    "discovery",
    [
        [],
        None,
        {},
        {"title": "t"},
        {"title": "t", "api_roots": "abc"},
        {"title": "t", "api_roots": [7]},
        {"title": "t", "api_roots": ["http://[::1"], "default": "http://[::1"},
        {"title": "t", "api_roots": ["/api/"] * 101},
        {"title": "t", "self": 1},
        {"title": "t", "api_roots": [""], "default": 1},
    ],
    ids=range(10),
)
def test_a_discovery_of_the_wrong_shape_is_an_error(peer: HostilePeer, discovery: Any) -> None:
    peer.routes["GET /taxii2/"] = Answer(body=discovery)
    with pytest.raises(PeerError):
        taxii(peer).collections()


@pytest.mark.parametrize(
    "root", ["https://127.0.0.1/api/", "http://localhost/api/", "//peer.example/api/", "http://127.0.0.1:1/api/", "ftp://a/"]
)
def test_an_api_root_on_another_origin_is_refused(peer: HostilePeer, root: str) -> None:
    peer.routes["GET /taxii2/"] = Answer(body={"title": "t", "api_roots": [root], "default": root})
    with pytest.raises(PeerError, match="another origin"):
        taxii(peer).collections()


@pytest.mark.parametrize(
    "discovery", [{"api_roots": ["/api/"]}, {"api_roots": ["/x/", "/api"], "default": "/api"}, {"api_roots": ["../api/"]}]
)
def test_relative_api_roots_are_found(peer: HostilePeer, discovery: dict[str, Any]) -> None:
    peer.routes["GET /taxii2/"] = Answer(body={"title": "t", **discovery})
    assert len(taxii(peer).collections()) == 2


def test_several_api_roots_without_a_default_are_for_the_caller_to_choose_from(peer: HostilePeer) -> None:
    peer.routes["GET /taxii2/"] = Answer(body={"title": "t", "api_roots": ["/api/", "/other/"]})
    with pytest.raises(InvalidInputError, match=r"/other/"):
        taxii(peer).collections()


def test_the_url_of_an_api_root_will_do(peer: HostilePeer) -> None:
    assert len(Taxii21Peer(f"{peer.base}/api").collections()) == 2


@pytest.mark.parametrize(
    "listed",
    [
        [],
        {"collections": {}},
        {"collections": ["a"]},
        {"collections": [{}]},
        {"collections": [{**COLLECTIONS[0], "title": 7}]},
        {"collections": [{**COLLECTIONS[0], "can_read": "yes"}]},
        {"collections": [{**COLLECTIONS[0], "id": "../../other"}]},
        {"collections": [{**COLLECTIONS[0], "id": "a?b"}]},
        {"collections": [{**COLLECTIONS[0], "self": 1}]},
    ],
    ids=range(9),
)
def test_a_list_of_collections_of_the_wrong_shape_is_an_error(peer: HostilePeer, listed: Any) -> None:
    peer.routes["GET /api/collections/"] = Answer(body=listed)
    with pytest.raises(PeerError, match="collections"):
        taxii(peer).collections()


@pytest.mark.parametrize("name", ["indicators", ID, "Indicators of abuse"])
def test_a_collection_goes_by_alias_id_or_title(peer: HostilePeer, name: str) -> None:
    assert len(list(taxii(peer).pages(name, Query()))) == 1


def test_an_unknown_collection_is_told_with_those_that_exist(peer: HostilePeer) -> None:
    with pytest.raises(InvalidInputError, match="it has: 'indicators', 'Closed'"):
        list(taxii(peer).pages("nothing", Query()))


def test_an_ambiguous_name_is_told_with_the_ids(peer: HostilePeer) -> None:
    peer.routes["GET /api/collections/"] = Answer(body={"collections": [{**each, "title": "Same"} for each in COLLECTIONS]})
    with pytest.raises(InvalidInputError, match=OTHER_ID):
        list(taxii(peer).pages("Same", Query()))


def test_a_right_that_is_missing_is_told_without_asking(peer: HostilePeer) -> None:
    with pytest.raises(ForbiddenError, match="read"):
        list(taxii(peer).pages("Closed", Query()))
    with pytest.raises(ForbiddenError, match="write"):
        list(taxii(peer).push("Closed", things(1)))


def test_a_collection_that_appears_later_is_found_by_the_same_client(peer: HostilePeer) -> None:
    ours = taxii(peer)
    ours.collections()
    peer.routes["GET /api/collections/"] = Answer(body={"collections": [{**COLLECTIONS[0], "alias": "new"}]})
    assert len(list(ours.pages("new", Query()))) == 1


@pytest.mark.parametrize("limit", [0, -1, "10", None, True, 1.5])
def test_a_limit_of_content_that_is_none_is_an_error(peer: HostilePeer, limit: Any) -> None:
    peer.routes["GET /api/"] = Answer(body={"title": "t", "versions": ["v"], "max_content_length": limit})
    with pytest.raises(PeerError, match="API root"):
        list(taxii(peer).push("indicators", things(1)))


def test_a_status_comes_with_each_post(peer: HostilePeer) -> None:
    statuses = list(taxii(peer).push("indicators", things(*range(1001))))
    posts = [json.loads(each.body)["objects"] for each in peer.asked(peer.objects, "POST")]
    assert [len(each.successes) for each in statuses] == [len(each) for each in posts]
    assert [each for post in posts for each in post] == [thing(number) for number in range(1001)]


def test_a_pending_status_is_polled_until_it_is_complete(peer: HostilePeer) -> None:
    counts = {"status": "pending", "success_count": 0, "successes": None, "pending_count": 1}
    peer.routes[f"POST {peer.objects}"] = status([thing(1)], **counts)
    peer.routes[f"GET {peer.status}"] = [Answer(body=status([thing(1)], **counts).body), Answer(body=status([thing(1)]).body)]
    (only,) = taxii(peer).push("indicators", things(1))
    assert only.is_complete
    assert [each.id for each in only.successes] == [thing(1)["id"]]
    assert len(peer.asked(peer.status)) == 2


def test_polling_ends_and_tells_what_is_still_pending(peer: HostilePeer) -> None:
    pending = status([thing(1)], status="pending", success_count=0, successes=None, pending_count=1)
    peer.routes.update({f"POST {peer.objects}": pending, f"GET {peer.status}": Answer(body=pending.body)})
    (only,) = taxii(peer, seconds_to_settle=0.6).push("indicators", things(1))
    assert not only.is_complete
    assert [each.id for each in only.pendings] == [thing(1)["id"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"status": "done"},
        {"total_count": 2},
        {"total_count": "1"},
        {"success_count": None},
        {"successes": [{"id": "x-thing--foreign"}]},
        {"successes": 7},
        {"successes": [7]},
        {"successes": [{}]},
        {"failures": [{"id": thing(1)["id"]}]},
        {"self": 1},
    ],
    ids=str,
)
def test_a_status_that_makes_no_sense_is_an_error(peer: HostilePeer, changes: dict[str, Any]) -> None:
    peer.routes[f"POST {peer.objects}"] = status([thing(1)], **changes)
    with pytest.raises(PeerError, match="status"):
        list(taxii(peer).push("indicators", things(1)))


@pytest.mark.parametrize("body", [[], None, {}, "text", b"", b"{"])
def test_a_status_of_the_wrong_shape_is_an_error(peer: HostilePeer, body: Any) -> None:
    peer.routes[f"POST {peer.objects}"] = Answer(status=202, body=body)
    with pytest.raises(PeerError):
        list(taxii(peer).push("indicators", things(1)))


@pytest.mark.parametrize(
    "identifier", ["http://other.example/", "//other.example/", "../../../../x", "\\\\other.example", "@other.example"]
)
def test_the_id_of_a_status_leads_to_no_other_host(peer: HostilePeer, identifier: str) -> None:
    peer.routes[f"POST {peer.objects}"] = status(
        [thing(1)], id=identifier, status="pending", success_count=0, successes=None, pending_count=1
    )
    with pytest.raises(PeerError, match=r"knows no such resource|another origin"):
        list(taxii(peer).push("indicators", things(1)))


def test_the_envelope_goes_out_as_taxii_and_byte_for_byte(peer: HostilePeer) -> None:
    body = b'{ "id":"x-thing--1", "n":1.0e0 }'
    list(taxii(peer).push("indicators", [outgoing(body)]))
    (post,) = peer.asked(peer.objects, "POST")
    assert post.body == b'{"objects":[' + body + b"]}"
    assert (post.headers["Content-Type"], post.headers["Accept"]) == ("application/taxii+json;version=2.1",) * 2
    assert post.headers["User-Agent"].startswith("tocsin/")
