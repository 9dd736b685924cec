"""Our eight extension definitions: what they are, and whether an object that carries one keeps to it (ADR 0013).

An extension that is not ours is none of our business and passes untouched; so does a property of ours that this version does not know,
for a later version may have added it. Nothing here fetches a schema or a definition.

Sources: STIX 2.1 §7.3 (extension definitions); docs/extensions/, a page for each.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import jsonschema_rs
import orjson

from tocsin.model import schema
from tocsin.model.extension.actor_profile import ACTOR_PROFILE
from tocsin.model.extension.derivation import DERIVATION
from tocsin.model.extension.enforcement_action import ENFORCEMENT_ACTION
from tocsin.model.extension.hashed_account import HASHED_ACCOUNT
from tocsin.model.extension.interface import TYPE, Extension
from tocsin.model.extension.llm_technique import LLM_TECHNIQUE
from tocsin.model.extension.notification import NOTIFICATION
from tocsin.model.extension.notification_answer import NOTIFICATION_ANSWER
from tocsin.model.extension.provider import PROVIDER
from tocsin.model.identifier import CATALOGUE, object_id
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.schema import Fault, shown

_ALL = (
    PROVIDER,
    ACTOR_PROFILE,
    LLM_TECHNIQUE,
    ENFORCEMENT_ACTION,
    NOTIFICATION,
    NOTIFICATION_ANSWER,
    HASHED_ACCOUNT,
    DERIVATION,
)
_PUBLISHED = "2026-11-24T00:00:00.000Z"

EXTENSIONS: Mapping[str, Extension] = MappingProxyType({each.id: each for each in _ALL})
"""Ours, by id."""


def check(value: Mapping[str, Any]) -> Fault | None:
    """The first breach of one of our extensions that an object carries; its `type` must be a string."""
    for identifier, extension in _carried(value):
        if value["type"] not in extension.hosts:
            reason = f"the extension {extension.title} is not made for the type {shown(value['type'])}"
            return Fault(f"$.extensions.{identifier}", reason, f"put it on an object of type {' or '.join(extension.hosts)}")
        fault = schema.breach(_validator(identifier), {**value, "extensions": {identifier: value["extensions"][identifier]}})
        if fault is not None:
            return fault
    return None


def unknown(value: Mapping[str, Any]) -> Iterator[str]:
    """What a writer should look at again: of each of our extensions, which must be without a fault, one name that it does not define."""
    for identifier, extension in _carried(value):
        names = value["extensions"][identifier].keys() - extension.properties.keys() - {"extension_type"}
        if names:
            yield f"version {extension.version} of the extension {extension.title} does not define {shown(min(names))}"


def extended(slug: str, /, **properties: Any) -> dict[str, dict[str, Any]]:
    """The value of `extensions` with one of ours; what is None, unset or empty is left out, and nothing left gives an empty value.

    Raises:
        KeyError: we have no such extension, or it has no such property; the caller's mistake.
    """
    extension = next((each for each in _ALL if each.slug == slug), None)
    if extension is None or not properties.keys() <= extension.properties.keys():
        raise KeyError(f"{slug}: {', '.join(properties)}")
    said = {name: each for name, each in properties.items() if each or each == 0}  # false and zero say something
    return {extension.id: {"extension_type": TYPE, **said}} if said else {}


def definition(extension: Extension) -> dict[str, Any]:
    """The STIX object that publishes an extension."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": extension.id,
        "created_by_ref": CATALOGUE,
        "created": _PUBLISHED,
        "modified": _PUBLISHED,
        "name": f"Tocsin: {extension.title}",
        "description": extension.description,
        "schema": orjson.dumps(extension.schema).decode(),
        "version": extension.version,
        "extension_types": [TYPE],
        "object_marking_refs": [MARKING_REF[Level.CLEAR]],
    }


def bundle() -> dict[str, Any]:
    """All of them, as every exchange publishes them (seeds/extensions.json)."""
    return {
        "type": "bundle",
        "id": object_id("bundle", CATALOGUE, key="extensions"),
        "objects": [definition(each) for each in _ALL],
    }


def _carried(value: Mapping[str, Any]) -> Iterator[tuple[str, Extension]]:
    """Those of ours that an object carries, whatever stands under `extensions`."""
    extensions = value.get("extensions")
    if isinstance(extensions, dict):
        yield from ((identifier, EXTENSIONS[identifier]) for identifier in extensions if identifier in EXTENSIONS)


@cache
def _registry() -> jsonschema_rs.Registry:
    schemas = [each.schema for each in _ALL]
    return schema.registry({each["$id"]: each for each in schemas})


@cache
def _validator(identifier: str) -> jsonschema_rs.Draft202012Validator:
    return schema.compiled(EXTENSIONS[identifier].schema, within=_registry())
