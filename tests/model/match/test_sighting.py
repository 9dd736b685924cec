"""What was seen as STIX sightings: valid, marked like their indicators, with the same ids every time, and nothing of the telemetry."""

import json
from typing import Any

import pytest
import stix2

from tests.support.objects import indicator, uuid
from tocsin.model import admission
from tocsin.model.identifier import object_id
from tocsin.model.marking import MARKING_REF, PAP_REF, Level
from tocsin.model.match.scan import Tally
from tocsin.model.match.sighting import sighting_of
from tocsin.model.stamp import stamp_of
from tocsin.model.stix import StixObject

AUTHOR = f"identity--{uuid(900)}"
FIRST, LAST = "2026-05-01T00:00:00.000000Z", "2026-05-02T00:00:00.000000Z"
GREEN, AMBER, RED, WHITE = (
    MARKING_REF[Level.GREEN],
    MARKING_REF[Level.AMBER],
    MARKING_REF[Level.RED],
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
)
PAP = PAP_REF["amber"]


def tally(first: str | None = FIRST, last: str | None = LAST, *, count: int = 3) -> Tally:
    times = {name: stamp_of(text) if text else None for name, text in (("first", first), ("last", last))}
    return Tally(count=count, places=[("secret.log", 1)], **times)


def made(body: dict[str, Any], seen: Tally) -> dict[str, Any]:
    return sighting_of(body, seen, author=AUTHOR)


def test_a_sighting_says_what_was_seen_and_nothing_else() -> None:
    assert made(indicator(1, object_marking_refs=[GREEN]), tally()) == {
        "type": "sighting",
        "spec_version": "2.1",
        "id": object_id("sighting", AUTHOR, key=f"{indicator(1)['id']}|{FIRST}"),
        "created_by_ref": AUTHOR,
        "first_seen": FIRST,
        "last_seen": LAST,
        "count": 3,
        "sighting_of_ref": indicator(1)["id"],
        "where_sighted_refs": [AUTHOR],
        "object_marking_refs": [GREEN],
    }


def test_a_sighting_without_a_time_has_none() -> None:
    assert {"first_seen", "last_seen"}.isdisjoint(made(indicator(1), tally(None, None)))


def test_the_same_sighting_grows_and_another_beginning_is_another() -> None:
    """A longer log of the same time tells more of the same thing."""
    begun = made(indicator(1), tally())["id"]
    assert made(indicator(1), tally(last="2026-05-09T00:00:00Z", count=9))["id"] == begun
    assert made(indicator(1), tally("2026-05-01T00:00:01Z"))["id"] != begun
    assert made(indicator(2), tally())["id"] != begun
    assert sighting_of(indicator(1), tally(), author=f"identity--{uuid(901)}")["id"] != begun


@pytest.mark.parametrize(
    ("own", "granular", "expected"),
    [
        ([], [], None),
        ([GREEN], [], [GREEN]),
        ([GREEN, PAP], [], [GREEN, PAP]),
        ([WHITE], [], [WHITE]),
        ([GREEN, PAP], [RED], [PAP, RED]),  # a part of it is stricter than the whole
        ([GREEN], [WHITE], [GREEN]),
        ([], [AMBER], [AMBER]),
        ([GREEN, AMBER], [], [AMBER]),
        ([PAP], [], [PAP]),
    ],
)
def test_a_sighting_is_marked_like_its_indicator(own: list[str], granular: list[str], expected: list[str] | None) -> None:
    marks = [{"marking_ref": ref, "selectors": ["pattern"]} for ref in granular]
    assert made(indicator(1, object_marking_refs=own, granular_markings=marks), tally()).get("object_marking_refs") == expected


@pytest.mark.parametrize("seen", [tally(), tally(None, None), tally(FIRST, FIRST, count=10**12)])
def test_a_sighting_is_admitted_and_parsed_by_everybody(seen: Tally) -> None:
    """However often it was seen."""
    versions = {"created": "2026-05-03T00:00:00.000Z", "modified": "2026-05-03T00:00:00.000Z"}
    body = made(indicator(1, object_marking_refs=[GREEN]), seen) | versions
    read = admission.read(json.dumps(body).encode(), now=stamp_of("2026-06-01T00:00:00Z"), position=0)
    assert isinstance(read, StixObject), read
    assert (read.warnings, read.level) == ((), Level.GREEN)
    assert stix2.parse(body, allow_custom=False).sighting_of_ref == body["sighting_of_ref"]
