"""The landscape of LLM abuse: which techniques were seen of whom, when, how often, and whether any is called unprecedented.

A pure fold over actors, techniques, the `uses` relationships between them and the reports that refer to those; the order of objects
and objects that come twice change nothing. It repeats what the objects say and judges nothing: a technique is unprecedented when the
extension LLM technique of its use, or else its own, says so.

Source: STIX 2.1 §4.2, §4.17 (who uses what); docs/landscape.md (what counts as one use, and what its time is).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from tocsin.model.graph import Body, Graph, Named, count, extension, instant, text, texts

ACTOR_TYPES = ("threat-actor", "intrusion-set")
TECHNIQUE = "attack-pattern"
LLM_TECHNIQUE = "llm-technique"  # the extension
EXAMPLE = "example"  # the label of what is fictional
UNPRECEDENTED = "unprecedented"
NOVELTIES = ("", "known", "adapted", UNPRECEDENTED)  # from the least; "" where nobody says


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One relationship that says that an actor uses a technique."""

    id: str
    actor: str
    technique: str
    start: str  # normalised instant, as far as it is known
    stop: str  # the same, not before `start`
    dated_by: str  # where `start` is from: "observation", "report" or "record"
    novelty: str
    uplift: str
    autonomy: str
    services: tuple[str, ...]  # names of the AI services misused
    description: str
    confidence: int | None
    reports: tuple[str, ...]  # that refer to it, the earliest first
    author: str  # identity; "" where none is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One actor's use of one technique as one report tells it; what no report refers to is one more."""

    actor: Named
    technique: Named
    report: Named | None
    first: str  # normalised instants
    last: str
    novelty: str  # the greatest that is claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is told of one technique, or of one actor."""

    subject: Named
    uses: int
    others: tuple[Named, ...]  # the actors of a technique, the techniques of an actor; by name
    first: str  # normalised instants
    last: str
    timeline: tuple[tuple[str, int], ...]  # half-year ("2024H1") in which a use began, and how many did
    novelty: tuple[tuple[str, int], ...]  # from the least; only what occurs


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """The whole picture of a span of time; rows by uses, most first, then by name and id."""

    uses: int
    techniques: tuple[Row, ...]
    actors: tuple[Row, ...]
    unprecedented: tuple[Occurrence, ...]  # by first instant, then by names and ids
    unseen: tuple[Named, ...]  # techniques of which no use is known in that time; by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days from and to, both inclusive, as "2024-02-14"; "" is without end."""

    since: str = ""
    until: str = ""

    def covers(self, moment: str) -> bool:
        """Whether a normalised instant falls on one of the days."""
        return self.since <= moment[:10] and (not self.until or moment[:10] <= self.until)


ALWAYS = Span()


def is_use(body: Body) -> bool:
    """A relationship in which an actor uses a technique."""
    source, target = text(body, "source_ref").partition("--")[0], text(body, "target_ref").partition("--")[0]
    return text(body, "relationship_type") == "uses" and source in ACTOR_TYPES and target == TECHNIQUE


def is_example(body: Body) -> bool:
    """Whether an object is fictional, by its label."""
    return EXAMPLE in texts(body, "labels")


def uses_of(graph: Graph) -> list[Use]:
    """Every use, by time, then by id; without those of which the actor or the technique was revoked."""
    reports = defaultdict[str, list[Body]](list)
    for report in sorted(graph.of_type("report"), key=lambda report: instant(report, "published")):
        for identifier in dict.fromkeys(texts(report, "object_refs")):
            reports[identifier].append(report)
    uses = [_use(graph, body, reports=reports.get(body["id"], [])) for body in graph.of_type("relationship") if is_use(body)]
    alive = (use for use in uses if graph.revoked.isdisjoint((use.actor, use.technique)))
    return sorted(alive, key=lambda use: (use.start, use.id))


