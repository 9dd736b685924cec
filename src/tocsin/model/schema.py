"""The OASIS JSON schemas of STIX 2.1: whether the properties that a type defines have the shape that it defines.

Only those are judged: an object is reduced to them first, so that custom properties, null and empty lists among them, are carried
as they are; a type without a schema passes. Nothing is fetched from anywhere. `format` (URLs, host names, e-mail addresses) is not
judged, as JSON Schema 2020-12 leaves it; that an instant exists is, since one impossible date stops common readers.

How a schema is compiled, and how a breach is told, serves our own schemas too (model/extension).

Source: oasis-open/cti-stix2-json-schemas, from the files of the stix2-validator package (never imported: that takes two seconds).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import jsonschema_rs
import orjson

from tocsin.errors import TocsinError
from tocsin.model.strict_json import Number

_PACKAGE = "stix2validator"
_FOLDERS = ("sdos", "sros", "observables")
_COMMON_TYPES = ("marking-definition", "extension-definition", "language-content")
_INSTANT = "date-time"  # all that is judged of it is that the instant exists; put on the schema of timestamps
_PLAIN_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

_SHAPES = {  # a schema file, or a definition within a schema: what a value of it looks like
    "timestamp": 'write it like "2026-01-31T09:30:00.000Z" (RFC 3339, UTC, an instant that exists)',
    "identifier": 'write it like "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff" (type--UUID)',
    "hex": "write an even number of hexadecimal digits",
    "binary": "write it in Base64",
}
_LEAVE_OUT = "give it a value, or leave the property out"
_INSTANT_WITH_MILLISECONDS = 'write it with milliseconds, like "2026-01-31T09:30:00.000Z"'


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in an object for which it is refused."""

    path: str  # JSON path: "$.external_references[0].url"
    reason: str
    hint: str  # what to write instead
    is_passing: bool = False


@dataclass(frozen=True, slots=True)
class _Library:
    """All schemas of the package."""

    schemas: dict[str, dict[str, Any]]  # by their own URI
    uris: dict[str, str]  # by STIX type
    registry: jsonschema_rs.Registry


@dataclass(frozen=True, slots=True)
class _Judge:
    """What one type is judged by."""

    known: frozenset[str]
    validator: jsonschema_rs.Draft202012Validator


def check(value: dict[str, Any]) -> Fault | None:
    """The first breach of the schema of the object's `type`, which must be a string; None where there is no schema."""
    judge = _judge(value["type"]) if value["type"] in _library().uris else None
    if judge is None:
        return None
    return breach(judge.validator, {name: value[name] for name in value if name in judge.known})


def breach(validator: jsonschema_rs.Draft202012Validator, value: dict[str, Any]) -> Fault | None:
    """The first breach of one schema."""
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return fault_of(error)
    except ValueError:  # only a Number is of a type that the validator cannot take; rare enough to pay for a second run
        return breach(validator, _with_stand_ins(value))
    return None


def registry(schemas: Mapping[str, dict[str, Any]]) -> jsonschema_rs.Registry:
    """Schemas by their own URI; one that is not among them is never fetched."""
    return jsonschema_rs.Registry(list(schemas.items()), draft=jsonschema_rs.Draft202012, retriever=_refuse)


def compiled(schema: dict[str, Any], *, within: jsonschema_rs.Registry) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema that refers to those of a registry at most."""
    return jsonschema_rs.Draft202012Validator(
        schema,
        registry=within,
        formats={_INSTANT: _is_instant, "uri": _is_anything, "email": _is_anything, "idn-hostname": _is_anything},
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),  # linear: no expression of a schema can be made to backtrack
    )


def shown(value: object) -> str:
    """A value as a refusal may quote it: short, and without characters that a terminal or a log would obey."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 60 else f"{value[:60]!r}..."
    words = {dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}
    return words.get(type(value), "a number")


@cache
def _library() -> _Library:
    folder = _folder()
    files = {path: orjson.loads(path.read_bytes()) for path in sorted(folder.rglob("*.json"))}
    schemas = {schema["$id"]: schema for schema in files.values()}
    for uri, schema in schemas.items():
        if uri.endswith("/timestamp.json"):
            schema["format"] = _INSTANT
    typed = {path: schema for path, schema in files.items() if path.parent.name in _FOLDERS or path.stem in _COMMON_TYPES}
    return _Library(schemas, {path.stem: schema["$id"] for path, schema in typed.items()}, registry(schemas))


def _folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise TocsinError("the package stix2-validator is not installed", hint="install it: its files hold the schemas of STIX")
    return Path(spec.submodule_search_locations[0]) / "schemas-2.1" / "schemas"


def _refuse(uri: str) -> dict[str, Any]:
    raise LookupError(f"the schema {uri} is not in the package")


@cache
def _judge(kind: str) -> _Judge:
    library = _library()
    uri = library.uris[kind]
    schema = library.schemas[uri]
    known = frozenset(_properties(schema, uri, schemas=library.schemas))
    return _Judge(known, compiled(schema, within=library.registry))


