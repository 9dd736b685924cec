"""Levels of the Traffic Light Protocol: TLP 2.0, and TLP 1 on reading (FIRST TLP 2.0; STIX 2.1 §7.2.1.4).

What an object says about its own level is read here; what that allows is not decided here.

The nine standard marking definitions are built in and immutable: an exchange neither stores another definition under one of
their ids nor needs to fetch them. Sources: STIX 2.1 §7.2.1.4 (TLP 1), oasis-open/cti-stix-common-objects (TLP 2.0).
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import orjson

from tocsin.model import strict_json

_TLP_2_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


class Level(IntEnum):
    """How far something may travel; a greater level is stricter."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def label(self) -> str:
        """The word used in files and on the command line."""
        return "amber+strict" if self is Level.AMBER_STRICT else self.name.lower()

    @classmethod
    def named(cls, label: str) -> "Level":
        """The level of a word.

        Raises:
            ValueError: no such level.
        """
        for level in cls:
            if level.label == label:
                return level
        known = ", ".join(level.label for level in cls)
        raise ValueError(f"{label!r} is not a TLP level (known: {known})")


_TLP_1 = {  # the word of TLP 1: the UUID of its definition, and the level that it means now
    "white": ("613f2e26-407d-48c7-9eca-b8e91df99dc9", Level.CLEAR),
    "green": ("34098fce-860f-48ae-8e50-ebd3cc5e41da", Level.GREEN),
    "amber": ("f88d31f6-486f-44da-b317-01333bde0b82", Level.AMBER),
    "red": ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Level.RED),
}
_TLP_2 = {
    Level.CLEAR: "94868c89-83c2-464b-929b-a1a8aa3c8487",
    Level.GREEN: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Level.AMBER: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Level.AMBER_STRICT: "939a9414-2ddd-4d32-a0cd-375ea402b003",
    Level.RED: "e828b379-4e03-4974-9ac4-e53a884c97c1",
}


def _definition(uuid: str, word: str, *, created: str) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{uuid}",
        "created": created,
        "name": f"TLP:{word.upper()}",
    }


def _tlp_1(word: str) -> dict[str, Any]:
    shared = _definition(_TLP_1[word][0], word, created="2017-01-20T00:00:00.000Z")
    return shared | {"definition_type": "tlp", "definition": {"tlp": word}}


def _tlp_2(level: Level) -> dict[str, Any]:
    shared = _definition(_TLP_2[level], level.label, created="2022-10-01T00:00:00.000Z")
    return shared | {"extensions": {_TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level.label}}}


DEFINITIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {each["id"]: MappingProxyType(each) for each in [*map(_tlp_1, _TLP_1), *map(_tlp_2, _TLP_2)]}
)
"""The nine standard marking definitions, by id."""

BUILT_IN: Mapping[str, bytes] = MappingProxyType(
    {identifier: strict_json.read(orjson.dumps(dict(each))).content_hash for identifier, each in DEFINITIONS.items()}
)
"""The content hash of each of the nine, by id."""

MARKING_REF: Mapping[Level, str] = MappingProxyType({level: f"marking-definition--{uuid}" for level, uuid in _TLP_2.items()})
"""The marking to put on what we write: the TLP 2.0 definition of a level."""

LEVELS: Mapping[str, Level] = MappingProxyType(
    {f"marking-definition--{uuid}": level for uuid, level in _TLP_1.values()} | {ref: level for level, ref in MARKING_REF.items()}
)
"""What each of the nine ids means."""

PAP_REF: Mapping[str, str] = MappingProxyType(
    {
        "clear": "marking-definition--ad15a0cd-55b6-4588-a14c-a66105329b92",
        "green": "marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9",
        "amber": "marking-definition--60f8932b-e51e-4458-b265-a2e8be9a80ab",
        "red": "marking-definition--740d36e5-7714-4c30-961a-3ae632ceee0e",
    }
)
"""The markings of the Permissible Actions Protocol: what a receiver may do with it (oasis-open/cti-stix-common-objects)."""


def level_of(value: Mapping[str, Any]) -> Level | None:
    """The strictest TLP level among an object's own and its granular markings; None when it refers to none of the nine.

    Other markings carry no level here, and neither does anything of a shape that STIX does not know.
    """
    return max((LEVELS[ref] for ref in _marking_refs(value) if ref in LEVELS), default=None)


def _marking_refs(value: Mapping[str, Any]) -> Iterator[str]:
    own = value.get("object_marking_refs", [])
    granular = value.get("granular_markings", [])
    candidates = list(own) if isinstance(own, list) else [own]  # a bare string where a list belongs still says what its writer meant
    if isinstance(granular, list):
        candidates += [marking.get("marking_ref") for marking in granular if isinstance(marking, dict)]
    return (ref for ref in candidates if isinstance(ref, str))
