"""What the log tells of threat actors and of the techniques with which they abuse language models (docs/landscape.md).

Reads every collection that the caller may read, through the gate of all reads, and folds it anew on each call: nothing is kept, so
nothing can be out of date. It reads no more bodies than a question needs, and keeps no more of them than the answer does.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tocsin.model import strict_json
from tocsin.model.actor import Actor, Match, actor_of, choose, find
from tocsin.model.collection import Collection
from tocsin.model.graph import Body, Graph, merged, text, texts
from tocsin.model.landscape import ACTOR_TYPES, TECHNIQUE, Landscape, Span, is_use, survey
from tocsin.model.member import Caller
from tocsin.model.profile import Profile, ends_of, profile_of
from tocsin.model.query import ObjectQuery
from tocsin.model.strict_json import Document
from tocsin.services.object import ObjectService, Reading

PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LandscapeService:
    """Questions about all that a caller may read."""

    objects: ObjectService
    collections: Callable[[Caller], Iterable[Collection]]  # those that the caller may read or write

    def find(self, caller: Caller, name: str, *, now: int) -> list[Match]:
        """The actors of that name, alias or id, best first.

        Raises:
            InvalidInputError: the name holds no letter or digit.
            NotFoundError: none is called so.
        """
        return find(_actors(self._graph(caller, ACTOR_TYPES, now=now)), name)

    def profiles(self, caller: Caller, name: str, *, now: int) -> list[Profile]:
        """What is known of the actor of that name; of several that share it, each for itself.

        Raises:
            InvalidInputError: it fits actors of different names; they are listed.
            NotFoundError: none is called so.
        """
        everybody = self._graph(caller, ACTOR_TYPES, now=now)
        actors = _actors(everybody)
        chosen = choose(actors, name)
        around = self._around(caller, {actor.id for actor in chosen}, now=now)
        authors = {text(body, "created_by_ref") for body in (everybody | around).objects.values()}
        graph = everybody | around | self._held(caller, authors, now=now)
        return [profile_of(graph, actor, others=actors) for actor in chosen]

    def survey(self, caller: Caller, *, span: Span, now: int) -> Landscape:
        """Which techniques were seen of whom in that time."""
        described = self._graph(caller, (*ACTOR_TYPES, TECHNIQUE), now=now)
        uses = self._graph(caller, ("relationship",), now=now, is_wanted=is_use)
        reports = self._graph(caller, ("report",), now=now, is_wanted=lambda body: _mentions(body, uses.objects.keys()))
        return survey(described | uses | reports, span=span)

    def _around(self, caller: Caller, actors: set[str], *, now: int) -> Graph:
        """The relationships of these actors, what is at their other ends, and the reports that refer to any of it."""
        links = self._graph(caller, ("relationship",), now=now, is_wanted=lambda body: not actors.isdisjoint(ends_of(body)))
        named = actors | links.objects.keys()
        reports = self._graph(caller, ("report",), now=now, is_wanted=lambda body: _mentions(body, named))
        ends = {end for link in links.objects.values() for end in ends_of(link)}
        return links | reports | self._held(caller, ends - actors, now=now)

    def _graph(self, caller: Caller, types: tuple[str, ...], *, now: int, is_wanted: Callable[[Body], bool] = bool) -> Graph:
        return merged(self._read(caller, ObjectQuery(types=types), now=now), is_wanted=is_wanted)

    def _held(self, caller: Caller, ids: set[str], *, now: int) -> Graph:
        """What the caller may read of these objects."""
        ordered = tuple(sorted(ids))
        queries = [ObjectQuery(ids=ordered[start : start + PAGE]) for start in range(0, len(ordered), PAGE)]
        return merged(document for query in queries for document in self._read(caller, query, now=now))

    def _read(self, caller: Caller, query: ObjectQuery, *, now: int) -> Iterator[Document]:
        """The last version of every object in every collection, one after the other."""
        for collection in self.collections(caller):
            if not collection.may_read(caller):
                continue
            following: str | None = None
            while True:
                reading = Reading(endpoint="objects", query=query, limit=PAGE, next=following)
                answer = self.objects.bodies(caller, collection, reading, now=now)
                yield from map(strict_json.read, strict_json.cut_file(b"[" + answer.page.bodies + b"]"))
                following = answer.next
                if following is None:
                    break


def _actors(graph: Graph) -> list[Actor]:
    return [actor_of(body) for body in graph.of_type(*ACTOR_TYPES)]


def _mentions(report: Body, ids: Iterable[str]) -> bool:
    return not set(texts(report, "object_refs")).isdisjoint(ids)