def _properties(schema: dict[str, Any], base: str, *, schemas: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The names of the top-level properties that a schema defines, itself or through what it is made of."""
    yield from schema.get("properties", {})
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, []):
            yield from _properties(part, base, schemas=schemas)
    if "$ref" in schema:
        uri, fragment = urldefrag(urljoin(base, schema["$ref"]))
        target = schemas[uri]
        for step in fragment.split("/")[1:]:
            target = target[step]
        yield from _properties(target, uri, schemas=schemas)


def _is_anything(_: str) -> bool:
    return True


def _is_instant(text: str) -> bool:
    """The schema's own pattern judges the form; this, whether there is such a day and second."""
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def _with_stand_ins(value: Any) -> Any:
    """The value with plain numbers in place of those that the validator cannot take."""
    match value:
        case dict():
            return {key: _with_stand_ins(item) for key, item in value.items()}
        case list():
            return [_with_stand_ins(item) for item in value]
        case Number():
            return value.stand_in()
    return value


def fault_of(error: jsonschema_rs.ValidationError) -> Fault:
    """What an error of the validator says, in the words of a refusal."""
    error = _telling(error)
    path = "$" + "".join(map(_step, error.instance_path))
    if error.instance is None or error.instance == []:
        return Fault(path, f"{'null' if error.instance is None else 'an empty list'} is not allowed here", _LEAVE_OUT)
    reason, hint = _WORDS.get(error.kind.name, _other)(error)
    return Fault(path, reason, hint)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step and len(step) <= 60 and _PLAIN_KEY.issuperset(step) else f"[{shown(step)}]"


def _telling(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of alternatives that all failed, the first error of the one that failed least; a choice between properties tells by itself."""
    while error.kind.name in ("anyOf", "oneOf") and error.instance is not None and error.instance != []:
        branches = [branch for branch in getattr(error.kind, "context", []) if branch]
        if not branches or _choices(error):
            break
        error = min(branches, key=len)[0]
    return error


def _choices(error: jsonschema_rs.ValidationError) -> list[str]:
    """The property names, where every alternative asks for just one property more."""
    context = getattr(error.kind, "context", [])
    if all(len(branch) == 1 and branch[0].kind.name == "required" for branch in context):
        return list(dict.fromkeys(branch[0].kind.value for branch in context))
    return []


def _pattern(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    hint = _SHAPES.get(_shape(error))
    if hint is None and error.instance_path in (["created"], ["modified"]):
        hint = _INSTANT_WITH_MILLISECONDS
    expression = error.kind.value
    if hint is None:
        hint = f"it must match {expression}" if len(expression) <= 100 else "see the definition of the property in STIX 2.1"
    return f"{shown(error.instance)} has not the form that is asked for", hint


def _shape(error: jsonschema_rs.ValidationError) -> str:
    """The name of the schema file, or of the definition within its schema, that is broken."""
    file, _, steps = (error.absolute_keyword_location or "").partition("#/")
    return steps.split("/")[1] if steps.startswith("$defs/") else file.rpartition("/")[2].removesuffix(".json")


def _few(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    if error.instance:
        return f"fewer than {error.kind.value} properties are not allowed here", "add what there is to say, or leave the whole out"
    return "an empty object is not allowed here", _LEAVE_OUT


def _alternatives(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    names = ", ".join(_choices(error))
    return ("none of the properties is there of which one is needed", f"add one of {names}") if names else _other(error)


def _other(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    return f"{shown(error.instance)} breaks the schema of the type ({error.kind.name})", "see the definition of the property in STIX 2.1"


_WORDS: dict[str, Callable[[jsonschema_rs.ValidationError], tuple[str, str]]] = {
    "required": lambda error: (f"the property {error.kind.value} is missing", f"add {error.kind.value}"),
    "type": lambda error: (f"{shown(error.instance)} is not of the right kind", f"write a value of type {' or '.join(error.kind.value)}"),
    "enum": lambda error: (f"{shown(error.instance)} is not allowed", f"write one of {orjson.dumps(error.kind.value).decode()}"),
    "minimum": lambda error: ("the number is too small", f"write {error.kind.value} or more"),
    "maximum": lambda error: ("the number is too large", f"write {error.kind.value} or less"),
    "additionalProperties": lambda error: (f"{shown(error.kind.value[0])} is not allowed as a key here", "leave it out or rename it"),
    "minProperties": _few,
    "minLength": lambda _: ("an empty text is not allowed here", _LEAVE_OUT),
    "maxLength": lambda error: (f"{shown(error.instance)} is too long", f"write {error.kind.value} characters or fewer"),
    "maxItems": lambda error: ("the list is too long", f"write {error.kind.value} items or fewer"),
    "uniqueItems": lambda _: ("an item of the list occurs twice", "write each item once"),
    "const": lambda error: (f"{shown(error.instance)} is not allowed", f"write {orjson.dumps(error.kind.value).decode()}"),
    "falseSchema": lambda _: ("the property is not allowed here", "leave it out"),
    "format": lambda error: (f"{shown(error.instance)} is not an instant that exists", _SHAPES["timestamp"]),
    "pattern": _pattern,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}
