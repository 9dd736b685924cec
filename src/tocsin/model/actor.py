"""Threat actors by their names: one actor has many, each vendor its own, and writes them in many ways.

Names are compared without case, spaces and punctuation, so that "Fancy Bear" and "fancybear" are one name. Objects are never merged:
two of different authors that share a name stay two, and each mentions the other.

Source: STIX 2.1 §4.17 (threat-actor), §4.9 (intrusion-set: what MITRE and others write actors as).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum

from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model.graph import Body, extension, parts, text, texts

_NEAR = 3  # nearest names that are offered where none fits
_SHOWN = 5  # actors that are named where a name fits several
_LONGEST = 100  # characters of a name that is offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One object that describes an actor."""

    id: str
    name: str
    aliases: tuple[str, ...]
    references: tuple[str, ...]  # its ids in other catalogues: "G0007"
    actor_class: str  # of our extension; "" where nothing is said, and so below
    sponsor: str  # as assessed
    sponsor_country: str  # ISO 3166-1 alpha-2
    attribution: str  # in the words of who attributes
    types: tuple[str, ...]  # `threat_actor_types`
    author: str  # identity

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that it is called; an id in a catalogue is none: two actors may share one for other reasons."""
        return (self.name, *self.aliases)


class Fit(IntEnum):
    """How a name that was looked for fits an actor, best first."""

    ID = 0
    NAME = 1
    ALIAS = 2
    REFERENCE = 3
    BEGINNING = 4
    PART = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An actor that was found, by which of its names."""

    actor: Actor
    matched: str
    fit: Fit


def actor_of(body: Body) -> Actor:
    """The actor that a threat-actor or intrusion-set describes."""
    profile = extension(body, "actor-profile")
    name = text(body, "name") or text(body, "id")
    aliases = dict.fromkeys((*texts(body, "aliases"), *texts(body, "x_mitre_aliases")))
    return Actor(
        id=text(body, "id"),
        name=name,
        aliases=tuple(alias for alias in aliases if alias != name),
        references=tuple(one for reference in parts(body, "external_references") if (one := text(reference, "external_id"))),
        actor_class=text(profile, "actor_class"),
        sponsor=text(profile, "sponsor"),
        sponsor_country=text(profile, "sponsor_country"),
        attribution=text(profile, "attribution"),
        types=texts(body, "threat_actor_types"),
        author=text(body, "created_by_ref"),
    )


def find(actors: Sequence[Actor], name: str) -> list[Match]:
    """The actors that a name fits, best first, then by name and id; those that it fits in part only where it fits none exactly.

    Raises:
        InvalidInputError: the name holds no letter or digit.
        NotFoundError: no actor is called so; names that are near are offered.
    """
    key = key_of(name)
    if not key:
        raise InvalidInputError(f"{name[:60]!r} is no name", hint="give one with letters or digits in it")
    found = [match for actor in actors if (match := _match(actor, key)) is not None]
    exact = [match for match in found if match.fit < Fit.BEGINNING]
    if not found:
        raise NotFoundError(f"no actor that can be read here is called {name[:_LONGEST]!r}", hint=_nearest(actors, key))
    return sorted(exact or found, key=lambda match: (match.fit, key_of(match.actor.name), match.actor.id))


def choose(actors: Sequence[Actor], name: str) -> list[Actor]:
    """The actor that a name fits best; several, by id, only where they are of one name.

    Raises:
        InvalidInputError: it fits several names equally well; they are listed. Or as `find`.
        NotFoundError: as `find`.
    """
    matches = find(actors, name)
    best = [match.actor for match in matches if match.fit is matches[0].fit]
    if len({key_of(actor.name) for actor in best}) > 1:
        listed = ", ".join(f"{actor.name[:_LONGEST]} ({actor.id})" for actor in best[:_SHOWN])
        more = f" and {len(best) - _SHOWN} more" if len(best) > _SHOWN else ""
        raise InvalidInputError(f"{name[:_LONGEST]!r} fits several actors: {listed}{more}", hint="give a whole name, or an id")
    return best


def shared_names(one: Actor, other: Actor) -> tuple[str, ...]:
    """The names of the first that the second is called too, in the order of the first."""
    theirs = {key_of(name) for name in other.names} - {""}
    return tuple({key: name for name in reversed(one.names) if (key := key_of(name)) in theirs}.values())[::-1]


def key_of(name: str) -> str:
    """What is compared of a name: its letters and digits, without case and compatibility forms."""
    letters = "".join(one for one in unicodedata.normalize("NFKC", name).casefold() if one.isalnum())
    return unicodedata.normalize("NFKC", letters)  # what was parted by punctuation may be one letter now


def _match(actor: Actor, key: str) -> Match | None:
    if key == key_of(actor.id):
        return Match(actor=actor, matched=actor.id, fit=Fit.ID)
    fits = [
        (fit, name)
        for exact, names in ((Fit.NAME, (actor.name,)), (Fit.ALIAS, actor.aliases), (Fit.REFERENCE, actor.references))
        for name in names
        if (fit := _fit(key, key_of(name), exact=exact)) is not None
    ]
    if not fits:
        return None
    fit, matched = min(fits, key=lambda one: one[0])
    return Match(actor=actor, matched=matched, fit=fit)


def _fit(key: str, name: str, *, exact: Fit) -> Fit | None:
    if key == name:
        return exact
    if exact is Fit.REFERENCE:
        return None  # a piece of an id says nothing
    return Fit.BEGINNING if name.startswith(key) else Fit.PART if key in name else None


def _nearest(actors: Iterable[Actor], key: str) -> str:
    names = {key_of(name): name for actor in actors for name in actor.names if len(name) <= _LONGEST}
    near = [names[one] for one in get_close_matches(key, names, n=_NEAR)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "see what is there: tocsin actor find with a part of the name" if names else "there are none: tocsin seed loads some"
