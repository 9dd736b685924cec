"""From the bytes of a case file to a record, or to all that is wrong with its shape: line, reason, and what to write instead."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from tocsin.model.case.record import Case, case_schema
from tocsin.model.case.text import Document, Path, Problem, read_text
from tocsin.model.schema import fault_of, shown

_MOST = 50  # problems that are told at once
_KINDS = {  # of JSON schema, as a writer of YAML knows them
    "array": "a list: lines that begin with a dash",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "keys with values, indented below",
    "string": "text",
}
_EMPTY = Document(value={}, lines={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file holds, and what is to be said about it."""

    document: Document
    case: Case | None  # None when its shape is wrong
    problems: tuple[Problem, ...]


def read_case(content: bytes) -> Reading:
    """Reads a case file; a file of the right shape may still say something wrong (`check`)."""
    document = read_text(content)
    if isinstance(document, Problem):
        return Reading(document=_EMPTY, case=None, problems=(document,))
    problems = tuple(sorted(_shape_problems(document), key=lambda problem: problem.line))
    if problems:
        return Reading(document=document, case=None, problems=problems)
    return Reading(document=document, case=msgspec.convert(document.value, Case), problems=())


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(case_schema(), pattern_options=jsonschema_rs.RegexOptions())


def _shape_problems(document: Document) -> Iterator[Problem]:
    for position, error in enumerate(_validator().iter_errors(document.value)):
        if position == _MOST:
            return
        yield from _told(document, error)


def _told(document: Document, error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
    path: Path = tuple(error.instance_path)
    about = _described(error)
    match error.kind.name:
        case "additionalProperties":
            for key in error.kind.value:
                yield document.problem((*path, key), "there is no such key", hint=_key_hint(key, _keys(error)))
        case "required":
            yield document.problem(path, f"the key {error.kind.value} is missing", hint=f"add it: {_about_key(error, error.kind.value)}")
        case "enum":
            words = [str(word) for word in error.kind.value]
            yield document.problem(path, f"{shown(error.instance)} is not allowed", hint=_one_of(str(error.instance), words))
        case "type" if error.instance is None:
            yield document.problem(path, "there is no value", hint="give one, or leave the key out")
        case "type" if error.kind.value == ["string"] and isinstance(error.instance, int | bool):
            yield document.problem(path, "this is text, and YAML reads it as something else", hint="put it into quotes")
        case "pattern" if about:
            yield document.problem(path, f"{shown(error.instance)} has not the right form", hint=f"write {about}")
        case "pattern" if "\n" in str(error.instance) or str(error.instance).strip() != error.instance:
            yield document.problem(path, "this is one line, without spaces around it", hint="write it on one line")
        case "type":
            yield document.problem(path, f"{shown(error.instance)} is not of the right kind", hint=f"write {_KINDS[error.kind.value[0]]}")
        case _:
            fault = fault_of(error)
            yield document.problem(path, fault.reason, hint=fault.hint)


def _schema_at(steps: list[str | int]) -> dict[str, Any]:
    """The part of the schema at a place; empty where there is none."""
    found: Any = case_schema()
    for step in steps:
        found = found.get(step, {}) if isinstance(found, dict) else {}
        if isinstance(found, dict) and "$ref" in found:
            found = case_schema()["$defs"][found["$ref"].rpartition("/")[2]]
    return found if isinstance(found, dict) else {}


def _described(error: jsonschema_rs.ValidationError) -> str:
    return str(_schema_at(list(error.schema_path[:-1])).get("description", ""))


def _keys(error: jsonschema_rs.ValidationError) -> list[str]:
    return list(_schema_at(list(error.schema_path[:-1])).get("properties", {}))


def _about_key(error: jsonschema_rs.ValidationError, key: str) -> str:
    about = _schema_at([*error.schema_path[:-1], "properties", key])
    words = about.get("enum")
    return " or ".join(words) if words else str(about.get("description") or f"see {key} in docs/cases.md")


def _key_hint(key: str, keys: list[str]) -> str:
    near = get_close_matches(key, keys, n=1)
    return f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(keys)}"


def _one_of(word: str, words: list[str]) -> str:
    near = get_close_matches(word.lower(), words, n=1)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(words)}"
