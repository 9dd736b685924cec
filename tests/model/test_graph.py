"""Objects of several collections as one graph: the highest version of each counts, and no property is trusted to be what it should."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.support.abuse import actor, extended, graph, thing
from tests.support.objects import uuid
from tocsin.model import strict_json
from tocsin.model.graph import Graph, Named, count, extension, instant, merged, parts, text, texts

LATER, LATEST = "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00Z"
VERSIONS = [
    actor(1, "first"),
    actor(1, "second", modified=LATER),
    actor(1, "third", modified=LATEST),
    actor(1, "another third", modified=LATEST),
    actor(2, "gone", modified=LATER, revoked=True),
    actor(2, "still there"),
    actor(3, "recalled, then set right"),
    actor(3, "recalled", modified=LATER, revoked=True),
    actor(3, "set right", modified=LATEST, revoked=False),
]


@given(some.permutations(VERSIONS + VERSIONS[:4]))
def test_the_highest_version_counts_in_whatever_order_they_come(objects: list[dict[str, Any]]) -> None:
    """And of two contents of one version always the same."""
    found = graph(*objects)
    assert found == graph(*VERSIONS)
    assert {text(body, "name") for body in found.objects.values()} in ({"third", "set right"}, {"another third", "set right"})
    assert found.revoked == {f"threat-actor--{uuid(2)}"}


def test_what_is_not_wanted_is_left_out_by_its_highest_version() -> None:
    """An older version that is wanted does not come back for it."""
    documents = [strict_json.read(json.dumps(one).encode()) for one in VERSIONS[:2]]
    assert merged(documents, is_wanted=lambda body: text(body, "name") == "first") == Graph()
    assert list(merged(documents, is_wanted=lambda body: text(body, "name") == "second").objects.values()) == [VERSIONS[1]]


def test_a_version_is_later_by_any_fraction_of_a_second() -> None:
    """Timestamps of different precision are compared as instants, not as text."""
    assert graph(actor(1, "early", modified=LATEST), actor(1, "late", modified="2026-03-01T00:00:00.0001Z")).named(
        f"threat-actor--{uuid(1)}"
    ) == Named(id=f"threat-actor--{uuid(1)}", name="late")


def test_what_is_not_held_is_called_by_its_id() -> None:
    """And so is what has no name."""
    nameless = thing("relationship", 4)
    assert [graph(nameless).named(one).name for one in (nameless["id"], "threat-actor--x")] == [nameless["id"], "threat-actor--x"]


@pytest.mark.parametrize("value", [None, 5, 1.5, True, "text", [], ["text", 5, None, {}], {}, {"a": 1}], ids=str)
def test_a_property_of_any_shape_is_read_as_what_it_should_be_or_as_nothing(value: object) -> None:
    """Null, numbers, lists and objects where they do not belong."""
    body = {"x": value, "extensions": {**extended("llm-technique"), "more": value}}
    assert text(body, "x") == (value if value == "text" else "")
    assert texts(body, "x") == (("text",) if isinstance(value, list) and value else ())
    assert parts(body, "x") == (({},) if isinstance(value, list) and value else ())
    assert count(body, "x") == (5 if value == 5 else None)
    assert instant(body, "x") == ""
    assert extension({"extensions": value}, "llm-technique") == {}


def test_an_extension_of_any_shape_is_read_as_nothing() -> None:
    """Only an object says something."""
    assert extension({"extensions": dict.fromkeys(extended("llm-technique"), "text")}, "llm-technique") == {}
    assert extension({"extensions": extended("llm-technique", novelty="known")}, "llm-technique")["novelty"] == "known"
