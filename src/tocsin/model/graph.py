"""STIX objects of several collections as one graph, for whoever folds it: one version an id, properties read with care.

Admission carries what no schema defines, and null where a schema does not look, so a property may hold anything: who asks here gets
what the name of the function says, or nothing, and never a fault. What is revoked is no part of the graph; that it was revoked is
known, so that what hangs on it does not count either.

Source: STIX 2.1 §3.6 (versions), §7.3 (extensions).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.errors import InvalidInputError
from tocsin.model.identifier import extension_definition_id
from tocsin.model.stamp import stamp_of, version_of, version_text
from tocsin.model.strict_json import Document

Body = Mapping[str, Any]  # a STIX object as it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An object by its name; by its id, where it is not held or has none."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The objects that a reader may see."""

    objects: Mapping[str, Body] = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()

    def __or__(self, other: "Graph") -> "Graph":
        return Graph(objects={**self.objects, **other.objects}, revoked=self.revoked | other.revoked)

    def of_type(self, *types: str) -> Iterator[Body]:
        """The objects of these types, by id."""
        return (body for _, body in sorted(self.objects.items()) if body["type"] in types)

    def named(self, identifier: str) -> Named:
        """An object by its id, be it held or not."""
        return Named(id=identifier, name=text(self.objects.get(identifier, {}), "name") or identifier)


def merged(documents: Iterable[Document], *, is_wanted: Callable[[Body], bool] = bool) -> Graph:
    """One version an id, the highest; among different contents of one version always the same one, in whatever order they come.

    Args:
        documents: STIX objects that passed admission.
        is_wanted: asked of every version; an object of which the highest one is not wanted is left out.
    """
    highest: dict[str, tuple[str, bytes]] = {}
    objects: dict[str, Body] = {}
    revoked = set[str]()
    for document in documents:
        body: Body = document.value
        identifier, rank = body["id"], (_version(body), document.content_hash)
        if rank <= highest.get(identifier, ("", b"")):
            continue
        highest[identifier] = rank
        objects.pop(identifier, None)
        revoked.discard(identifier)
        if body.get("revoked") is True:
            revoked.add(identifier)
        elif is_wanted(body):
            objects[identifier] = body
    return Graph(objects=objects, revoked=frozenset(revoked))


def text(body: Body, name: str) -> str:
    """A property that is a text."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def texts(body: Body, name: str) -> tuple[str, ...]:
    """The texts in a property that is a list."""
    value = body.get(name)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def count(body: Body, name: str) -> int | None:
    """A property that is a whole number."""
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def instant(body: Body, name: str) -> str:
    """A property that is a timestamp, normalised."""
    try:
        return version_of(text(body, name))
    except InvalidInputError:
        return ""


def moment(body: Body, name: str) -> int | None:
    """The same as a stamp."""
    version = instant(body, name)
    return stamp_of(version_text(version)) if version else None


def parts(body: Body, name: str) -> tuple[Body, ...]:
    """The objects in a property that is a list."""
    value = body.get(name)
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def extension(body: Body, slug: str) -> Body:
    """What one of our extensions says of an object."""
    extensions = body.get("extensions")
    value = extensions.get(extension_definition_id(slug)) if isinstance(extensions, dict) else None
    return value if isinstance(value, dict) else {}


def _version(body: Body) -> str:
    return instant(body, "modified") or instant(body, "created")
