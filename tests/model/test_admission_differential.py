"""Admission and stix2, the reader that most Python consumers use, agree; where they do not, the reason stands beside the object."""

import json
from typing import Any

import pytest
import stix2

from tocsin.model import admission
from tocsin.model.stamp import stamp_of
from tocsin.model.stix import StixObject

NOW = stamp_of("2026-01-31T09:30:00Z")
UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
MOMENT = "2016-04-06T20:03:48.000Z"


def versioned(kind: str, **properties: Any) -> dict[str, Any]:
    shared = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}", "created": MOMENT, "modified": MOMENT}
    return shared | properties


def observable(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}"} | properties


def indicator(**properties: Any) -> dict[str, Any]:
    return versioned("indicator", pattern="[a:b = 'x']", pattern_type="stix", valid_from=MOMENT) | properties


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value[key] for key in value if key != name}


def is_taken_by_stix2(value: dict[str, Any]) -> bool:
    try:
        stix2.parse(value, allow_custom=True, version="2.1")
    except (stix2.exceptions.STIXError, ValueError, TypeError):
        return False
    return True


def is_admitted(value: dict[str, Any]) -> bool:
    return isinstance(admission.read(json.dumps(value).encode(), now=NOW, position=0), StixObject)


BOTH_TAKE = {
    "indicator": indicator(),
    "indicator with more": indicator(name="n", indicator_types=["benign"], confidence=50, lang="en", revoked=True),
    "sigma indicator": indicator(pattern_type="sigma", pattern="title: x"),
    "attack-pattern": versioned("attack-pattern", name="n", external_references=[{"source_name": "x", "external_id": "T1"}]),
    "custom property": versioned("attack-pattern", name="n", x_mitre_version="1.0"),
    "threat-actor": versioned("threat-actor", name="n", threat_actor_types=["advanced-persistent-manipulator"]),
    "relationship": versioned("relationship", relationship_type="uses", source_ref=f"malware--{UUID}", target_ref=f"tool--{UUID}"),
    "sighting": versioned("sighting", sighting_of_ref=f"indicator--{UUID}", count=3, first_seen=MOMENT),
    "note": versioned("note", content="c", object_refs=[f"tool--{UUID}"]),
    "opinion": versioned("opinion", opinion="agree", object_refs=[f"tool--{UUID}"]),
    "grouping": versioned("grouping", context="suspicious-activity", object_refs=[f"tool--{UUID}"]),
    "course-of-action": versioned("course-of-action", name="n"),
    "identity": versioned("identity", name="n", identity_class="organization"),
    "statement marking": without(versioned("marking-definition", definition_type="statement", definition={"statement": "s"}), "modified"),
    "domain-name": observable("domain-name", value="a.example"),
    "url that is none": observable("url", value="not a url"),
    "file": observable("file", hashes={"SHA-256": "ab" * 32}, size=5),
    "user-account": observable("user-account", user_id="u", account_type="provider"),
    "created later than modified": indicator(created="2017-01-01T00:00:00.000Z"),
    "null and empty in custom properties": indicator(x_empty=None, x_none=[]),
    "custom type": versioned("x-thing", x_name="n"),
    "whole float": indicator(confidence=50.0),
}

BOTH_REFUSE = {
    "no pattern": without(indicator(), "pattern"),
    "timestamp with an offset": indicator(valid_from="2016-01-01T02:00:00+02:00"),
    "pattern that does not parse": indicator(pattern="[a:b = 'x'"),
    "pattern with a wrong digest": indicator(pattern="[file:hashes.MD5 = 'abc']"),
    "day that does not exist": indicator(valid_from="2024-02-30T00:00:00.000Z"),
    "day in an extension that does not exist": observable(
        "file", name="n", extensions={"windows-pebinary-ext": {"pe_type": "exe", "time_date_stamp": "2024-02-30T00:00:00Z"}}
    ),
    "id of another type": indicator(id=f"tool--{UUID}"),
    "id without a UUID": indicator(id="indicator--1"),
    "nil UUID": indicator(id="indicator--00000000-0000-0000-0000-000000000000"),
    "author that is no identity id": indicator(created_by_ref="me"),
    "reference without detail": indicator(external_references=[{"source_name": "x"}]),
    "relationship without target": versioned("relationship", relationship_type="uses", source_ref=f"malware--{UUID}"),
    "file without name and hashes": observable("file"),
    "wrong digest": observable("file", hashes={"MD5": "x"}),
    "TLP marking of another id": without(versioned("marking-definition", definition_type="tlp", definition={"tlp": "red"}), "modified"),
}

ONLY_ADMISSION_TAKES = {
    "valid_until before valid_from (harms no log; warned about)": indicator(valid_until="2015-01-01T00:00:00Z"),
    "author of a custom type (an id is an id)": indicator(created_by_ref=f"x-author--{UUID}"),
}

ONLY_STIX2_TAKES = {
    "no created (stix2 makes one up)": without(indicator(), "created"),
    "no id (stix2 makes one up)": without(indicator(), "id"),
    "empty list (stix2 drops it)": indicator(labels=[]),
    "object where a list belongs (stix2 takes its keys)": versioned("threat-actor", name="n", aliases={"a": 1}),
    "confidence above 100 (stix2 does not look)": indicator(confidence=101),
    "sighting of a marking (stix2 does not look)": versioned("sighting", sighting_of_ref=f"marking-definition--{UUID}"),
    "timestamp without milliseconds (the schema asks for them)": indicator(created="2016-04-06T20:03:48Z", modified="2016-04-06T20:03:48Z"),
    "string of digits for a number (the schema asks for an integer)": indicator(confidence="50"),
    "word for a boolean (the schema asks for a boolean)": indicator(revoked="true"),
    "string where a list belongs (the schema asks for a list)": indicator(labels="x"),
    "too far in the future (our clock, not a matter of form)": indicator(modified="2036-01-01T00:00:00.000Z"),
    "a type without spec_version (only observables may lack it)": without(versioned("x-thing"), "spec_version"),
    "bundle (unwrapped before admission, never inside an envelope)": {"type": "bundle", "id": f"bundle--{UUID}"},
}


@pytest.mark.parametrize("value", BOTH_TAKE.values(), ids=BOTH_TAKE)
def test_both_take(value: dict[str, Any]) -> None:
    assert (is_admitted(value), is_taken_by_stix2(value)) == (True, True)


@pytest.mark.parametrize("value", BOTH_REFUSE.values(), ids=BOTH_REFUSE)
def test_both_refuse(value: dict[str, Any]) -> None:
    assert (is_admitted(value), is_taken_by_stix2(value)) == (False, False)


@pytest.mark.parametrize("value", ONLY_ADMISSION_TAKES.values(), ids=ONLY_ADMISSION_TAKES)
def test_only_admission_takes(value: dict[str, Any]) -> None:
    assert (is_admitted(value), is_taken_by_stix2(value)) == (True, False)


@pytest.mark.parametrize("value", ONLY_STIX2_TAKES.values(), ids=ONLY_STIX2_TAKES)
def test_only_stix2_takes(value: dict[str, Any]) -> None:
    assert (is_admitted(value), is_taken_by_stix2(value)) == (False, True)
