"""Our extensions are valid STIX for everybody, whether it knows them or not, and the published schema says all that is enforced."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import jsonschema
import jsonschema_rs
import pytest
import stix2
import stix2.registry
import stix2validator
from hypothesis import given
from hypothesis import strategies as st

from tests.support.extension import BY_SLUG, IDS, JUNK, NAMES, each_extension, example
from tocsin.model import admission, schema
from tocsin.model.case import record
from tocsin.model.extension import EXTENSIONS, actor_profile, bundle, check, definition, enforcement_action, hashed_account, llm_technique
from tocsin.model.extension.interface import Extension
from tocsin.model.stamp import NEVER_TOO_LATE
from tocsin.model.stix import Refusal, StixObject


def judge(value: object) -> StixObject | Refusal:
    return admission.read(json.dumps(value).encode(), now=NEVER_TOO_LATE, position=0)


def test_the_ids_are_those_that_were_published() -> None:
    assert {each.slug: identifier for identifier, each in EXTENSIONS.items()} == IDS


@each_extension
def test_an_example_is_admitted_without_a_remark(extension: Extension) -> None:
    verdict = judge(extension.example)

    assert isinstance(verdict, StixObject), verdict
    assert (verdict.id, verdict.warnings) == (extension.example["id"], ())


@each_extension
def test_an_example_shows_every_property(extension: Extension) -> None:
    shown = extension.example["extensions"][extension.id].keys() - {"extension_type"}
    needless = {"verdict": {"hold_until", "purge_by"}}.get(extension.example["extensions"][extension.id].get("answer_kind"), set())

    assert shown == extension.properties.keys() - needless


@each_extension
def test_example_and_definition_parse_strictly_where_nobody_knows_the_extension(extension: Extension) -> None:
    for value in (extension.example, definition(extension)):
        assert json.loads(stix2.parse(dict(value), allow_custom=False).serialize()) == value


@each_extension
def test_an_example_parses_strictly_where_the_extension_is_registered(extension: Extension, registered: None) -> None:
    parsed = stix2.parse(dict(extension.example), allow_custom=False)

    assert type(parsed["extensions"][extension.id]).__name__ == "Registered"
    assert json.loads(parsed.serialize()) == extension.example


@each_extension
def test_example_and_definition_pass_the_oasis_validator(extension: Extension) -> None:
    for value in (extension.example, definition(extension)):
        report = stix2validator.validate_instance(json.loads(json.dumps(value)))
        assert (report.is_valid, report.errors) == (True, [])


@each_extension
def test_a_definition_is_admitted_and_tells_all_that_a_reader_needs(extension: Extension) -> None:
    value = definition(extension)

    assert isinstance(judge(value), StixObject)
    assert {name: value[name] for name in ("id", "version", "extension_types", "created", "modified")} == {
        "id": extension.id,
        "version": "1.0.0",
        "extension_types": ["property-extension"],
        "created": "2026-11-24T00:00:00.000Z",
        "modified": "2026-11-24T00:00:00.000Z",
    }
    assert json.loads(value["schema"]) == extension.schema


def test_the_bundle_holds_all_eight_definitions() -> None:
    assert [each["id"] for each in bundle()["objects"]] == list(IDS.values())
    assert bundle()["id"] == "bundle--b073b177-fae0-539a-80a5-6e68983d2dc5"


@each_extension
def test_a_published_schema_is_sound_and_stands_alone(extension: Extension) -> None:
    text = definition(extension)["schema"]
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    used = {word for word in keywords(json.loads(text)) if word not in SILENT}

    assert {each for each in references(json.loads(text)) if not each.startswith("#/$defs/")} == set()
    assert used <= schema._WORDS.keys() | {"minItems"}, "each keyword that can fail has words of its own"


SILENT = {"$schema", "$id", "$ref", "$defs", "title", "description", "properties", "items", "allOf", "if", "then", "else"}


def keywords(value: Any) -> Iterator[str]:
    """The keywords of a schema and of all schemas in it."""
    if value is False:
        yield "falseSchema"
    if isinstance(value, dict):
        yield from value
        for name, inner in value.items():
            if name in ("properties", "$defs"):
                yield from (word for each in inner.values() for word in keywords(each))
            elif name in ("items", "if", "then", "else"):
                yield from keywords(inner)
            elif name == "allOf":
                yield from (word for each in inner for word in keywords(each))


def references(value: Any) -> Iterator[str]:
    """Whatever a schema refers to."""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from ([inner] if name == "$ref" else references(inner))


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our extensions as a Python consumer would tell stix2 of them, until the test ends."""
    maps = stix2.registry.STIX2_OBJ_MAPS["2.1"]
    monkeypatch.setitem(maps, "extensions", dict(maps["extensions"]))
    for extension in EXTENSIONS.values():
        typed = [(name, stix2_property(each)) for name, each in extension.properties.items()]

        @stix2.v21.CustomExtension(extension.id, typed)
        class Registered:
            extension_type = "property-extension"


def stix2_property(shape: Mapping[str, Any]) -> Any:
    properties = stix2.properties
    match shape:
        case {"$ref": "#/$defs/identifier", "pattern": pattern}:
            return properties.ReferenceProperty(valid_types=pattern.strip("^-"), spec_version="2.1")
        case {"$ref": "#/$defs/timestamp"}:
            return properties.TimestampProperty(precision="millisecond")
        case {"type": "array", "items": items}:
            return properties.ListProperty(stix2_property(items))
        case {"type": "object"}:
            return properties.DictionaryProperty(spec_version="2.1")
        case {"type": "integer"}:
            return properties.IntegerProperty()
        case {"type": "boolean"}:
            return properties.BooleanProperty()
    return properties.StringProperty()


@given(st.sampled_from(list(BY_SLUG)), st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=3))
def test_who_reads_the_published_schema_with_any_validator_judges_alike(slug: str, change: dict[str, Any]) -> None:
    value = example(slug)
    value["extensions"][IDS[slug]] |= change
    published = json.loads(definition(BY_SLUG[slug])["schema"])
    fault = check(value)

    assert jsonschema_rs.Draft202012Validator(published).is_valid(value) == (fault is None or "instant" in fault.reason)
    assert jsonschema.Draft202012Validator(published).is_valid(value) == (fault is None or "instant" in fault.reason)


def test_a_case_file_may_say_every_word_of_a_closed_list_and_no_other() -> None:
    said = [record.ActorClass, record.Novelty, record.Uplift, record.Autonomy, record.Framework, record.Fit, record.ActionType]
    ours = [
        actor_profile.CLASSES,
        llm_technique.NOVELTY,
        llm_technique.UPLIFT,
        llm_technique.AUTONOMY,
        llm_technique.FRAMEWORKS,
        llm_technique.FITS,
        enforcement_action.ACTION_TYPES,
    ]

    assert [get_args(words) for words in said] == ours
    assert get_args(record.AccountKind) == hashed_account.KINDS
