"""What one of our extension definitions is, and the shapes that its properties are made of.

The JSON schema judges the whole STIX object that carries the extension, not the extension alone: for which types it is made, and what it
asks of the rest of the object, is then part of what is published. It refers to nothing outside itself, and leaves open what it does
not know: a later version may add properties (ADR 0013).

Sources: STIX 2.1 §7.3 (extension definitions); JSON Schema 2020-12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.model.identifier import extension_definition_id, identity_id, object_id
from tocsin.model.marking import MARKING_REF, Level

Schema = Mapping[str, Any]

TYPE = "property-extension"
EXAMPLE_AUTHOR = identity_id("provider.example.org")
MAX_ITEMS = 1_000  # of a list
MAX_COUNT = 2**53 - 1  # what every reader of JSON counts exactly

_SHAPES: Schema = {
    "timestamp": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?Z$",
        "maxLength": 64,
    },
    "identifier": {
        "type": "string",
        "pattern": "^[a-z][a-z0-9-]+[a-z0-9]--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        "maxLength": 300,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One extension definition."""

    slug: str  # its id is made from it
    title: str
    description: str
    hosts: tuple[str, ...]  # the STIX types that it is made for
    properties: Schema  # by name, in the order of the documentation
    required: tuple[str, ...] = ()
    rules: tuple[Schema, ...] = ()  # what else must hold, each a schema of the whole object
    example: Mapping[str, Any]  # a whole object, on reserved names
    version: str = "1.0.0"

    @property
    def id(self) -> str:
        """The key under which an object carries it."""
        return extension_definition_id(self.slug)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of an object that carries it."""
        inside = {
            "type": "object",
            "required": ["extension_type", *self.required],
            "minProperties": 2,
            "properties": {"extension_type": {"const": TYPE}, **self.properties},
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"https://tocsin.invalid/extensions/{self.slug}-{self.version}.json",
            "title": self.title,
            "type": "object",
            "required": ["type", "extensions"],
            "properties": {
                "type": {"enum": list(self.hosts)},
                "extensions": {"type": "object", "required": [self.id], "properties": {self.id: inside}},
            },
            **({"allOf": list(self.rules)} if self.rules else {}),
            "$defs": _SHAPES,
        }


def within(name: str, rule: Schema) -> Schema:
    """A rule about an extension, as one of the object that carries it."""
    return {"properties": {"extensions": {"properties": {extension_definition_id(name): rule}}}}


def text(meaning: str, *, at_most: int = 300) -> Schema:
    """Some characters, but not none."""
    return {"description": meaning, "type": "string", "minLength": 1, "maxLength": at_most}


def formed(meaning: str, pattern: str, *, at_most: int = 300) -> Schema:
    """Text of one form."""
    return {"description": meaning, "type": "string", "pattern": pattern, "maxLength": at_most}


def slug(meaning: str) -> Schema:
    """A short name that stands in ids."""
    return formed(meaning, "^[a-z0-9]+(-[a-z0-9]+)*$", at_most=100)


def address(meaning: str) -> Schema:
    """An http or https URL."""
    return formed(meaning, r"^https?://\S+$", at_most=2_000)


def word(meaning: str, *words: str) -> Schema:
    """One of a closed list."""
    return {"description": meaning, "enum": list(words)}


def count(meaning: str) -> Schema:
    """A whole number."""
    return {"description": meaning, "type": "integer", "minimum": 0, "maximum": MAX_COUNT}


def instant(meaning: str) -> Schema:
    """A timestamp as STIX writes them."""
    return {"description": meaning, "$ref": "#/$defs/timestamp"}


def reference(meaning: str, kind: str) -> Schema:
    """The id of an object of one type."""
    return {"description": meaning, "$ref": "#/$defs/identifier", "pattern": f"^{kind}--"}


def listed(meaning: str, item: Schema, *, is_unique: bool = True) -> Schema:
    """One item or more; of things that are told apart by themselves, each once."""
    unique = {"uniqueItems": True} if is_unique else {}
    return {"description": meaning, "type": "array", "minItems": 1, "maxItems": MAX_ITEMS, **unique, "items": item}


def record(meaning: str, properties: Schema, *, required: tuple[str, ...]) -> Schema:
    """Properties that belong together."""
    return {"description": meaning, "type": "object", "required": list(required), "properties": dict(properties)}


def key_id(meaning: str) -> Schema:
    """The name of a key."""
    return formed(meaning, r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


def always(meaning: str, name: str) -> Schema:
    """The one word that there is; a second one would be a new definition."""
    return {"description": meaning, "const": name}


SIGNATURE = record(
    "who vouches for this version of the object",
    {
        "algorithm": always("the kind of signature (RFC 8032)", "ed25519"),
        "key_id": key_id("which of the signer's public keys proves it"),
        # The last character has only four values: it carries two bits of the 64 bytes.
        "value": formed("the 64 bytes of the signature in base64url without padding", "^[A-Za-z0-9_-]{85}[AQgw]$"),
    },
    required=("algorithm", "key_id", "value"),
)


def example(kind: str, *, key: str, **properties: Any) -> dict[str, Any]:
    """An object of an invented provider, which refers to invented things only."""
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": object_id(kind, EXAMPLE_AUTHOR, key=key),
        "created_by_ref": EXAMPLE_AUTHOR,
        "created": "2026-01-15T09:00:00.000Z",
        "modified": "2026-01-15T09:00:00.000Z",
        **properties,
        "labels": ["example"],
        "object_marking_refs": [MARKING_REF[Level.GREEN]],
    }


def carried(name: str, /, **properties: Any) -> dict[str, dict[str, Any]]:
    """The value of `extensions` of an object that carries one extension."""
    return {extension_definition_id(name): {"extension_type": TYPE, **properties}}
