"""The landscape as a fold: what counts as one use, when it was, how novel it is said to be; whatever the order of the objects."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.support.abuse import actor, extended, graph, link, report, technique, thing
from tests.support.objects import uuid
from tocsin.model.graph import Graph, Named, merged
from tocsin.model.landscape import NOVELTIES, Landscape, Occurrence, Row, Span, survey, uses_of

HERON, NEWT = actor(1, "Heron"), actor(2, "Newt")
LURES, SCRIPTS, MALWARE = technique(1, "Lures", novelty="known", uplift="limited"), technique(2, "scripts"), technique(3, "Malware")
EARLY, LATE = "2024-02-14T00:00:00.000", "2025-08-01T12:00:00.000"


def use(number: int, ends: tuple[dict[str, Any], dict[str, Any]], *, start: str = "", **said: Any) -> dict[str, Any]:
    """A use that says so in our extension."""
    times = {"start_time": f"{start}Z"} if start else {}
    return link(number, "uses", ends, **times, **({"extensions": extended("llm-technique", **said)} if said else {}))


FIRST = use(1, (HERON, LURES), novelty="adapted", services=["Chat"])
SECOND = use(2, (NEWT, LURES), start=LATE)
THIRD = use(3, (HERON, SCRIPTS), start=LATE, novelty="unprecedented")
REPORT = report(1, "A report", f"{EARLY}Z", HERON, LURES, FIRST)
STORY = [HERON, NEWT, LURES, SCRIPTS, MALWARE, FIRST, SECOND, THIRD, REPORT]


def named(body: dict[str, Any]) -> Named:
    return Named(id=body["id"], name=body["name"])


def row(body: dict[str, Any], span: tuple[str, str], *others: dict[str, Any], timeline: dict[str, int], novelty: dict[str, int]) -> Row:
    """A row of which each use is in the timeline."""
    return Row(
        subject=named(body),
        uses=sum(timeline.values()),
        others=tuple(map(named, others)),
        first=span[0],
        last=span[1],
        timeline=tuple(timeline.items()),
        novelty=tuple(novelty.items()),
    )


def test_the_whole_landscape_of_a_small_story() -> None:
    """Two actors, two techniques that were seen and one that was not."""
    assert survey(graph(*STORY)) == Landscape(
        uses=3,
        techniques=(
            row(LURES, (EARLY, LATE), HERON, NEWT, timeline={"2024H1": 1, "2025H2": 1}, novelty={"known": 1, "adapted": 1}),
            row(SCRIPTS, (LATE, LATE), HERON, timeline={"2025H2": 1}, novelty={"unprecedented": 1}),
        ),
        actors=(
            row(HERON, (EARLY, LATE), LURES, SCRIPTS, timeline={"2024H1": 1, "2025H2": 1}, novelty={"adapted": 1, "unprecedented": 1}),
            row(NEWT, (LATE, LATE), LURES, timeline={"2025H2": 1}, novelty={"known": 1}),
        ),
        unprecedented=(
            Occurrence(actor=named(HERON), technique=named(SCRIPTS), report=None, first=LATE, last=LATE, novelty="unprecedented"),
        ),
        unseen=(named(MALWARE),),
    )


@pytest.mark.parametrize(
    ("times", "published", "expected"),
    [
        ({"start_time": f"{LATE}Z"}, [f"{EARLY}Z"], (LATE, LATE, "observation")),
        ({"start_time": f"{EARLY}Z", "stop_time": f"{LATE}Z"}, [], (EARLY, LATE, "observation")),
        ({}, [f"{LATE}Z", f"{EARLY}Z"], (EARLY, EARLY, "report")),
        ({"stop_time": f"{LATE}Z"}, [f"{EARLY}Z"], (EARLY, LATE, "report")),
        ({}, [], ("2026-01-01T00:00:00.000", "2026-01-01T00:00:00.000", "record")),
    ],
)
def test_a_use_is_dated_by_observation_else_by_its_earliest_report_else_by_its_record(
    times: dict[str, str], published: list[str], expected: tuple[str, str, str]
) -> None:
    one = link(1, "uses", (HERON, LURES), **times)
    reports = [report(number, "told", day, one) for number, day in enumerate(published)]
    (found,) = uses_of(graph(HERON, LURES, one, *reports))
    assert (found.start, found.stop, found.dated_by) == expected


def test_what_a_use_says_of_itself_goes_before_what_its_technique_says() -> None:
    """Word by word."""
    (found,) = uses_of(graph(HERON, LURES, FIRST))
    assert (found.novelty, found.uplift, found.autonomy, found.services) == ("adapted", "limited", "", ("Chat",))


def test_a_use_is_counted_once_for_each_report_and_once_where_there_is_none() -> None:
    """However many relationships say it; of two that differ, the greater novelty counts."""
    again = use(4, (HERON, LURES), novelty="known")
    other = report(2, "Another report", f"{LATE}Z", FIRST)
    both = report(1, "A report", f"{EARLY}Z", FIRST, again)
    alone = use(5, (HERON, LURES))
    assert survey(graph(HERON, LURES, FIRST, again)).uses == 1
    assert survey(graph(HERON, LURES, FIRST, again, both)).techniques[0].novelty == (("adapted", 1),)
    assert survey(graph(HERON, LURES, FIRST, again, both, other)).uses == 2
    assert survey(graph(HERON, LURES, FIRST, again, both, other, alone)).uses == 3


def test_rows_are_by_uses_then_by_name_then_by_id() -> None:
    """Whatever was seen first, and whatever the case of a name."""
    names = ["wren", "Auk", "auk", "Lark"]
    actors = [actor(number, name) for number, name in enumerate(names, 1)]
    uses = [use(number, (one, LURES), start=f"2024-01-0{number}T00:00:00") for number, one in enumerate(actors, 1)]
    more = use(9, (actors[3], SCRIPTS), start=LATE)
    found = survey(graph(*actors, LURES, SCRIPTS, *uses, more))
    assert [one.subject.id[-1] for one in found.actors] == ["4", "2", "3", "1"]
    assert [one.id[-1] for one in found.techniques[0].others] == ["2", "3", "4", "1"]


@pytest.mark.parametrize(
    ("start", "half"),
    [
        ("2024-01-01T00:00:00", "2024H1"),
        ("2024-06-30T23:59:59.999", "2024H1"),
        ("2024-07-01T00:00:00", "2024H2"),
        ("2024-12-31T23:59:59", "2024H2"),
    ],
)
def test_a_half_year_ends_with_june_and_december(start: str, half: str) -> None:
    assert survey(graph(use(1, (HERON, LURES), start=start))).techniques[0].timeline == ((half, 1),)


@pytest.mark.parametrize(
    ("span", "uses"),
    [
        (Span(since="2024-02-14"), 3),
        (Span(since="2024-02-15"), 2),
        (Span(until="2024-02-14"), 1),
        (Span(until="2024-02-13"), 0),
        (Span(since="2025-08-01", until="2025-08-01"), 2),
    ],
)
def test_a_span_takes_the_uses_that_began_on_its_days(span: Span, uses: int) -> None:
    """Both days inclusive; what was not seen in it is unseen."""
    found = survey(graph(*STORY), span=span)
    assert found.uses == uses
    assert {one.name for one in found.unseen} == {"Lures", "scripts", "Malware"} - {one.subject.name for one in found.techniques}


def test_what_is_revoked_does_not_count_and_neither_does_what_hangs_on_it() -> None:
    """A use, its actor, its technique; without its report it is a use that no report refers to."""

    def uses_without(*gone: dict[str, Any]) -> Landscape:
        return survey(graph(*STORY, *({**one, "modified": "2026-02-01T00:00:00.000Z", "revoked": True} for one in gone)))

    assert uses_without(FIRST).uses == 2
    assert [one.subject.name for one in uses_without(HERON).actors] == ["Newt"]
    assert [one.subject.name for one in uses_without(LURES).techniques] == ["scripts"]
    assert uses_without(REPORT).techniques[0].last == "2026-01-01T00:00:00.000"


def test_what_is_not_held_is_called_by_its_id() -> None:
    """Another exchange may keep the actor and the technique to itself."""
    found = survey(graph(FIRST))
    assert [one.subject.name for one in (*found.techniques, *found.actors)] == [LURES["id"], HERON["id"]]
    assert found.unseen == ()


def test_only_uses_of_techniques_by_actors_count() -> None:
    """Not other verbs, not other things that are used, not software that uses a technique."""
    infrastructure, malware = thing("infrastructure", 1, name="Relay"), thing("malware", 1, name="Tool", is_family=False)
    others = [link(7, "targets", (HERON, LURES)), link(8, "uses", (HERON, infrastructure)), link(9, "uses", (malware, LURES))]
    assert survey(graph(HERON, LURES, infrastructure, malware, *others)) == survey(graph(HERON, LURES))
    group = thing("intrusion-set", 1, name="Group")
    assert survey(graph(group, LURES, link(7, "uses", (group, LURES)))).uses == 1


def test_examples_are_no_part_of_the_landscape() -> None:
    """Neither an example of a use, nor a fictional technique that nobody was seen to use."""
    fiction = {"labels": ["phishing", "example"]}
    assert survey(graph(*STORY, {**use(9, (NEWT, MALWARE)), **fiction}, {**technique(9, "Fiction"), **fiction})) == survey(graph(*STORY))


def test_a_word_for_novelty_that_nobody_knows_counts_as_none() -> None:
    """Admission refuses it; an exchange of before may hold it."""
    assert survey(graph(use(1, (HERON, LURES), novelty="astounding"))).techniques[0].novelty == (("", 1),)


NUMBERS = some.integers(1, 3)
INSTANTS = some.sampled_from(["2023-12-31T23:59:59.999", EARLY, "2024-06-30T00:00:00.000", "2024-07-01T00:00:00.000", LATE])
USES = some.builds(
    lambda number, ends, start, novelty: use(number, (actor(ends[0], ""), technique(ends[1], "")), start=start, novelty=novelty),
    some.integers(1, 12),
    some.tuples(NUMBERS, NUMBERS),
    some.one_of(some.just(""), INSTANTS),
    some.sampled_from(NOVELTIES),
)
REPORTS = some.builds(
    lambda number, day, refs: report(number, f"Report {number}", f"{day}Z", *({"id": f"relationship--{uuid(ref)}"} for ref in refs)),
    NUMBERS,
    INSTANTS,
    some.sets(some.integers(1, 12), max_size=6),
)
DESCRIBED = some.sampled_from([actor(1, "Heron"), actor(2, "heron"), technique(1, "Lures"), technique(2, "Lures", novelty="adapted")])
MODIFIED = some.sampled_from([{}, {"modified": "2026-02-01T00:00:00.000Z"}, {"modified": "2026-03-01T00:00:00.000Z", "revoked": True}])
OBJECTS = some.lists(some.builds(lambda one, change: {**one, **change}, some.one_of(USES, REPORTS, DESCRIBED), MODIFIED), max_size=25)
SPANS = some.builds(Span, since=some.sampled_from(["", "2024-01-01"]), until=some.sampled_from(["", "2024-06-30"]))


@given(OBJECTS, SPANS, some.data())
def test_neither_order_nor_duplicates_change_the_landscape(objects: list[dict[str, Any]], span: Span, data: some.DataObject) -> None:
    again = data.draw(some.permutations(objects + data.draw(some.lists(some.sampled_from(objects), max_size=5)) if objects else []))
    assert survey(graph(*again), span=span) == survey(graph(*objects), span=span)


@given(OBJECTS, SPANS)
def test_what_is_counted_by_technique_is_what_is_counted_by_actor(objects: list[dict[str, Any]], span: Span) -> None:
    """Uses, half-years and novelty, and each pair stands on both sides."""
    found = survey(graph(*objects), span=span)
    sides = (found.techniques, found.actors)
    for counted in (lambda row: row.timeline, lambda row: row.novelty):
        sums = [sorted(total(pair for row in side for pair in counted(row)).items()) for side in sides]
        assert sums[0] == sums[1]
        assert sum(times for _, times in sums[0]) == found.uses == sum(row.uses for row in sides[0]) == sum(row.uses for row in sides[1])
    pairs = [{(row.subject, other) for row in side for other in row.others} for side in sides]
    assert pairs[0] == {(technique, actor) for actor, technique in pairs[1]}


def total(pairs: Any) -> dict[str, int]:
    ordered = sorted(pairs)
    return {word: sum(times for _, times in group) for word, group in itertools.groupby(ordered, key=lambda pair: pair[0])}


def test_nothing_gives_an_empty_landscape() -> None:
    assert survey(merged([])) == survey(Graph()) == Landscape(uses=0, techniques=(), actors=(), unprecedented=(), unseen=())
