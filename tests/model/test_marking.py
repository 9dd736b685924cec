"""TLP 2.0, and TLP 1 on reading."""

import pytest
import stix2

from tocsin.model import marking
from tocsin.model.marking import BUILT_IN, DEFINITIONS, LEVELS, MARKING_REF, Level, level_of

WHITE = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
RED_1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"


def test_there_are_nine_definitions_each_with_a_level_and_a_hash() -> None:
    assert len(DEFINITIONS) == 9
    assert DEFINITIONS.keys() == LEVELS.keys() == BUILT_IN.keys()
    assert {len(each) for each in BUILT_IN.values()} == {32}


def test_the_definitions_have_the_standard_shapes() -> None:
    assert DEFINITIONS[WHITE] == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": WHITE,
        "created": "2017-01-20T00:00:00.000Z",
        "name": "TLP:WHITE",
        "definition_type": "tlp",
        "definition": {"tlp": "white"},
    }
    assert DEFINITIONS["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"] == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:AMBER+STRICT",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": "amber+strict",
            }
        },
    }


@pytest.mark.parametrize("identifier", DEFINITIONS)
def test_a_common_reader_takes_each_definition(identifier: str) -> None:
    parsed = stix2.parse(dict(DEFINITIONS[identifier]), allow_custom=True)

    assert parsed["id"] == identifier


def test_our_own_marking_of_a_level_means_that_level() -> None:
    assert {level: LEVELS[ref] for level, ref in MARKING_REF.items()} == {level: level for level in Level}


def test_tlp_1_is_understood() -> None:
    assert level_of({"object_marking_refs": [WHITE]}) is Level.CLEAR
    assert level_of({"object_marking_refs": [RED_1]}) is Level.RED


def test_the_strictest_of_own_and_granular_markings_counts() -> None:
    value = {
        "object_marking_refs": [MARKING_REF[Level.GREEN], WHITE],
        "granular_markings": [{"selectors": ["name"], "marking_ref": MARKING_REF[Level.AMBER_STRICT]}, {"lang": "en"}],
    }

    assert level_of(value) is Level.AMBER_STRICT


def test_unknown_markings_carry_no_level() -> None:
    assert level_of({"object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000000"]}) is None
    assert level_of({}) is None


@pytest.mark.parametrize("wrong", [None, 5, True, {}, [], [None, 5, [], {}], [{"marking_ref": [WHITE]}], "x"])
def test_wrong_shapes_do_no_harm(wrong: object) -> None:
    assert level_of({"object_marking_refs": wrong, "granular_markings": wrong}) is None


def test_a_bare_string_in_place_of_a_list_still_counts() -> None:
    assert level_of({"object_marking_refs": RED_1}) is Level.RED


def test_every_level_has_a_word_and_a_word_its_level() -> None:
    assert [Level.named(level.label) for level in Level] == list(Level)
    with pytest.raises(ValueError, match="'white' is not a TLP level"):
        marking.Level.named("white")
