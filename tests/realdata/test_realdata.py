"""Large public data sets: what is accepted, what is refused by name, and that strangers' clients get all of it back (make realdata).

The files are ICS ATT&CK 18.1 (https://github.com/mitre-attack/attack-stix-data) and ATLAS (https://github.com/mitre-atlas/atlas-navigator-data).
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stix2
from taxii2client.v21 import Collection, as_pages

from tests.support.exchange import RunningExchange, tocsin, tocsin_json

DATA = Path(os.environ.get("TOCSIN_REALDATA") or "missing")
SETS = {"ics-attack-18.1.json": "actors", "stix-atlas.json": "restricted"}  # file: the collection that it goes into here
pytestmark = pytest.mark.skipif(
    not all((DATA / name).is_file() for name in SETS),
    reason=f"TOCSIN_REALDATA names no folder with {' and '.join(SETS)}",
)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """Running, and empty at first."""
    made = RunningExchange.make(tmp_path_factory.mktemp("realdata") / "home")
    yield made.start()
    made.end()


@pytest.fixture(scope="module")
def attack(exchange: RunningExchange) -> Any:
    """What `submit --json` says of ICS ATT&CK."""
    return tocsin_json("submit", str(DATA / "ics-attack-18.1.json"), "--collection", "actors", home=exchange.home)


@pytest.fixture(scope="module")
def atlas(exchange: RunningExchange) -> tuple[int, Any, list[str]]:
    """What `submit --json` says of ATLAS: exit code, result, lines."""
    command = ("submit", str(DATA / "stix-atlas.json"), "--collection", "restricted", "--json")
    done = tocsin(*command, home=exchange.home, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr.splitlines()


def first_of_each(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """By id and version, the first of those that the file holds: what is kept of it. The standard's own markings are built in."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    for one in json.loads((DATA / name).read_bytes())["objects"]:
        if not (one["type"] == "marking-definition" and one.get("definition_type") == "tlp"):
            kept.setdefault(version(one), one)
    return kept


def version(one: dict[str, Any]) -> tuple[str, str]:
    """Its id and its version as stix2 writes it; an object may have none."""
    written = one.get("modified") or one.get("created")
    return one["id"], stix2.utils.format_datetime(stix2.utils.parse_into_datetime(written)) if written else ""


def collection(exchange: RunningExchange, alias: str) -> Collection:
    url = f"{exchange.url}/api/collections/{exchange.collection_id(alias)}/"
    return Collection(url, user="admin", password=exchange.password)


def test_ics_attack_is_accepted_whole(attack: Any) -> None:
    assert (attack["total"], attack["taken"], attack["refused"]) == (1_826, 1_826, 0)


def test_atlas_is_accepted_but_for_what_contradicts_itself(atlas: tuple[int, Any, list[str]]) -> None:
    """34 ids of relationships come several times under one version with different ends: the first is kept, the others are named."""
    code, result, lines = atlas
    assert (code, result["total"], result["taken"], result["refused"]) == (1, 538, 458, 80)
    contradicted = Counter(one["id"] for one in result["failures"])
    assert len(contradicted) == 34
    assert all(name.startswith("relationship--") for name in contradicted)
    assert {one["message"] for one in result["failures"]} == {
        "$.modified: another content is already stored under this id and version; send the change with a later `modified`"
    }
    assert sorted(line.removeprefix(f"{DATA}/stix-atlas.json: ").split(":")[0] for line in lines) == sorted(contradicted)


def test_submitting_the_same_again_changes_nothing(exchange: RunningExchange, attack: Any) -> None:
    again = tocsin_json("submit", str(DATA / "ics-attack-18.1.json"), "--collection", "actors", home=exchange.home)
    assert again == attack
    assert tocsin_json("db", "check", home=exchange.home) == {"faults": []}


@pytest.mark.parametrize("limit", [7, 500])
@pytest.mark.parametrize("name", SETS)
def test_taxii2_client_gets_equal_json(exchange: RunningExchange, attack: Any, atlas: Any, name: str, limit: int) -> None:
    """Every accepted object, once, whatever the page."""
    pages = as_pages(collection(exchange, SETS[name]).get_objects, per_request=limit, version="all")
    read = [one for page in pages for one in page["objects"]]
    kept = first_of_each(name)
    assert len(read) == len(kept)
    assert {version(one): one for one in read} == kept


@pytest.mark.parametrize("name", SETS)
def test_stix2_reads_the_same_ids_and_versions(exchange: RunningExchange, attack: Any, atlas: Any, name: str) -> None:
    """The last version of each id, once."""
    source = stix2.TAXIICollectionSource(collection(exchange, SETS[name]), allow_custom=True)
    read = Counter(version(json.loads(one.serialize()) if hasattr(one, "serialize") else one) for one in source.query())
    last = dict(sorted(first_of_each(name)))
    assert read == Counter(last.items())
