"""Admission refuses what could harm a reader or the log, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import admission, strict_json
from tocsin.model.admission import is_built_in
from tocsin.model.marking import DEFINITIONS, MARKING_REF, Level
from tocsin.model.stamp import stamp_of
from tocsin.model.stix import Refusal, StixObject

NOW = stamp_of("2026-01-31T09:30:00Z")
UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
AUTHOR = "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff"
INDICATOR: dict[str, Any] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": f"indicator--{UUID}",
    "created_by_ref": AUTHOR,
    "created": "2016-04-06T20:03:48.000Z",
    "modified": "2016-04-06T20:03:48.1230Z",
    "pattern": "[ipv4-addr:value = '198.51.100.7']",
    "pattern_type": "stix",
    "valid_from": "2016-01-01T00:00:00Z",
    "object_marking_refs": [MARKING_REF[Level.AMBER]],
}
DOMAIN: dict[str, Any] = {"type": "domain-name", "id": f"domain-name--{UUID}", "value": "a.example"}
CUSTOM: dict[str, Any] = {
    "type": "x-thing",
    "spec_version": "2.1",
    "id": f"x-thing--{UUID}",
    "created": "2016-04-06T20:03:48.000Z",
    "modified": "2016-04-06T20:03:48.000Z",
}
TLP_RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"


def judge(value: object) -> StixObject | Refusal:
    return admission.read(json.dumps(value).encode(), now=NOW, position=7)


def refused(value: object) -> Refusal:
    verdict = judge(value)
    assert isinstance(verdict, Refusal)
    return verdict


def admitted(value: object) -> StixObject:
    verdict = judge(value)
    assert isinstance(verdict, StixObject), verdict
    return verdict


def test_an_object_is_admitted_with_the_facts_and_the_bytes_as_they_arrived() -> None:
    body = json.dumps(INDICATOR, indent=1).encode()

    assert admission.read(body, now=NOW, position=0) == StixObject(
        id=f"indicator--{UUID}",
        type="indicator",
        version="2016-04-06T20:03:48.123",
        created_by=AUTHOR,
        level=Level.AMBER,
        content_hash=strict_json.read(body).content_hash,
        body=body,
    )


def test_an_observable_has_no_version_and_needs_no_spec_version() -> None:
    verdict = admitted(DOMAIN)

    assert (verdict.version, verdict.created_by, verdict.level) == (None, None, None)


def test_an_object_without_modified_has_created_as_its_version() -> None:
    assert admitted(dict(DEFINITIONS[TLP_RED])).version == "2017-01-20T00:00:00.000"


@pytest.mark.parametrize(
    "extra",
    [
        {"x_mitre_version": None, "x_mitre_platforms": [], "severity": "high"},
        {"revoked": True},
        {"x_big": 2**70, "confidence": 50},
    ],
)
def test_what_harms_nobody_is_carried(extra: dict[str, Any]) -> None:
    admitted(INDICATOR | extra)


def test_a_type_without_a_schema_is_carried_whatever_it_holds() -> None:
    assert admitted(CUSTOM | {"labels": [], "created_by_ref": ["x"], "object_marking_refs": 5}).created_by is None


@pytest.mark.parametrize(
    ("value", "path", "reason", "hint"),
    [
        (5, "$", "a number is not a STIX object", "send a JSON object"),
        ({}, "$.type", "the property type is missing", 'write 3 to 250 characters of a-z, 0-9 and "-", like "indicator"'),
        (
            {"type": "bundle", "objects": []},
            "$.type",
            "a bundle is not an object of an envelope",
            "send the bundle as the body, or its objects one by one",
        ),
        ({"type": "in"}, "$.type", "'in' is not a STIX type", 'write 3 to 250 characters of a-z, 0-9 and "-", like "indicator"'),
        ({"type": "indicator"}, "$.id", "the property id is missing", 'write "indicator--" and a UUID of version 1 to 5'),
        (INDICATOR | {"id": 5}, "$.id", "a number is not an id", 'write "indicator--" and a UUID of version 1 to 5'),
        (
            INDICATOR | {"spec_version": "2.0"},
            "$.spec_version",
            "the property spec_version is '2.0'",
            'add "spec_version": "2.1", and the properties of STIX 2.1',
        ),
        (
            {name: CUSTOM[name] for name in CUSTOM if name != "spec_version"},
            "$.spec_version",
            "the property spec_version is missing",
            'add "spec_version": "2.1", and the properties of STIX 2.1',
        ),
        (
            CUSTOM | {"modified": 5},
            "$.modified",
            "a number is not a timestamp",
            'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, ending in Z)',
        ),
        (
            CUSTOM | {"created": "2016-02-30T00:00:00.000Z"},
            "$.created",
            "'2016-02-30T00:00:00.000Z' is not an instant that exists",
            'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, ending in Z)',
        ),
        (INDICATOR | {"labels": []}, "$.labels", "an empty list is not allowed here", "give it a value, or leave the property out"),
        (
            INDICATOR | {"pattern": "[a:b = 'x]"},
            "$.pattern",
            "the pattern has a string or a comment that is not closed, or a backslash before something other than ' and \\",
            "write it like \"[ipv4-addr:value = '198.51.100.7']\"",
        ),
        (
            dict(DEFINITIONS[TLP_RED]) | {"name": "TLP:GREEN"},
            "$",
            "the id is that of a standard TLP marking, with another definition",
            "refer to the marking, and leave its definition out",
        ),
    ],
)
def test_what_could_harm_is_refused_and_told(value: Any, path: str, reason: str, hint: str) -> None:
    refusal = refused(value)

    assert (refusal.path, refusal.reason, refusal.hint, refusal.is_passing) == (path, reason, hint, False)


def test_a_refusal_names_the_object_and_its_version() -> None:
    refusal = refused(INDICATOR | {"name": 5})

    assert (refusal.id, refusal.version) == (f"indicator--{UUID}", "2016-04-06T20:03:48.123")


def test_a_refusal_of_an_object_without_id_names_its_place() -> None:
    assert refused({"type": "indicator"}).id == "objects[7]"
    assert refused([]).id == "objects[7]"


def test_an_id_is_given_back_cut() -> None:
    assert refused(INDICATOR | {"id": "x" * 1000}).id == "x" * 300


@pytest.mark.parametrize(
    "identifier",
    [
        UUID,
        f"malware--{UUID}",
        f"indicator-{UUID}",
        f"indicator--{UUID}x",
        f"indicator--{UUID}\n",
        f"indicator--{UUID.replace('-', '')}",
        "indicator--8e2e2d2b-17d4-6cbf-938f-98ee46b3cd3f",
        "indicator--8e2e2d2b-17d4-4cbf-c38f-98ee46b3cd3f",
        "indicator--00000000-0000-0000-0000-000000000000",
        f"Indicator--{UUID}",
    ],
)
def test_a_malformed_id_is_refused(identifier: str) -> None:
    assert refused(INDICATOR | {"id": identifier}).path == "$.id"


@pytest.mark.parametrize("version", "12345")
def test_a_uuid_of_version_1_to_5_is_taken(version: str) -> None:
    admitted(INDICATOR | {"id": f"indicator--8e2e2d2b-17d4-{version}cbf-938f-98ee46b3cd3f"})


@pytest.mark.parametrize("kind", ["ab", "a" * 251, "Abc", "a_b", "-abc", "abc-", "abc\n", "äbc", 5, None, "a" * 10**6])
def test_a_malformed_type_is_refused(kind: object) -> None:
    assert refused({"type": kind, "id": f"{kind}--{UUID}"}).path == "$.type"


def test_five_minutes_ahead_are_taken_and_more_is_refused_for_now() -> None:
    admitted(CUSTOM | {"modified": "2026-01-31T09:35:00.999Z"})
    refusal = refused(CUSTOM | {"modified": "2026-01-31T09:35:01.000Z"})

    assert refusal.is_passing
    assert refusal.path == "$.modified"
    assert refusal.reason == "2026-01-31T09:35:01.000 lies more than five minutes ahead of our clock"


def test_created_is_held_to_the_clock_too() -> None:
    assert refused(CUSTOM | {"created": "2027-01-01T00:00:00.000Z"}).is_passing


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b"{", b"\xff", b'{"a":NaN}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b"[" * 200])
def test_json_that_readers_disagree_about_is_refused_by_its_place(body: bytes) -> None:
    verdict = admission.read(body, now=NOW, position=7)

    assert isinstance(verdict, Refusal)
    assert (verdict.id, verdict.path, verdict.is_passing) == ("objects[7]", "$", False)


@pytest.mark.parametrize("identifier", DEFINITIONS)
def test_the_nine_definitions_are_admitted_as_they_are(identifier: str) -> None:
    assert admitted(dict(reversed(DEFINITIONS[identifier].items()))).id == identifier
    assert is_built_in(identifier)


@pytest.mark.parametrize("identifier", DEFINITIONS)
def test_another_definition_under_one_of_the_nine_ids_is_refused(identifier: str) -> None:
    assert "standard TLP marking" in refused(dict(DEFINITIONS[identifier]) | {"x_more": 1}).reason


def test_another_marking_is_not_built_in() -> None:
    assert not is_built_in(f"marking-definition--{UUID}")


@pytest.mark.parametrize(
    ("change", "warnings"),
    [
        ({}, ()),
        ({"created": "2016-04-06T20:03:48.1231Z"}, ("created is later than modified",)),
        ({"valid_until": "2015-01-01T00:00:00Z"}, ("valid_from is later than valid_until",)),
        ({"first_seen": "x", "last_seen": "y", "start_time": 5, "stop_time": None}, ()),
    ],
)
def test_what_should_be_otherwise_is_a_warning(change: dict[str, Any], warnings: tuple[str, ...]) -> None:
    assert admitted(INDICATOR | change).warnings == warnings


def test_a_pattern_of_another_language_is_not_judged() -> None:
    admitted(INDICATOR | {"pattern_type": "sigma", "pattern": "title: ["})


def test_what_a_refusal_quotes_is_short_and_printable() -> None:
    hostile = "\x1b[2J\u202e" * 10_000
    for name in ("type", "spec_version", "created_by_ref", "modified", "revoked", "pattern"):
        refusal = refused(INDICATOR | {name: hostile})

        assert len(str(refusal)) < 1000
        assert str(refusal).isprintable()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([INDICATOR["id"], "2016-02-30T00:00:00.000Z", 1e300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(["type", "id"]), inner, max_size=3),
    max_leaves=6,
)
PROPERTY = st.sampled_from([*INDICATOR, "extensions", "external_references", "granular_markings", "confidence", "labels", "x_any"])


@given(st.sampled_from([INDICATOR, DOMAIN, CUSTOM, dict(DEFINITIONS[TLP_RED])]), st.dictionaries(PROPERTY, JUNK, max_size=3))
def test_whatever_arrives_there_is_a_verdict_with_a_path_a_reason_and_a_hint(base: dict[str, Any], change: dict[str, Any]) -> None:
    match judge(base | change):
        case Refusal() as refusal:
            assert refusal.path.startswith("$")
            assert refusal.reason
            assert refusal.hint
        case StixObject() as admitted_object:
            assert json.loads(admitted_object.body) == base | change
