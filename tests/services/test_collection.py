"""Collection files: each shipped one is good and says why it exists, each bad one gives one clear error (docs/collections.md)."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.services.conftest import ROOT, House
from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model.collection import ADDRESSED_TO_US, KNOWN_KEYS, PROVIDERS, Collection
from tocsin.model.marking import Level
from tocsin.model.member import ANONYMOUS, Role
from tocsin.services import collection
from tocsin.services.collection import CollectionService, read_definitions

SHIPPED = sorted((ROOT / "collections").glob("*.toml"))
GOOD = {"id": '"0c1a2b3c-0000-4000-8000-000000000001"', "alias": '"shelf"', "title": '"Shelf"'}


def write(folder: Path, name: str = "shelf.toml", **changes: str) -> Path:
    """A definition, with values as they stand in the file; an empty one leaves the key out."""
    file = folder / name
    file.write_text("\n".join(f"{key} = {value}" for key, value in {**GOOD, **changes}.items() if value), encoding="utf-8")
    return file


def refusal(folder: Path) -> str:
    with pytest.raises(InvalidInputError) as raised:
        read_definitions(folder)
    return str(raised.value)


def test_a_definition_of_three_keys_grants_nothing(tmp_path: Path) -> None:
    """What is left out has the closed value."""
    write(tmp_path)
    (read,) = read_definitions(tmp_path)
    assert read == Collection(id="0c1a2b3c-0000-4000-8000-000000000001", alias="shelf", title="Shelf", max_tlp=Level.GREEN)
    assert (read.read, read.write) == ((), ())


BAD = [  # the key, what stands there, and what the error must say besides file and key
    ("id", "", "is missing"),
    ("alias", "", "is missing"),
    ("title", "", "is missing"),
    ("id", '"5"', "UUIDv4"),
    ("id", '"30cb6eae-0a10-1b3e-8082-e7a2d80c002e"', "UUIDv4"),
    ("id", "5", "is not a text"),
    ("alias", '"Two Words"', "hyphens"),
    ("alias", '"-x"', "hyphens"),
    ("alias", f'"{"x" * 101}"', "100 characters"),
    ("title", '"A. B"', "without dot or comma"),
    ("title", '"A, B"', "without dot or comma"),
    ("title", '""', "without dot or comma"),
    ("description", "[]", "is not a text"),
    ("description", '"a\\u0000b"', "is not a text"),
    ("max_tlp", '"purple"', "clear, green, amber, amber+strict, red"),
    ("max_tlp", "2", "is not a text"),
    ("read", '"analyst"', "is not a list of texts"),
    ("read", "[1]", "is not a list of texts"),
    ("write", '[""]', "is not a list of texts"),
    ("write", '["a\\u0000b"]', "is not a list of texts"),
    ("write", '["peer", "anonymous"]', "somebody must answer"),
    ("authors", '"own"', "not built yet"),
    ("default_tlp", '"green"', "not built yet"),
    ("moderated", "true", "not built yet"),
    ("retention", '"30 days"', "not built yet"),
    ("redd", '["peer"]', ", ".join(KNOWN_KEYS)),
]


@pytest.mark.parametrize(("key", "value", "says"), BAD)
def test_a_bad_file_gives_one_line_with_file_and_key(tmp_path: Path, key: str, value: str, says: str) -> None:
    """And what to write instead."""
    file = write(tmp_path, **{key: value})
    told = refusal(tmp_path)
    assert told.startswith(f"{file}: ")
    assert key in told
    assert says in told
    assert "\n" not in told


@pytest.mark.parametrize("content", [b"alias = ", b"\xff\xfe", b"id = 1\nid = 2"])
def test_what_is_no_toml_is_told_with_its_file(tmp_path: Path, content: bytes) -> None:
    """As the parser tells it."""
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    assert refusal(tmp_path).startswith(f"{file}: ")


def test_a_folder_named_like_a_file_is_told(tmp_path: Path) -> None:
    """It cannot be read."""
    (tmp_path / "odd.toml").mkdir()
    assert refusal(tmp_path).startswith(str(tmp_path / "odd.toml"))


def test_a_folder_without_definitions_is_refused(tmp_path: Path) -> None:
    """Nobody applies nothing on purpose."""
    assert "holds no collection files" in refusal(tmp_path)
    assert "holds no collection files" in refusal(tmp_path / "missing")


def test_a_rule_that_is_not_built_may_be_named_with_its_default(tmp_path: Path) -> None:
    """It asks for nothing."""
    write(tmp_path, authors='"any"', default_tlp='"clear"', moderated="false", retention='""')
    assert len(read_definitions(tmp_path)) == 1


# The collections that are shipped


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_each_shipped_file_says_why_it_exists(file: Path) -> None:
    """In a comment at its head, and what it is for in its description; its alias is its name."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# Why it exists: \S.{30,}", lines[0])
    (definition,) = [one for one in read_definitions(file.parent) if one.alias == file.stem]
    assert len(definition.description) > 30


