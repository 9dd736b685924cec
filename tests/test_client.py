"""The public client, against a peer that plays along, a stock medallion, and callers who err."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stix2

from tests.peers.hostile import Answer, HostilePeer, page, status, status_of_everything, thing
from tests.support.medallion import LOGIN, StockMedallion
from tocsin.client import Client, Limits
from tocsin.errors import InvalidInputError, PeerError

TOKEN = "s3cret"


@pytest.fixture
def peer() -> Iterator[HostilePeer]:
    with HostilePeer() as peer:
        yield peer


def test_a_pull_can_stop_anywhere_and_go_on_later(peer: HostilePeer) -> None:
    last = "2026-02-01T00:00:00.000001Z"
    peer.pages(lambda seen: page(thing(2)) if "added_after" in seen.query else page(thing(1), more=True, cursor="n", last=last))
    with Client(peer.url) as client:
        first = next(iter(client.pull("indicators")))
        assert [each.objects for each in client.pull("indicators", since=first.last)] == [[thing(2)]]
    assert peer.asked(peer.objects)[-1].query == {"added_after": last, "limit": "1000"}


def test_since_is_text_or_an_aware_datetime(peer: HostilePeer) -> None:
    for since in ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)):
        list(Client(peer.url).pull("indicators", since=since))
    assert [each.query["added_after"] for each in peer.asked(peer.objects)] == ["2026-01-01T00:00:00.000000Z"] * 2


def test_filters_are_keywords(peer: HostilePeer) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    list(Client(peer.url).pull("indicators", limit=7, type=["indicator", "report"], id=thing(1)["id"], version=["all", instant]))
    assert peer.asked(peer.objects)[0].query == {
        "limit": "7",
        "match[type]": "indicator,report",
        "match[id]": thing(1)["id"],
        "match[version]": "all,2026-01-01T00:00:00.000Z",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {"since": "yesterday"},
        {"since": datetime(2026, 1, 1)},
        {"limit": 0},
        {"type": []},
        {"type": "a,b"},
        {"type": ""},
        {"version": "newest"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_used_is_told_at_the_call(peer: HostilePeer, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Client(peer.url).pull("indicators", **arguments)
    assert peer.seen == []


def test_dicts_bytes_and_stix2_objects_are_pushed_alike(peer: HostilePeer) -> None:
    identity = stix2.Identity(name="A provider", identity_class="organization")
    result = Client(peer.url).push("indicators", [thing(1), json.dumps(thing(2)).encode(), identity])
    assert [each.id for each in result.successes] == [thing(1)["id"], thing(2)["id"], identity.id]
    assert result.is_complete


def test_a_push_of_many_is_cut_and_its_statuses_are_merged(peer: HostilePeer) -> None:
    objects = [thing(number) for number in range(1500)]
    huge = {**thing(9999), "x": "x" * 100_000}
    result = Client(peer.url).push("indicators", (each for each in [*objects[:700], huge, *objects[700:]]))
    assert [each.id for each in result.successes] == [each["id"] for each in objects]
    assert [each.id for each in result.failures] == [huge["id"]]
    assert all(len(each.body) <= 93_750 for each in peer.asked(peer.objects, "POST"))


def test_an_error_in_the_middle_of_a_push_says_how_far_it_came(peer: HostilePeer) -> None:
    peer.routes["GET /api/"] = Answer(body={"title": "t", "versions": ["v"], "max_content_length": 10_000_000})
    peer.routes[f"POST {peer.objects}"] = [status([thing(number) for number in range(1000)]), Answer(status=500)]
    with pytest.raises(PeerError, match="1000 objects had their answer"):
        Client(peer.url, limits=Limits(retries=0)).push("indicators", [thing(number) for number in range(1500)])


def test_an_empty_push_posts_nothing(peer: HostilePeer) -> None:
    assert Client(peer.url).push("indicators", []).total == 0
    assert peer.asked(peer.objects, "POST") == []


@pytest.mark.parametrize("given", [thing(1), b"{}", "text", stix2.Bundle()], ids=["dict", "bytes", "text", "bundle"])
def test_a_single_object_instead_of_a_list_is_told(peer: HostilePeer, given: Any) -> None:
    with pytest.raises(InvalidInputError, match="list"):
        Client(peer.url).push("indicators", given)


@pytest.mark.parametrize(
    "credential",
    [
        {"token": "a b"},
        {"token": ""},
        {"token": "s3cret\r\nX: y"},
        {"token": "s3cret", "user": "a", "password": "b"},
        {"user": "a"},
        {"password": "s3cret"},
        {"user": "a:b", "password": "s3cret"},
    ],
    ids=range(7),
)
def test_a_credential_that_cannot_be_used_is_told_without_showing_it(credential: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client("https://peer.example/", **credential)
    assert "s3cret" not in str(caught.value)


def test_a_client_shows_its_url_and_nothing_else() -> None:
    client = Client("https://peer.example/taxii2/", TOKEN)
    assert repr(client) == "Client('https://peer.example/taxii2/')"
    assert TOKEN not in f"{vars(client)}{vars(client._peer)}"


def test_collections_are_records(peer: HostilePeer) -> None:
    first, second = Client(peer.url).collections()
    assert (first.alias, first.title, first.description, first.can_read, first.can_write) == (
        "indicators",
        "Indicators of abuse",
        "All of them",
        True,
        True,
    )
    assert (second.alias, second.can_read) == (None, False)


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[StockMedallion]:
    started = StockMedallion.start(tmp_path / "stock")
    yield started
    started.stop()


def test_a_stock_medallion_is_pushed_to_and_pulled_from(stock: StockMedallion) -> None:
    """It keeps one `next` for a whole pull and stamps a whole envelope alike."""
    objects = [thing(number) for number in range(120)]
    with Client(stock.discovery, user=LOGIN[0], password=LOGIN[1]) as client:
        assert len(client.push("Shared", objects).successes) == 120
        pages = list(client.pull("Shared"))
        assert [len(each.bodies) for each in pages] == [20] * 6
        assert [each for one in pages for each in one.objects] == objects
        assert list(client.pull("Shared", since=pages[-1].last)) == []
        assert len(client.push("Shared", objects[:3]).failures) == 3


def test_a_stock_medallion_tells_a_wrong_password_in_our_terms(stock: StockMedallion) -> None:
    with pytest.raises(PeerError, match="does not accept the credential"):
        Client(stock.discovery, user=LOGIN[0], password="wrong").collections()


def test_the_same_status_is_understood_without_its_lists(peer: HostilePeer) -> None:
    peer.routes[f"POST {peer.objects}"] = lambda seen: Answer(status=202, body={**status_of_everything(seen).body, "successes": []})
    assert [each.version for each in Client(peer.url).push("indicators", [thing(1)]).successes] == ["2026-01-01T00:00:00.000Z"]
