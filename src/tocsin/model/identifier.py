"""Deterministic ids of what Tocsin generates (ADR 0003): the same thing has the same id on every machine.

Ids are UUIDv5 in one fixed namespace. The name is "type|author id|natural key" for objects, "identity|domain" for organisations and
"extension-definition|slug" for extension definitions. SCOs follow the standard's own rule (STIX 2.1 §2.9).
"""

import json
from uuid import UUID, uuid5

NAMESPACE = UUID("5cd8ebea-ddf0-5525-9bbd-c296f706ce78")  # UUIDv5 of the DNS namespace and "tocsin.invalid"
OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1 §2.9


def object_id(kind: str, author: str, *, key: str) -> str:
    """The id of an object of type `kind` that the identity `author` says under the natural key `key`."""
    return f"{kind}--{uuid5(NAMESPACE, f'{kind}|{author}|{key}')}"


def identity_id(domain: str) -> str:
    """The id of an organisation's identity, from its DNS domain (case does not matter)."""
    domain = domain.lower().rstrip(".")
    return f"identity--{uuid5(NAMESPACE, f'identity|{domain}')}"


def observable_id(kind: str, contributing: dict[str, str]) -> str:
    """The id of an SCO, from its id contributing properties (text only, so that sorted JSON is canonical JSON)."""
    text = json.dumps(contributing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{kind}--{uuid5(OBSERVABLES, text)}"


def extension_definition_id(slug: str) -> str:
    """The id of one of our extension definitions."""
    return f"extension-definition--{uuid5(NAMESPACE, f'extension-definition|{slug}')}"


CATALOGUE = identity_id("tocsin.invalid")
"""The author of the reference objects that come with Tocsin, on every installation."""