def survey(graph: Graph, *, span: Span = ALWAYS) -> Landscape:
    """The landscape of the uses that began in that time; examples are no part of it."""
    real = Graph(objects={key: body for key, body in graph.objects.items() if not is_example(body)}, revoked=graph.revoked)
    occurrences = _occurrences(real, [use for use in uses_of(real) if span.covers(use.start)])
    techniques = _rows(occurrences, subject=lambda one: one.technique, other=lambda one: one.actor)
    seen = {row.subject.id for row in techniques}
    return Landscape(
        uses=len(occurrences),
        techniques=techniques,
        actors=_rows(occurrences, subject=lambda one: one.actor, other=lambda one: one.technique),
        unprecedented=tuple(one for one in occurrences if one.novelty == UNPRECEDENTED),
        unseen=by_name(real.named(body["id"]) for body in real.of_type(TECHNIQUE) if body["id"] not in seen),
    )


def by_name(named: Iterable[Named]) -> tuple[Named, ...]:
    """Each once, in the order of names, whatever their case."""
    return tuple(sorted(set(named), key=_by_name))


def _use(graph: Graph, body: Body, *, reports: Collection[Body]) -> Use:
    told = extension(body, LLM_TECHNIQUE)
    technique = extension(graph.objects.get(body["target_ref"], {}), LLM_TECHNIQUE)
    observed, reported = instant(body, "start_time"), min((instant(report, "published") for report in reports), default="")
    start = observed or reported or instant(body, "created")
    novelty = text(told, "novelty") or text(technique, "novelty")
    return Use(
        id=body["id"],
        actor=body["source_ref"],
        technique=body["target_ref"],
        start=start,
        stop=max(start, instant(body, "stop_time")),
        dated_by="observation" if observed else "report" if reported else "record",
        novelty=novelty if novelty in NOVELTIES else "",
        uplift=text(told, "uplift") or text(technique, "uplift"),
        autonomy=text(told, "autonomy") or text(technique, "autonomy"),
        services=texts(told, "services"),
        description=text(body, "description"),
        confidence=count(body, "confidence"),
        reports=tuple(report["id"] for report in reports),
        author=text(body, "created_by_ref"),
    )


def _occurrences(graph: Graph, uses: Iterable[Use]) -> list[Occurrence]:
    together = defaultdict[tuple[str, str, str], list[Use]](list)
    for use in uses:
        for report in use.reports or ("",):
            together[use.actor, use.technique, report].append(use)
    occurrences = [
        Occurrence(
            actor=graph.named(actor),
            technique=graph.named(technique),
            report=graph.named(report) if report else None,
            first=min(use.start for use in told),
            last=max(use.stop for use in told),
            novelty=max((use.novelty for use in told), key=NOVELTIES.index),
        )
        for (actor, technique, report), told in together.items()
    ]
    return sorted(
        occurrences, key=lambda one: (one.first, _by_name(one.technique), _by_name(one.actor), one.report.id if one.report else "")
    )


def _rows(
    occurrences: Iterable[Occurrence], *, subject: Callable[[Occurrence], Named], other: Callable[[Occurrence], Named]
) -> tuple[Row, ...]:
    groups = defaultdict[Named, list[Occurrence]](list)
    for one in occurrences:
        groups[subject(one)].append(one)
    rows = [_row(named, group, others=by_name(other(one) for one in group)) for named, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.uses, _by_name(row.subject))))


def _row(subject: Named, group: Collection[Occurrence], *, others: tuple[Named, ...]) -> Row:
    novelty = Counter(one.novelty for one in group)
    return Row(
        subject=subject,
        uses=len(group),
        others=others,
        first=min(one.first for one in group),
        last=max(one.last for one in group),
        timeline=tuple(sorted(Counter(_half_year(one.first) for one in group).items())),
        novelty=tuple((word, novelty[word]) for word in NOVELTIES if novelty[word]),
    )


def _half_year(moment: str) -> str:
    return f"{moment[:4]}H{1 if moment[5:7] <= '06' else 2}"


def _by_name(named: Named) -> tuple[str, str]:
    return named.name.casefold(), named.id
