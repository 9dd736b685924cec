"""Definitions of collections as records; the errors of bad files are in tests/services/test_collection.py (docs/collections.md)."""

import pytest

from tocsin.errors import InvalidInputError
from tocsin.model.collection import KNOWN_KEYS, NOT_BUILT, Collection, from_definition
from tocsin.model.marking import Level

FULL = {
    "id": "0C1A2B3C-0000-4000-8000-000000000001",
    "alias": "shelf-2",
    "title": " A shelf: for – everything ",
    "description": "Two\nlines.",
    "max_tlp": "amber+strict",
    "read": ["peer", "Acme AI", "peer"],
    "write": ["*"],
}


def test_a_full_definition_becomes_a_record() -> None:
    """The id in lower case, texts without blanks around them, words once each and in order."""
    assert from_definition(FULL) == Collection(
        id="0c1a2b3c-0000-4000-8000-000000000001",
        alias="shelf-2",
        title="A shelf: for – everything",
        description="Two\nlines.",
        max_tlp=Level.AMBER_STRICT,
        read=("peer", "Acme AI"),
        write=("*",),
    )


def test_the_known_keys_are_those_that_are_read() -> None:
    """The error for an unknown one names exactly these."""
    assert set(KNOWN_KEYS) == set(FULL) | set(NOT_BUILT)
    with pytest.raises(InvalidInputError) as raised:
        from_definition({**FULL, "reed": []})
    assert raised.value.hint == f"known keys: {', '.join(KNOWN_KEYS)}"


def test_number_and_epoch_are_the_stores_and_do_not_make_a_difference() -> None:
    """A definition equals what is stored of it."""
    assert from_definition(FULL) == Collection(**{**_values(from_definition(FULL)), "number": 7, "epoch": 3})


def _values(collection: Collection) -> dict[str, object]:
    return {name: getattr(collection, name) for name in ("id", "alias", "title", "description", "max_tlp", "read", "write")}


@pytest.mark.parametrize("title", ["a\nb", "x" * 101, "  "])
def test_a_title_is_one_short_line(title: str) -> None:
    """Clients show it in a list."""
    with pytest.raises(InvalidInputError):
        from_definition({**FULL, "title": title})


@pytest.mark.parametrize("identifier", ["{0c1a2b3c-0000-4000-8000-000000000001}", "0c1a2b3c000040008000000000000001", "urn:uuid:x", ""])
def test_an_id_is_written_as_a_plain_uuid(identifier: str) -> None:
    """Other spellings of it would stand in URLs."""
    with pytest.raises(InvalidInputError, match="UUIDv4"):
        from_definition({**FULL, "id": identifier})
