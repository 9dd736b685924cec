"""Other people's clients, unmodified: taxii2-client and the TAXII source and sink of stix2 read and write as they are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stix2
from requests.exceptions import HTTPError
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

from tests.support.exchange import RunningExchange, tocsin
from tests.support.objects import domain_name, envelope, indicator
from tests.support.traffic import post

PUSHED = [
    *(indicator(number, confidence=number % 100, x_number=2**63 + number) for number in range(50)),
    *(
        indicator(number, modified=f"2026-02-0{version}T00:00:00.000Z", name=f"version {version}")
        for number in range(5)
        for version in (1, 2)
    ),
    *(domain_name(number) for number in range(6)),
]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """With the seeds, and some objects in `restricted`."""
    made = RunningExchange.make(tmp_path_factory.mktemp("strangers") / "home")
    tocsin("seed", home=made.home)
    made.start()
    assert post(made.objects_url("restricted"), envelope(*PUSHED), login=made.admin).json()["success_count"] == len(PUSHED)
    yield made
    made.end()


@pytest.fixture(scope="module")
def root(exchange: RunningExchange) -> ApiRoot:
    """As a stranger finds it: from discovery."""
    return Server(exchange.discovery, user="admin", password=exchange.password).default


def collection_of(root: ApiRoot, alias: str) -> Collection:
    return next(one for one in root.collections if one.alias == alias)


def everything(collection: Collection, limit: int, **filters: Any) -> list[dict[str, Any]]:
    return [one for page in as_pages(collection.get_objects, per_request=limit, **filters) for one in page.get("objects", [])]


def test_from_discovery_a_stranger_finds_the_collections(exchange: RunningExchange, root: ApiRoot) -> None:
    """What the client needs of every resource on the way is there."""
    assert root.url == f"{exchange.url}/api/"
    assert root.versions == ["application/taxii+json;version=2.1"]
    assert root.max_content_length == 10_000_000
    aliases = {one.alias for one in root.collections}
    assert aliases == {"actors", "drafts", "inbox", "indicators", "providers", "public", "restricted", "sightings", "submissions"}
    assert all(one.can_read and one.can_write for one in root.collections)


@pytest.mark.parametrize("limit", [7, 500])
def test_pages_give_back_all_that_was_pushed(root: ApiRoot, limit: int) -> None:
    """Equal JSON values, in the order in which they came, whatever the page."""
    assert everything(collection_of(root, "restricted"), limit, **{"version": "all"}) == PUSHED


@pytest.mark.parametrize("limit", [7, 500])
def test_pages_give_the_last_version_of_each_object(root: ApiRoot, limit: int) -> None:
    last = {one["id"]: one for one in PUSHED}
    assert {one["id"]: one for one in everything(collection_of(root, "restricted"), limit)} == last


def test_an_object_its_versions_and_the_manifest_are_read(root: ApiRoot) -> None:
    collection, name = collection_of(root, "restricted"), indicator(1)["id"]
    versions = [one["modified"] for one in PUSHED if one["id"] == name]
    assert collection.get_object(name)["objects"] == [one for one in PUSHED if one["id"] == name][-1:]
    assert collection.get_object(name, version="all")["objects"] == [one for one in PUSHED if one["id"] == name]
    assert collection.object_versions(name)["versions"] == versions
    manifest = [one for page in as_pages(collection.get_manifest, per_request=7, version="all") for one in page["objects"]]
    assert [one["id"] for one in manifest] == [one["id"] for one in PUSHED]
    assert [one["version"] for one in manifest if one["id"] == name] == versions


def test_a_stranger_adds_objects_and_waits_for_their_status(root: ApiRoot) -> None:
    """A bad object among them fails alone; the status can be asked for again."""
    collection = collection_of(root, "indicators")
    status = collection.add_objects({"objects": [indicator(100), indicator(101, pattern="nope")]})
    assert (status.status, status.success_count, status.failure_count, status.pending_count) == ("complete", 1, 1, 0)
    assert [one["id"] for one in status.successes] == [indicator(100)["id"]]
    assert [(one["id"], one["version"]) for one in status.failures] == [(indicator(101)["id"], indicator(101)["modified"])]
    status.refresh()
    assert root.get_status(status.id).failures[0]["message"].startswith("$.pattern: the pattern does not parse")


def test_a_stranger_deletes_a_version_and_then_the_object(root: ApiRoot) -> None:
    collection = collection_of(root, "indicators")
    old, new = indicator(110), indicator(110, modified="2026-02-01T00:00:00.000Z")
    collection.add_objects({"objects": [old, new]})
    collection.delete_object(new["id"], version=new["modified"])
    assert collection.get_object(old["id"])["objects"] == [old]
    collection.delete_object(old["id"])
    with pytest.raises(HTTPError, match="404"):
        collection.get_object(old["id"])


def test_stix2_reads_the_same_ids_and_versions(root: ApiRoot) -> None:
    """Its source asks in its own way and parses what it gets."""
    source = stix2.TAXIICollectionSource(collection_of(root, "actors"), allow_custom=True)
    seeds = everything(collection_of(root, "actors"), 500)
    assert {(one["id"], one["modified"]) for one in seeds} == {
        (str(one.id), stix2.utils.format_datetime(one.modified)) for one in source.query()
    }
    actor = next(one for one in seeds if one["type"] == "threat-actor")
    assert source.get(actor["id"]).name == actor["name"]
    assert [one.id for one in source.all_versions(actor["id"])] == [actor["id"]]
    assert {one.type for one in source.query([stix2.Filter("type", "=", "threat-actor")])} == {"threat-actor"}


@pytest.mark.parametrize("alias", ["actors", "public", "indicators", "providers"])
def test_stix2_parses_everything_in_the_seeds(root: ApiRoot, alias: str) -> None:
    """Each object by itself and all as one bundle, without leave for anything custom that has no extension."""
    objects = everything(collection_of(root, alias), 500)
    assert objects
    for one in objects:
        assert json.loads(stix2.parse(one, allow_custom=False).serialize())["id"] == one["id"]
    assert len(stix2.parse({"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": objects}).objects) == len(
        objects
    )


def test_what_a_sink_of_stix2_adds_its_source_gets(root: ApiRoot) -> None:
    """One object, several, and a later version of the first."""
    collection = collection_of(root, "sightings")
    sink, source = stix2.TAXIICollectionSink(collection), stix2.TAXIICollectionSource(collection)
    first = stix2.Indicator(name="one", pattern="[domain-name:value = 'one.example.org']", pattern_type="stix")
    second = stix2.Indicator(name="two", pattern="[domain-name:value = 'two.example.org']", pattern_type="stix")
    sink.add(first)
    sink.add([second, first.new_version(name="one again")])
    assert {one.name for one in source.query()} == {"one again", "two"}
    assert sorted(one.name for one in source.all_versions(first.id)) == ["one", "one again"]
    assert source.get(first.id).name == "one again"
