"""Others refer to the ids of the seeds: they are the same on every machine, and a change of a rule must not change them unseen."""

import json
from pathlib import Path

import pytest
import stix2

from tests.seeds.shipped import CASES, CATALOGUE, EXAMPLE, EXAMPLE_PROVIDER, contents, objects, of_type
from tests.support.seeds import BUNDLES
from tocsin.model.identifier import identity_id, object_id

GOLDEN: dict[str, list[str]] = json.loads((Path(__file__).parent / "ids.json").read_text("utf-8"))

# The first seed, as it was before there were case files.
FIRST = {
    "identity": {"24a50de7-4cd5-55be-9da2-4582b87a0a94"},
    "report": {"433d8dd8-3a99-50a1-90b0-b7e55f9de5f0", "88a7e660-7ae0-56e7-b39f-1eb0f38c1a1a"},
    "threat-actor": {
        "fa1c8e56-83d2-5c5d-8aa4-51717e228a36",
        "576565f3-83ab-5ee5-b1cb-348cd2635e72",
        "bff34cf3-bae1-5d6d-89b2-7a1cd1154eff",
        "bbc19cb9-fe7c-5296-b4a0-55f8157f02af",
        "2fb0a2d8-709e-56e4-8d58-68126ca2aa16",
    },
    "attack-pattern": {
        "94a6e5e0-cd9d-5f1a-90a7-2939d5e135bc",
        "86b91b98-3ca8-54e3-aca8-16700fe7375f",
        "c6761bd8-577c-5688-8513-7d21c8ed3699",
        "1428bbfe-7379-56f4-80b0-9a9211529cde",
        "b62fa2fe-0143-5459-aa31-bf504cf596ae",
        "2531451b-b535-51aa-a692-d1e0d952a591",
        "92d16c3d-ae14-5869-9afb-a4fada4c076c",
        "0f77973d-5e74-55aa-8b47-6c3ce06ce698",
        "e27a99bf-8ca1-5e93-abd7-61cf549a8ff9",
        "7ce346d1-ff25-5cc7-990b-f0b97da39cfc",
        "4b29ad38-302b-5231-ae30-3461c61ec7b1",
    },
    "course-of-action": {
        "35dad298-1e6e-5de2-8828-556c1066fd41",
        "fad3458a-487b-5721-a5db-033791cb8253",
        "c5795c87-c9e4-5de0-a956-b2cb34d493ed",
        "cbd15534-00e7-503e-bc9d-d10e4fe13607",
        "9acafb5a-f5f5-538a-80de-fe04c31df26a",
    },
    "relationship": {
        "092374f0-5090-5815-ba39-4a28870f6856",
        "740e53d7-5ea5-5743-9324-5f94cd292312",
        "12fc226f-c70c-53eb-8e73-cef24ecef76a",
        "66baf2ed-4ba5-50d4-a986-06bbc3740b12",
        "fad30ea4-cb5a-5456-beac-c43ecfad262e",
        "3dc2314f-241b-5a4a-9226-48739c42520a",
        "4550c01a-ab1c-5ee3-a88a-c33d343d060b",
        "0afa2d45-9a95-5759-be1c-a00f052b88e7",
        "9dadf0da-04f0-56de-bb63-6ac376a77813",
        "20261964-86e4-5611-94f5-e5854caed122",
        "391dff20-b0db-5a3c-8b0a-6cfff09d5524",
        "f1f4b9a8-1fc4-573f-acc9-6903683fb4b9",
        "9cee8561-c0e3-50bc-99fa-0b8c41959ab9",
        "da775123-d5af-54a9-9ca2-ce77f76f42b5",
        "cee8bacc-e05b-582d-a047-798f3c869bd5",
        "386a3522-941e-597c-aa77-545b0fbf9949",
        "cf90c1a5-16d9-5ed8-8dd3-35168a118b3b",
        "90523154-80bd-5284-ae27-c2b9e9430fd0",
        "0e90b514-e148-5c69-afb8-a46b028c215d",
        "689cd901-dfe6-5afa-9815-825d6d879e4a",
        "31564b5e-77ba-5e1b-95b2-ae3b7898d790",
        "c9dc12fe-a1a7-55f3-a127-c14081ed831a",
    },
}


def test_every_seed_has_the_ids_that_were_published() -> None:
    """Each file, each object, in order."""
    assert {name: [one["id"] for one in objects(name)] for name in BUNDLES} == GOLDEN


@pytest.mark.parametrize("name", CASES)
def test_a_case_file_gives_these_ids_wherever_it_is_compiled(name: str) -> None:
    """From the text alone, without the bundle beside it."""
    assert [one["id"] for one in contents(name)] == GOLDEN[name]


def test_the_first_seed_keeps_its_46_ids() -> None:
    """In the catalogue's own three files."""
    found = {one["id"] for one in objects("techniques", "ms-2024-02", "openai-2024-02")}
    first = {f"{kind}--{each}" for kind, all_of_it in FIRST.items() for each in all_of_it}
    assert len(first) == 46 and first <= found


def test_the_first_seed_keeps_the_day_on_which_it_was_made() -> None:
    """`created` is when the catalogue was compiled; what changed since is a new version of the same object."""
    first = [one for one in objects("techniques", "ms-2024-02", "openai-2024-02") if one["id"].partition("--")[2] in FIRST[one["type"]]]
    assert {one["created"] for one in first} == {"2026-11-23T00:00:00.000Z"}
    (catalogue,) = of_type("identity", objects("techniques"))
    assert catalogue["modified"] == "2026-11-23T00:00:00.000Z"


def test_the_authors_keep_their_ids() -> None:
    """Both are organisations' ids, made from reserved domains."""
    assert identity_id("tocsin.invalid") == CATALOGUE
    assert identity_id("provider.example.org") == EXAMPLE_PROVIDER


@pytest.mark.parametrize("name", BUNDLES)
def test_a_relationship_is_keyed_by_what_it_links(name: str) -> None:
    """Source, verb and target; outside the catalogue's own files the case too, so that no two cases share a statement."""
    suffix = "" if name in ("techniques", "ms-2024-02", "openai-2024-02") else f"|{name}"
    for one in of_type("relationship", objects(name)):
        key = f"{one['source_ref']}|{one['relationship_type']}|{one['target_ref']}{suffix}"
        assert one["id"] == object_id("relationship", one["created_by_ref"], key=key)


def test_an_account_has_the_id_of_the_standard() -> None:
    """Anyone who hashes the same account with the same key makes the same id (STIX 2.1 §2.9)."""
    (account,) = of_type("user-account", objects(EXAMPLE))
    assert account["id"] == stix2.v21.UserAccount(account_type=account["account_type"], user_id=account["user_id"]).id
