"""Everything that a graph tells of one actor: what it did with models, what was done about it, how to recognise it, and who says so.

A pure selection: each piece says which object it is from; nothing is weighed, merged or added.

Source: STIX 2.1 §4 and §5 (what each object holds); docs/landscape.md.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.model.actor import Actor, shared_names
from tocsin.model.graph import Body, Graph, Named, count, extension, instant, parts, text, texts
from tocsin.model.landscape import Use, by_name, uses_of
from tocsin.model.marking import PAP_REF, level_of

_KINDS = ("course-of-action", "indicator", "infrastructure")  # what is shown as more than a relation
_FIRST_TYPE = re.compile(r"[\s(\[]{0,20}([a-z0-9-]{1,250}):")  # "[domain-name:value = …]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where more is to be read."""

    source: str
    description: str
    external_id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A use of a technique, with the names of what it refers to."""

    use: Use
    technique: Named
    reports: tuple[Named, ...]  # that refer to it, the earliest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that was done against the actor; "", None and () where nothing is said."""

    id: str
    name: str
    action_type: str
    time: str  # normalised instant
    accounts: int | None
    api_keys: int | None
    assets: int | None
    taken_by: str
    told: tuple[str, ...]
    redress_url: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """An indicator that points to the actor."""

    id: str
    name: str
    kind: str  # the type of observable in a STIX pattern, else the language of the pattern
    pattern: str
    valid_from: str  # normalised instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Any other relationship of the actor."""

    verb: str
    other: Named
    is_outgoing: bool  # from the actor to the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that names the actor."""

    id: str
    name: str
    published: str  # normalised instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Another actor that is called by one of the same names, and is possibly the same."""

    actor: Actor
    author: Named | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of one actor."""

    actor: Actor
    level: str  # TLP, "" where it carries none
    pap: str  # the same
    description: str
    references: tuple[Reference, ...]
    uses: tuple[Seen, ...]  # of techniques, by time and name
    actions: tuple[Action, ...]  # by time
    clues: tuple[Clue, ...]  # the latest first
    infrastructure: tuple[Named, ...]  # by name
    relations: tuple[Relation, ...]  # by verb and name
    reports: tuple[Report, ...]  # by time
    sources: tuple[tuple[Named, int], ...]  # who says how many of the objects of this profile, most first
    overlaps: tuple[Overlap, ...]  # by name

    @property
    def clue_counts(self) -> list[tuple[str, int]]:
        """How many indicators of which kind, most first."""
        return sorted(Counter(clue.kind for clue in self.clues).items(), key=lambda one: (-one[1], one[0]))


def profile_of(graph: Graph, actor: Actor, *, others: Iterable[Actor]) -> Profile:
    """The profile of an actor in a graph that holds it.

    Args:
        others: actors among which overlaps are looked for.
    """
    body = graph.objects[actor.id]
    links = {link["id"]: link for link in graph.of_type("relationship") if _touches(graph, link, actor=actor.id)}
    uses = [use for use in uses_of(graph) if use.id in links]
    reports = [report for report in graph.of_type("report") if actor.id in texts(report, "object_refs")]
    kin = {kind: list(_kin(graph, links.values(), kind=kind)) for kind in _KINDS}
    shown = {use.technique for use in uses}.union(one["id"] for bodies in kin.values() for one in bodies)
    rest = [link for link in links.values() if shown.isdisjoint(ends_of(link))]
    level = level_of(body)
    return Profile(
        actor=actor,
        level="" if level is None else level.label,
        pap=next((word for word, ref in PAP_REF.items() if ref in texts(body, "object_marking_refs")), ""),
        description=text(body, "description"),
        references=tuple(_reference(one) for one in parts(body, "external_references")),
        uses=tuple(sorted((_seen(graph, use) for use in uses), key=_by_time)),
        actions=tuple(sorted(map(_action, kin["course-of-action"]), key=lambda action: (action.time, action.id))),
        clues=tuple(sorted(map(_clue, kin["indicator"]), key=lambda clue: (clue.valid_from, clue.id), reverse=True)),
        infrastructure=by_name(graph.named(one["id"]) for one in kin["infrastructure"]),
        relations=tuple(_relations(graph, rest, actor=actor.id)),
        reports=tuple(sorted(map(_report, reports), key=lambda report: (report.published, report.id))),
        sources=_sources(graph, [body, *links.values(), *reports, *itertools.chain.from_iterable(kin.values())]),
        overlaps=tuple(_overlaps(graph, actor, others=others)),
    )


def ends_of(link: Body) -> tuple[str, str]:
    """The two objects that a relationship joins."""
    return text(link, "source_ref"), text(link, "target_ref")


def _touches(graph: Graph, link: Body, *, actor: str) -> bool:
    return actor in ends_of(link) and graph.revoked.isdisjoint(ends_of(link))


def _kin(graph: Graph, links: Iterable[Body], *, kind: str) -> Iterator[Body]:
    """The objects of a type at the other ends, each once."""
    ids = {end for link in links for end in ends_of(link) if end.partition("--")[0] == kind}
    return (graph.objects[one] for one in sorted(ids & graph.objects.keys()))


def _relations(graph: Graph, links: Iterable[Body], *, actor: str) -> list[Relation]:
    relations = set[Relation]()
    for link in links:
        source, target = ends_of(link)
        other = graph.named(target if source == actor else source)
        relations.add(Relation(verb=text(link, "relationship_type"), other=other, is_outgoing=source == actor))
    return sorted(relations, key=lambda one: (one.verb, one.other.name.casefold(), one.other.id, one.is_outgoing))


def _sources(graph: Graph, told: Iterable[Body]) -> tuple[tuple[Named, int], ...]:
    counts = Counter(author for body in told if (author := text(body, "created_by_ref")))
    return tuple((graph.named(author), times) for author, times in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _overlaps(graph: Graph, actor: Actor, *, others: Iterable[Actor]) -> list[Overlap]:
    overlaps = [
        Overlap(actor=other, author=graph.named(other.author) if other.author else None, names=names)
        for other in others
        if other.id != actor.id and (names := shared_names(actor, other))
    ]
    return sorted(overlaps, key=lambda one: (one.actor.name.casefold(), one.actor.id))


def _seen(graph: Graph, use: Use) -> Seen:
    return Seen(use=use, technique=graph.named(use.technique), reports=tuple(map(graph.named, use.reports)))


def _by_time(seen: Seen) -> tuple[str, str, str]:
    return seen.use.start, seen.technique.name.casefold(), seen.use.id


def _reference(part: Body) -> Reference:
    return Reference(
        source=text(part, "source_name"),
        description=text(part, "description"),
        external_id=text(part, "external_id"),
        url=text(part, "url"),
    )


def _action(body: Body) -> Action:
    told = extension(body, "enforcement-action")
    return Action(
        id=body["id"],
        name=text(body, "name"),
        action_type=text(told, "action_type"),
        time=instant(told, "action_time"),
        accounts=count(told, "account_count"),
        api_keys=count(told, "api_key_count"),
        assets=count(told, "asset_count"),
        taken_by=text(told, "taken_by"),
        told=texts(told, "told"),
        redress_url=text(told, "redress_url"),
        description=text(body, "description"),
    )


def _clue(body: Body) -> Clue:
    language, pattern = text(body, "pattern_type"), text(body, "pattern")
    first_type = _FIRST_TYPE.match(pattern) if language == "stix" else None
    return Clue(
        id=body["id"],
        name=text(body, "name"),
        kind=first_type[1] if first_type else language,
        pattern=pattern,
        valid_from=instant(body, "valid_from"),
    )


def _report(report: Body) -> Report:
    return Report(id=report["id"], name=text(report, "name") or report["id"], published=instant(report, "published"))
