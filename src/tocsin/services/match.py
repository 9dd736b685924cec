"""Our own telemetry against the indicators that we hold (docs/match.md): loading them, and telling of those that were seen.

Reads every collection that the caller may read, through the gate of all reads. The telemetry passes through memory and leaves nothing
here: no line of it is stored or sent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from tocsin.errors import InvalidInputError
from tocsin.model import strict_json
from tocsin.model.case.version import dated
from tocsin.model.collection import Collection
from tocsin.model.graph import Graph, merged
from tocsin.model.key import Key, KnownKey
from tocsin.model.match.index import Index, Row, Rule
from tocsin.model.match.scan import Tally
from tocsin.model.match.sighting import sighting_of
from tocsin.model.member import Caller, Organisation
from tocsin.model.query import ObjectQuery
from tocsin.services.object import ObjectService, Reading

PAGE = 1_000
_ROWS = msgspec.json.Decoder(list[Row])


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchService:
    """Indicators to match with, and sightings of those that matched."""

    objects: ObjectService
    collections: Callable[[Caller], Iterable[Collection]]  # those that the caller may read or write
    keys: Callable[[], Iterable[KnownKey]]
    find_key: Callable[[str], Key]
    own: Callable[[], Organisation]

    def load(self, caller: Caller, *, read_rule: Callable[[str], Rule | str], tell: Callable[[int], None], now: int) -> Index:
        """The indicators that the caller may read, ready to look values up in.

        Args:
            read_rule: as in `Index`.
            tell: called with the number of those that were read so far.
        """
        names = {one.name for one in self.keys() if one.fingerprint is not None}
        index = Index(find_key=partial(self._derived, names), read_rule=read_rule, own=_names(self.own()))
        for page in self._pages(caller, ObjectQuery(types=("indicator",)), now=now):
            for row in _ROWS.decode(page):
                index.add(row)
            tell(len(index.ids))
        index.close()
        return index

    def find(self, caller: Caller, ids: Iterable[str], *, now: int) -> Graph:
        """The last versions of these objects, of those that the caller may read."""
        ordered = sorted(ids)
        queries = [ObjectQuery(ids=tuple(ordered[start : start + PAGE])) for start in range(0, len(ordered), PAGE)]
        pages = (page for query in queries for page in self._pages(caller, query, now=now))
        return merged(document for page in pages for document in map(strict_json.read, strict_json.cut_file(page)))

    def sightings(self, caller: Caller, indicators: Graph, *, seen: Mapping[str, Tally], now: int) -> list[dict[str, Any]]:
        """A sighting of each indicator that was seen; one that we hold already keeps its version if nothing changed.

        Args:
            indicators: those that were seen, as `find` gives them.
            seen: by the indicator's id.
        """
        author = self.own().identity_id
        made = [sighting_of(indicators.objects[one], tally, author=author) for one, tally in seen.items() if one in indicators.objects]
        before = self.find(caller, [one["id"] for one in made], now=now).objects
        return dated(made, {one: dict(body) for one, body in before.items()}, now=now)

    def _pages(self, caller: Caller, query: ObjectQuery, *, now: int) -> Iterator[bytes]:
        """Lists of objects as JSON, one collection after the other."""
        for collection in self.collections(caller):
            if not collection.may_read(caller):
                continue
            following: str | None = None
            while True:
                reading = Reading(endpoint="objects", query=query, limit=PAGE, next=following)
                answer = self.objects.bodies(caller, collection, reading, now=now)
                yield b"[" + answer.page.bodies + b"]"
                following = answer.next
                if following is None:
                    break

    def _derived(self, names: set[str], key_id: str) -> bytes | None:
        """What hashes under a key id; None where we do not hold that key."""
        name, _, epoch = key_id.partition(".")
        try:
            return self.find_key(name).derived(epoch) if name in names else None
        except InvalidInputError:
            return None


def _names(own: Organisation) -> frozenset[str]:
    """By which an account is one at our service."""
    return frozenset({own.domain.lower(), own.name.lower()} - {""})
