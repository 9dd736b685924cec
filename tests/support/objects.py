"""STIX objects to send: valid, small, and different from one another."""

import json
from typing import Any
from uuid import UUID

INSTANT = "2026-01-01T00:00:00.000Z"


def uuid(number: int) -> str:
    """A UUIDv4 with that number in its last digits."""
    return str(UUID(int=(0x4 << 76) | (0x8 << 60) | number))


def indicator(number: int = 0, *, modified: str = INSTANT, **properties: Any) -> dict[str, Any]:
    """An indicator; the same number is the same id."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid(number)}",
        "created": INSTANT,
        "modified": modified,
        "name": f"number {number}",
        "pattern": f"[domain-name:value = 'n{number}.example.org']",
        "pattern_type": "stix",
        "valid_from": INSTANT,
        **properties,
    }


def attack_pattern(number: int = 0, *, modified: str = INSTANT, **properties: Any) -> dict[str, Any]:
    """An attack pattern; the same number is the same id."""
    return {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": f"attack-pattern--{uuid(number)}",
        "created": INSTANT,
        "modified": modified,
        "name": f"number {number}",
        **properties,
    }


def domain_name(number: int = 0, **properties: Any) -> dict[str, Any]:
    """An SCO: no created, no modified."""
    return {"type": "domain-name", "id": f"domain-name--{uuid(number)}", "value": f"n{number}.example.org", **properties}


def text(*objects: dict[str, Any]) -> list[bytes]:
    """Each as JSON."""
    return [json.dumps(each).encode() for each in objects]


def envelope(*objects: dict[str, Any]) -> bytes:
    """A TAXII envelope."""
    return json.dumps({"objects": list(objects)}).encode()
