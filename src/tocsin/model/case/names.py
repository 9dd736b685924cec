"""Short names in a case file, and the ids that they stand for.

"forest-blizzard" is what this file describes under that name, or else the reference catalogue's; "paper-lantern@ai.example.org" is what
the organisation of that domain described; an id stands for itself. Ids are made, never looked up (ADR 0003), so a file compiles the same
everywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from tocsin.model.case.record import Case
from tocsin.model.identifier import CATALOGUE, identity_id, object_id

TECHNIQUE, ACTOR = "attack-pattern", "threat-actor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Techniques and actors that are described elsewhere: in the catalogue that comes with Tocsin, and beside the case file."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by id: name and aliases
    slugs: Mapping[str, str] = field(default_factory=dict)  # the catalogue's own, by id

    def like(self, kind: str, word: str) -> list[str]:
        """Slugs of the catalogue that somebody who wrote this word may mean, the likeliest first."""
        wanted = _plain(word)
        slugs = {slug: identifier for identifier, slug in self.slugs.items() if identifier.startswith(f"{kind}--")}
        same = [slug for slug, identifier in slugs.items() if wanted in map(_plain, self.names.get(identifier, ()))]
        return same or get_close_matches(word.lower(), slugs, n=3, cutoff=0.5)


def known_from(objects: Iterable[Mapping[str, Any]]) -> Known:
    """What these STIX objects describe; of several versions the last one given counts. Whatever else they hold is passed over."""
    names, slugs = dict[str, tuple[str, ...]](), dict[str, str]()
    for one in objects:
        if one["type"] not in (TECHNIQUE, ACTOR):
            continue
        names[one["id"]] = tuple(word for word in (one.get("name"), *_values(one.get("aliases"))) if isinstance(word, str))
        for extension in _values(one.get("extensions")) if one.get("created_by_ref") == CATALOGUE else ():
            slug = extension.get("slug") if isinstance(extension, Mapping) else None
            if isinstance(slug, str):
                slugs[one["id"]] = slug
    return Known(names=names, slugs=slugs)


def _values(value: Any) -> Iterable[Any]:
    """Of a mapping or a list; of anything else none."""
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of one case file."""

    author: str  # identity id
    own: Mapping[str, str]  # what the file describes: slugs by id
    known: Known

    def id_of(self, kind: str, name: str) -> str:
        """The id that a name stands for; `kind` is the type of object that is meant."""
        if "--" in name:
            return name
        slug, _, domain = name.partition("@")
        if domain:
            return object_id(kind, identity_id(domain), key=slug)
        own = object_id(kind, self.author, key=slug)
        return own if own in self.own else object_id(kind, CATALOGUE, key=slug)

    def normal(self, kind: str, name: str) -> str:
        """The one spelling: a bare name for what the file or the catalogue describes, an id for everything else."""
        identifier = self.id_of(kind, name)
        slug = self.own.get(identifier) or self.known.slugs.get(identifier)
        return slug if slug and self.id_of(kind, slug) == identifier else identifier

    def is_known(self, kind: str, name: str) -> bool:
        """Whether something of that name is described in the file, in the catalogue or beside it."""
        identifier = self.id_of(kind, name)
        return identifier in self.own or identifier in self.known.names


def names_of(case: Case, known: Known) -> Names:
    """The names of a case file."""
    author = identity_id(case.author)
    techniques = {object_id(TECHNIQUE, author, key=one.technique): one.technique for one in case.techniques}
    actors = {object_id(ACTOR, author, key=one.actor): one.actor for one in case.actors if isinstance(one.name, str)}
    return Names(author=author, own=techniques | actors, known=known)


def described(case: Case) -> Iterator[dict[str, Any]]:
    """What a case file describes, as far as others need it to refer to it."""
    author = identity_id(case.author)
    for kind, slug, name, aliases in (
        *((TECHNIQUE, one.technique, one.name, one.aliases) for one in case.techniques),
        *((ACTOR, one.actor, one.name, one.aliases) for one in case.actors if isinstance(one.name, str)),
    ):
        own = {"type": kind, "id": object_id(kind, author, key=slug), "created_by_ref": author, "name": name, "aliases": aliases}
        yield own | {"extensions": {"": {"slug": slug}}}


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())
