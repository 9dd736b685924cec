"""STIX objects like those that providers exchange: a fixed mix, all different, about 800 bytes each, the same in every run."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID, uuid5

AUTHOR = "identity--5b1c6f0e-7f0c-4d0b-9f57-1d7b8f6a2c11"
TLP_GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
SCO_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1 §2.9
PER_ENVELOPE = 1_000
_TEXT = (
    "account access actor automation campaign content credential document domain email evasion generation infrastructure language loader "
    "malware model network operation payload persona phishing prompt provider proxy query reconnaissance recruitment research script "
    "service session social target technique token tool translation vulnerability"
)
_WORDS = _TEXT.split()
# What one in twenty is of: indicators lead, as they do in real collections.
_MIX = (
    ["indicator"] * 8 + ["relationship"] * 4 + ["sighting"] * 2 + ["domain-name"] * 2 + ["attack-pattern"] * 3 + ["threat-actor"]
)  # fmt: skip


def envelopes(first: int, count: int) -> Iterator[bytes]:
    """Envelopes of 1,000 objects, from number `first` on."""
    for start in range(first, first + count, PER_ENVELOPE):
        yield b'{"objects":[' + b",".join(objects(start, min(PER_ENVELOPE, first + count - start))) + b"]}"


def objects(first: int, count: int) -> list[bytes]:
    """Objects number `first` to `first + count - 1`, as JSON."""
    return [json.dumps(one(number), separators=(",", ":")).encode() for number in range(first, first + count)]


def one(number: int) -> dict[str, Any]:
    """The object of that number."""
    random = Random(number)
    kind = _MIX[number % len(_MIX)]
    if kind == "domain-name":
        value = _domain(random)
        return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid5(SCO_NAMESPACE, json.dumps({'value': value}))}", "value": value}
    created = f"2026-{random.randrange(1, 7):02}-{random.randrange(1, 29):02}T{random.randrange(24):02}:{random.randrange(60):02}:00.000Z"
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _id(kind, random),
        "created_by_ref": AUTHOR,
        "created": created,
        "modified": created,
        **_OF_KIND[kind](random, created),
        "confidence": random.randrange(10, 96),
        "lang": "en",
        "labels": [random.choice(_WORDS), random.choice(_WORDS) + "-abuse"],
        "external_references": [
            {"source_name": "case file", "external_id": f"C-2026-{number}", "url": f"https://{_domain(random)}/{number}"}
        ],
        "object_marking_refs": [TLP_GREEN],
    }


def id_of(number: int) -> str:
    """The id of the object of that number."""
    return str(one(number)["id"])


def _indicator(random: Random, created: str) -> dict[str, Any]:
    patterns = (
        f"[domain-name:value = '{_domain(random)}']",
        f"[ipv4-addr:value = '198.51.100.{random.randrange(256)}' OR ipv4-addr:value = '203.0.113.{random.randrange(256)}']",
        f"[url:value = 'https://{_domain(random)}/{random.getrandbits(40):x}']",
        f"[file:hashes.'SHA-256' = '{random.getrandbits(256):064x}']",
        f"[email-addr:value = '{random.getrandbits(32):x}@{_domain(random)}'] FOLLOWEDBY [domain-name:value = '{_domain(random)}']",
    )
    return {
        "name": _text(random, 5),
        "description": _text(random, 10),
        "indicator_types": ["malicious-activity"],
        "pattern": random.choice(patterns),
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": created,
        "kill_chain_phases": [{"kill_chain_name": "llm-abuse", "phase_name": random.choice(_WORDS)}],
    }


def _attack_pattern(random: Random, _created: str) -> dict[str, Any]:
    return {
        "name": _text(random, 4),
        "description": _text(random, 24),
        "aliases": [_text(random, 2), _text(random, 2)],
        "kill_chain_phases": [{"kill_chain_name": "llm-abuse", "phase_name": random.choice(_WORDS)}],
    }


def _threat_actor(random: Random, created: str) -> dict[str, Any]:
    return {
        "name": _text(random, 2),
        "description": _text(random, 16),
        "threat_actor_types": ["nation-state"],
        "aliases": [_text(random, 2), _text(random, 2)],
        "first_seen": created,
        "goals": [_text(random, 4)],
        "sophistication": "advanced",
        "resource_level": "government",
        "primary_motivation": "organizational-gain",
    }


def _relationship(random: Random, _created: str) -> dict[str, Any]:
    return {
        "relationship_type": "indicates",
        "description": _text(random, 16),
        "source_ref": _id("indicator", random),
        "target_ref": _id("attack-pattern", random),
    }


def _sighting(random: Random, created: str) -> dict[str, Any]:
    return {
        "description": _text(random, 12),
        "first_seen": created,
        "last_seen": created,
        "count": random.randrange(1, 500),
        "sighting_of_ref": _id("indicator", random),
        "where_sighted_refs": [AUTHOR],
    }


def _id(kind: str, random: Random) -> str:
    return f"{kind}--{UUID(int=random.getrandbits(128), version=4)}"


def _domain(random: Random) -> str:
    return f"{random.choice(_WORDS)}-{random.getrandbits(48):x}.example.org"


def _text(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words))


_OF_KIND = {
    "indicator": _indicator,
    "attack-pattern": _attack_pattern,
    "threat-actor": _threat_actor,
    "relationship": _relationship,
    "sighting": _sighting,
}
