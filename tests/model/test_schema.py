"""Only what a type's schema defines is judged by it; what is wrong is said in plain words."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tocsin.model import schema, strict_json
from tocsin.model.schema import Fault, check, shown

UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
INDICATOR: dict[str, Any] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": f"indicator--{UUID}",
    "created": "2016-04-06T20:03:48.000Z",
    "modified": "2016-04-06T20:03:48.000Z",
    "pattern": "[a:b = 1]",
    "pattern_type": "stix",
    "valid_from": "2016-01-01T00:00:00Z",
}
FILE: dict[str, Any] = {"type": "file", "spec_version": "2.1", "id": f"file--{UUID}"}
LEAVE_OUT = "give it a value, or leave the property out"
TIMESTAMP = 'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, an instant that exists)'


def number(text: str) -> Any:
    return strict_json.read(text.encode()).value


def test_every_type_of_the_standard_has_a_schema_that_compiles() -> None:
    types = set(schema._library().uris)

    assert len(types) == 42
    assert {"indicator", "sighting", "file", "marking-definition", "extension-definition", "language-content"} <= types
    assert all(schema._judge(kind).known >= {"type", "id"} for kind in types)


def test_a_sound_object_has_no_fault() -> None:
    assert check(INDICATOR) is None


def test_what_the_schema_does_not_define_is_carried_unjudged() -> None:
    unknown = {"x_mitre_platforms": [], "x_empty": None, "X-odd key\n": {}, "severity": 1, "nombre": number("1e999999999")}

    assert check(INDICATOR | unknown) is None


def test_a_type_without_a_schema_passes() -> None:
    assert check({"type": "x-mitre-tactic", "id": 5, "labels": []}) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"valid_from": "2024-02-30T00:00:00Z"}, Fault("$.valid_from", "'2024-02-30T00:00:00Z' is not an instant that exists", TIMESTAMP)),
        ({"valid_from": "2016"}, Fault("$.valid_from", "'2016' has not the form that is asked for", TIMESTAMP)),
        (
            {"created": "2016-04-06T20:03:48Z"},
            Fault(
                "$.created",
                "'2016-04-06T20:03:48Z' has not the form that is asked for",
                'write it with milliseconds, like "2026-01-31T09:30:00.000Z"',
            ),
        ),
        (
            {"created_by_ref": "identity--x"},
            Fault(
                "$.created_by_ref",
                "'identity--x' has not the form that is asked for",
                'write it like "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff" (type--UUID)',
            ),
        ),
        ({"labels": []}, Fault("$.labels", "an empty list is not allowed here", LEAVE_OUT)),
        ({"name": None}, Fault("$.name", "null is not allowed here", LEAVE_OUT)),
        ({"name": {}}, Fault("$.name", "an object is not of the right kind", "write a value of type string")),
        ({"revoked": "no"}, Fault("$.revoked", "'no' is not of the right kind", "write a value of type boolean")),
        ({"labels": ["a", 5]}, Fault("$.labels[1]", "a number is not of the right kind", "write a value of type string")),
        ({"confidence": 101}, Fault("$.confidence", "the number is too large", "write 100 or less")),
        ({"confidence": -1}, Fault("$.confidence", "the number is too small", "write 0 or more")),
        ({"extensions": {}}, Fault("$.extensions", "an empty object is not allowed here", LEAVE_OUT)),
        ({"extensions": {"x\x1b": {}}}, Fault("$.extensions", "'x\\x1b' is not allowed as a key here", "leave it out or rename it")),
        (
            {"external_references": [{"source_name": "x"}]},
            Fault(
                "$.external_references[0]",
                "none of the properties is there of which one is needed",
                "add one of external_id, description, url",
            ),
        ),
        (
            {"external_references": [{"source_name": "cve"}]},
            Fault("$.external_references[0]", "the property external_id is missing", "add external_id"),
        ),
        (
            {"external_references": [{"source_name": "x", "url": 5}]},
            Fault("$.external_references[0].url", "a number is not of the right kind", "write a value of type string"),
        ),
    ],
)
def test_a_breach_is_told_with_its_place_and_what_to_write(change: dict[str, Any], fault: Fault) -> None:
    assert check(INDICATOR | change) == fault


def test_a_missing_property_is_named() -> None:
    value = {name: INDICATOR[name] for name in INDICATOR if name != "valid_from"}

    assert check(value) == Fault("$", "the property valid_from is missing", "add valid_from")


def test_an_observable_without_any_of_its_properties_is_told_which_it_may_have() -> None:
    assert check(FILE) == Fault("$", "none of the properties is there of which one is needed", "add one of hashes, name")


def test_a_value_outside_an_enumeration_is_told_the_values() -> None:
    extension = {f"extension-definition--{UUID}": {"extension_type": "other"}}
    fault = check(INDICATOR | {"extensions": extension})

    assert fault is not None
    assert fault.reason == "'other' is not allowed"
    assert fault.hint == 'write one of ["new-sdo","new-sco","new-sro","property-extension","toplevel-property-extension"]'


def test_an_impossible_instant_deep_in_an_extension_is_found() -> None:
    value = FILE | {"name": "x", "extensions": {"windows-pebinary-ext": {"pe_type": "exe", "time_date_stamp": "2024-02-30T00:00:00Z"}}}
    fault = check(value)

    assert fault is not None
    assert fault.path == "$.extensions.windows-pebinary-ext.time_date_stamp"


@pytest.mark.parametrize("text", ["1" * 5000, "1e999999999", "99.99999999999999999999999", "-1e-999999999", "100.00000000000000000001"])
def test_numbers_of_any_size_are_held_to_the_bounds(text: str) -> None:
    assert check(INDICATOR | {"confidence": number(text)}) is not None


def test_a_whole_number_is_whole_however_it_is_written() -> None:
    assert check(INDICATOR | {"confidence": number("1000000000000000000000e-20")}) is None


def test_a_huge_number_where_the_schema_sets_no_bound_is_taken() -> None:
    assert check(FILE | {"name": "x", "size": number("1" * 5000)}) is None


@pytest.mark.parametrize("value", ["not a host", "http://a b/", "é@x"])
def test_formats_of_names_and_addresses_are_not_judged(value: str) -> None:
    for kind in ("url", "domain-name", "email-addr"):
        assert check({"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}", "value": value}) is None


def test_a_schema_that_is_not_in_the_package_is_never_fetched() -> None:
    with pytest.raises(LookupError, match=r"http://example\.invalid/x is not in the package"):
        schema._refuse("http://example.invalid/x")


def test_the_validator_package_itself_is_not_imported() -> None:
    code = "import sys; from tocsin.model.schema import check; check({'type': 'file'}); print('stix2validator' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "False\n"


def test_many_threads_may_judge_from_the_first_moment() -> None:
    schema._judge.cache_clear()
    schema._library.cache_clear()

    with ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(check, [INDICATOR, INDICATOR | {"labels": []}] * 40))

    assert faults == [None, Fault("$.labels", "an empty list is not allowed here", LEAVE_OUT)] * 40


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("\x1b[2J\u202e", "'\\x1b[2J\\u202e'"),
        ("a" * 61, "'" + "a" * 60 + "'..."),
        (None, "null"),
        (True, "a boolean"),
        (1.5, "a number"),
        ([], "a list"),
        ({}, "an object"),
    ],
)
def test_what_is_quoted_is_short_and_harmless(value: object, text: str) -> None:
    assert shown(value) == text
