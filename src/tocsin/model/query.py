"""What a reader asks of a collection, and what comes back: filters (TAXII 2.1 §3.4), pages (§3.5).

The text of a query comes from outside: whatever the standard does not allow is refused with a sentence that says what to write.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from tocsin.errors import InvalidInputError
from tocsin.model.stamp import stamp_of, version_of

Form = TypeVar("Form")
MATCHES = ("id", "type", "version", "spec_version")  # the `match` fields of objects and manifest
MAX_VALUES = 1_000  # values of one filter
_LIMIT = re.compile(r"[0-9]{1,18}", re.ASCII)
_MATCH = re.compile(r"match\[(.*)\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectQuery:
    """Filters and the size of a page; a filter that is not set lets everything through."""

    added_after: int | None = None  # stamp, exclusive
    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str, ...] = ("last",)  # "first", "last", "all" or normalised versions; an object matches if any does
    spec_versions: tuple[str, ...] | None = None

    @property
    def is_satisfiable(self) -> bool:
        """Everything kept here is STIX 2.1; a filter for other versions alone matches nothing, and neither does an id with U+0000."""
        return (self.spec_versions is None or "2.1" in self.spec_versions) and not any("\0" in one for one in self.ids or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One entry of the log, without its body."""

    id: str
    added: int  # stamp
    version: str  # normalised


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the log on its way to a peer."""

    id: str
    added: int  # stamp
    version: str | None  # normalised; None for an object without versions
    body: bytes
    organisation: str  # whose member it came from


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of the log in its order, oldest first."""

    items: tuple[ManifestEntry, ...] = ()
    first: int = 0  # stamps of the first and last item; 0 when there is none
    last: int = 0
    has_more: bool = False

    @property
    def count(self) -> int:
        """How many entries."""
        return len(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPage:
    """The same with the objects themselves, ready to stand in an envelope."""

    bodies: bytes = b""  # JSON objects as they arrived, with commas between
    count: int = 0
    first: int = 0
    last: int = 0
    has_more: bool = False


AnyPage = TypeVar("AnyPage", Page, BodyPage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[AnyPage]):
    """A page as a reader gets it: with the `next` to ask the following one with, which exists exactly when there is more."""

    page: AnyPage
    next: str | None = None


def query_of(arguments: Mapping[str, str], *, allowed: tuple[str, ...]) -> ObjectQuery:
    """The query in a URL's arguments. `limit` and `next` are read elsewhere; what is no filter is ignored.

    Args:
        arguments: one value a name.
        allowed: the `match` fields that this endpoint has (TAXII 2.1 §5).

    Raises:
        InvalidInputError: a filter that the endpoint does not have, or a value that is malformed.
    """
    values: dict[str, tuple[str, ...]] = {}
    for name, text in arguments.items():
        match = _MATCH.fullmatch(name)
        if match is None:
            continue
        if match[1] not in allowed:
            known = ", ".join(["added_after", *(f"match[{field}]" for field in allowed)])
            raise InvalidInputError(f"there is no filter match[{match[1][:40]}] here", hint=f"filters of this endpoint: {known}")
        values[match[1]] = _values(name, text)
    return ObjectQuery(
        added_after=_instant("added_after", arguments["added_after"], form=stamp_of) if "added_after" in arguments else None,
        ids=values.get("id"),
        types=values.get("type"),
        versions=tuple(_version(value) for value in values.get("version", ("last",))),
        spec_versions=values.get("spec_version"),
    )


def limit_of(text: str | None, *, maximum: int) -> int:
    """The page size asked for: 1 or more, clamped to `maximum`, which is also what none asks for.

    Raises:
        InvalidInputError: not a plain decimal number, or 0.
    """
    if text is None:
        return maximum
    if _LIMIT.fullmatch(text) is None or int(text) == 0:
        raise InvalidInputError(f"limit {text[:40]!r} is not a page size", hint="give a whole number from 1 on, in plain digits")
    return min(int(text), maximum)


def _values(name: str, text: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value.strip() for value in text.split(",")))
    if "" in values:
        raise InvalidInputError(f"{name} has an empty value", hint=f"write {name}=a,b or leave the filter out")
    if any(ord(character) < 32 for value in values for character in value):
        raise InvalidInputError(f"{name} has a control character in it", hint=f"write {name}=a,b or leave the filter out")
    if len(values) > MAX_VALUES:
        raise InvalidInputError(f"{name} has more than {MAX_VALUES} values", hint="ask in several requests")
    return values


def _version(value: str) -> str:
    return value if value in ("first", "last", "all") else _instant("match[version]", value, form=version_of)


def _instant(name: str, text: str, *, form: Callable[[str], Form]) -> Form:
    try:
        return form(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{name}: {error.message}", hint=error.hint) from error