def test_the_shipped_set_is_what_the_exchange_counts_on() -> None:
    """With different ids, aliases and titles."""
    definitions = read_definitions(ROOT / "collections")
    aliases = {"actors", "drafts", "inbox", "indicators", "providers", "public", "restricted", "sightings", "submissions"}
    assert {one.alias for one in definitions} == aliases == {file.stem for file in SHIPPED}
    assert {PROVIDERS} | ADDRESSED_TO_US <= aliases
    assert all(len({getattr(one, key) for one in definitions}) == len(definitions) for key in ("id", "alias", "title"))


def test_who_reads_and_writes_the_shipped_collections(house: House) -> None:
    """The whole table: r reads, w writes."""
    house.exchange.organisations.add("Acme", domain="", identity=None, now=house.exchange.now())
    callers = [
        house.join("ann", Role.ANALYST, clearance=Level.RED),
        house.join("bob", Role.ANALYST, clearance=Level.RED, organisation="Acme"),
        house.join("pia", Role.PEER, clearance=Level.AMBER, organisation="Acme"),
        house.join("pit", Role.PEER, organisation="Acme"),
        house.join("sam", Role.SOC, clearance=Level.RED, organisation="Acme"),
        ANONYMOUS,
    ]
    rights = {
        one.alias: " ".join(("r" if one.may_read(who) else "") + ("w" if one.may_write(who) else "") or "-" for who in callers)
        for one in house.exchange.collections.everything()
        if not one.alias.startswith("outbox")
    }
    assert rights == {  # ann, bob of another organisation, pia cleared for amber, pit for green, sam, the public
        "actors": "rw rw r r r -",
        "drafts": "rw - - - - -",
        "inbox": "rw w w w - -",
        "indicators": "rw rw rw rw r -",
        "providers": "r r r r r -",
        "public": "rw rw r r r r",
        "restricted": "rw rw rw w - -",
        "sightings": "rw rw rw rw rw -",
        "submissions": "rw w w w - -",
    }


# Finding them


def test_a_collection_is_found_by_id_and_by_alias_whatever_the_case(house: House) -> None:
    """As TAXII has it (§5.1): an alias stands wherever an id does."""
    by_alias = house.exchange.collections.find(house.operator, "Indicators")
    assert house.exchange.collections.find(house.operator, by_alias.id.upper()) == by_alias


def test_hidden_and_missing_are_the_same(house: House) -> None:
    """And neither is in the list."""
    pit = house.join("pit", Role.SOC)
    told = []
    for name in ("inbox", "nowhere", "\0"):
        with pytest.raises(NotFoundError) as raised:
            house.exchange.collections.find(pit, name)
        told.append(str(raised.value))
    assert len(set(told)) == 1
    assert [one.alias for one in house.exchange.collections.listing(pit)] == ["actors", "indicators", "providers", "public", "sightings"]
    assert [one.alias for one in house.exchange.collections.listing(ANONYMOUS)] == ["public"]


def test_a_definition_that_another_process_changed_is_noticed_within_a_second(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is short-lived; what this process changes counts at once."""
    hands = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(collection, "time", SimpleNamespace(monotonic=lambda: hands.now))
    here, elsewhere = house.exchange.collections, CollectionService(database=house.exchange.collections.database)
    shelf = here.find(house.operator, "actors")
    elsewhere.apply([Collection(id=shelf.id, alias="renamed", title=shelf.title, write=("*",))])
    assert here.find(house.operator, "actors").alias == "actors"
    hands.now += collection.REMEMBERED_SECONDS + 0.01
    assert here.find(house.operator, "renamed").id == shelf.id
    here.apply([Collection(id=shelf.id, alias="again", title=shelf.title, write=("*",))])
    assert here.find(house.operator, "again").id == shelf.id
