"""The log as the standard's text tells it, in plain Python over a list: what the store is compared with.

Sources: TAXII 2.1 §3.4 (filters), §5.4 (objects), §5.7 (deletion); ADR 0004 for what the standard leaves open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.contracts.ground import Ground
from tests.support import objects as stix
from tocsin.errors import NotFoundError
from tocsin.model.collection import Collection
from tocsin.model.query import ManifestEntry, ObjectQuery
from tocsin.model.stamp import text_of

# Instants as they are sent, oldest first, and as the manifest shows them.
INSTANTS = {
    "2026-01-01T00:00:00.000000Z": "2026-01-01T00:00:00.000",
    "2026-01-01T00:00:00.0001Z": "2026-01-01T00:00:00.0001",
    "2026-01-01T00:00:00.001Z": "2026-01-01T00:00:00.001",
    "2026-03-01T00:00:00.123456789Z": "2026-03-01T00:00:00.123456789",
}
SENT = list(INSTANTS)
MARKING = f"marking-definition--{stix.uuid(9)}"


def marking(created: str, wording: str) -> dict[str, Any]:
    """A type that has `created` and no `modified`."""
    statement = {"definition_type": "statement", "definition": {"statement": wording}}
    return {"type": "marking-definition", "spec_version": "2.1", "id": MARKING, "created": created, **statement}


MAKERS: dict[str, Callable[[int, str, str], dict[str, Any]]] = {
    "indicator": lambda number, sent, wording: stix.indicator(number, modified=sent, description=wording),
    "attack-pattern": lambda number, sent, wording: stix.attack_pattern(number, modified=sent, description=wording),
    "marking-definition": lambda _, sent, wording: marking(sent, wording),
    "domain-name": lambda number, _, wording: stix.domain_name(number, x_note=wording),
}
OBJECTS = st.builds(
    lambda kind, number, sent, wording: MAKERS[kind](number, sent, wording),
    st.sampled_from(list(MAKERS)),
    st.integers(0, 1),
    st.sampled_from(SENT),
    st.sampled_from(["one", "two"]),
)
IDS = [maker(number, SENT[0], "")["id"] for maker in MAKERS.values() for number in (0, 1)]
VERSION_WORDS = st.lists(st.sampled_from(["first", "last", "all", *INSTANTS.values()]), min_size=1, max_size=3, unique=True).map(tuple)
ADDITIONS = st.lists(OBJECTS, min_size=1, max_size=6)
DELETIONS = st.tuples(st.sampled_from(IDS), VERSION_WORDS)
OPERATIONS = st.lists(ADDITIONS | DELETIONS, max_size=10)


@dataclass
class Kept:
    """One entry."""

    added: int
    body: dict[str, Any]
    version: str
    is_deleted: bool = False


@dataclass
class NaiveLog:
    """One collection; `added` are the stamps that the store gave."""

    kept: list[Kept] = field(default_factory=list)

    def of(self, object_id: str) -> list[Kept]:
        """The living versions of an object, oldest version first; versions as text are in the order of their instants."""
        return sorted((one for one in self.kept if one.body["id"] == object_id and not one.is_deleted), key=lambda one: one.version)

    def is_new(self, body: dict[str, Any]) -> bool | None:
        """None for content that contradicts what is there."""
        sent = body.get("modified", body.get("created"))
        for one in self.of(body["id"]):
            if one.body == body:
                return False
            if sent and one.version == INSTANTS[sent]:
                return None
        return True

    def add(self, bodies: Sequence[dict[str, Any]]) -> tuple[list[Kept], int]:
        """The new entries, still without stamps; and how many objects contradict what is there."""
        before, contradictions = len(self.kept), 0
        for body in bodies:
            is_new = self.is_new(body)
            contradictions += is_new is None
            if is_new:
                sent = body.get("modified", body.get("created"))
                self.kept.append(Kept(added=0, body=body, version=INSTANTS[sent] if sent else f"~{len(self.kept):09}"))
        return self.kept[before:], contradictions

    def named(self, object_id: str, words: Sequence[str]) -> list[Kept]:
        """The versions of an object that `match[version]` names (TAXII 2.1 §3.4.1)."""
        versions = self.of(object_id)
        return [
            one
            for one in versions
            if "all" in words
            or one.version in words
            or ("first" in words and one is versions[0])
            or ("last" in words and one is versions[-1])
        ]

    def matching(self, query: ObjectQuery) -> list[Kept]:
        """What a query finds, in the order of the log: all filters must be met, each by any of its values."""
        return [
            one
            for one in self.kept
            if not one.is_deleted
            and (query.ids is None or one.body["id"] in query.ids)
            and (query.types is None or one.body["type"] in query.types)
            and (query.spec_versions is None or "2.1" in query.spec_versions)
            and (query.added_after is None or one.added > query.added_after)
            and any(one is other for other in self.named(one.body["id"], query.versions))
        ]


def played(ground: Ground, operations: Sequence[Any]) -> tuple[Collection, NaiveLog]:
    """A new collection and a naive log after the same operations; they must agree on what each operation does."""
    shelf, log = ground.collection(), NaiveLog()
    for operation in operations:
        play(ground, shelf, log=log, operation=operation)
    return shelf, log


def play(ground: Ground, shelf: Collection, *, log: NaiveLog, operation: Any) -> None:
    """One operation on both."""
    if isinstance(operation, list):
        _add(ground, shelf, log=log, bodies=operation)
    else:
        _delete(ground, shelf, log=log, doomed=log.named(*operation), operation=operation)


def listed(entries: Sequence[Kept]) -> list[ManifestEntry]:
    """As the manifest shows them."""
    return [ManifestEntry(id=one.body["id"], added=one.added, version=one.version) for one in entries]


def _add(ground: Ground, shelf: Collection, *, log: NaiveLog, bodies: list[dict[str, Any]]) -> None:
    outcome = ground.add(shelf, *bodies)
    new, contradictions = log.add(bodies)
    assert len(outcome.failures) == contradictions
    last = ground.last_added(shelf)
    for entry, added in zip(new, range(last - len(new) + 1, last + 1), strict=True):
        entry.added = added
        if entry.version.startswith("~"):  # of an object without versions it is when it was added; in text without zeros at the end
            whole, _, fraction = text_of(added).removesuffix("Z").partition(".")
            entry.version = f"{whole}.{fraction[:3]}{fraction[3:].rstrip('0')}"


def _delete(ground: Ground, shelf: Collection, *, log: NaiveLog, doomed: list[Kept], operation: tuple[str, tuple[str, ...]]) -> None:
    try:
        count = ground.delete(shelf, operation[0], *operation[1])
    except NotFoundError:
        count = 0
    assert count == len(doomed)
    for entry in doomed:
        entry.is_deleted = True
