"""STIX objects about the abuse of language models: actors, techniques, who used what, who told of it."""

import json
from typing import Any

from tests.support.objects import INSTANT, uuid
from tocsin.model import strict_json
from tocsin.model.graph import Graph, merged
from tocsin.model.identifier import extension_definition_id

AUTHOR = f"identity--{uuid(900)}"


def thing(kind: str, number: int, *, modified: str = INSTANT, **properties: Any) -> dict[str, Any]:
    """An SDO or SRO; the same type and number are the same id."""
    head = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid(number)}", "created": INSTANT, "modified": modified}
    return {**head, **properties}


def extended(slug: str, /, **properties: Any) -> dict[str, Any]:
    """The property `extensions` with one of ours."""
    return {extension_definition_id(slug): {"extension_type": "property-extension", **properties}}


def actor(number: int, name: str, **properties: Any) -> dict[str, Any]:
    """A threat actor."""
    return thing("threat-actor", number, name=name, **properties)


def technique(number: int, name: str, **properties: Any) -> dict[str, Any]:
    """A technique; further properties are those of our extension."""
    return thing("attack-pattern", number, name=name, extensions=extended("llm-technique", slug=f"technique-{number}", **properties))


def link(number: int, verb: str, ends: tuple[dict[str, Any], dict[str, Any]], **properties: Any) -> dict[str, Any]:
    """A relationship from the first to the second."""
    source, target = ends
    return thing("relationship", number, relationship_type=verb, source_ref=source["id"], target_ref=target["id"], **properties)


def report(number: int, name: str, published: str, *objects: dict[str, Any]) -> dict[str, Any]:
    """A report that refers to these objects."""
    return thing("report", number, name=name, published=published, object_refs=[one["id"] for one in objects])


def graph(*objects: dict[str, Any]) -> Graph:
    """What a reader makes of them."""
    return merged(strict_json.read(json.dumps(one).encode()) for one in objects)
