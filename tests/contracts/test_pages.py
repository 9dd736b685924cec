"""Reading the log: every filter, paging with any limits, nothing twice and nothing missed (TAXII 2.1 §3.4, §3.5; ADR 0004)."""

from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.contracts.ground import EVERYTHING, Ground, now
from tests.contracts.naive import ADDITIONS, DELETIONS, IDS, MAKERS, OPERATIONS, VERSION_WORDS, NaiveLog, listed, play, played
from tests.support.objects import INSTANT, domain_name, indicator
from tests.support.objects import text as texts
from tocsin.model.predicate import Predicate
from tocsin.model.query import ObjectQuery
from tocsin.store import object

LIMITS = st.lists(st.integers(1, 5), min_size=1, max_size=4)
QUERIES = st.builds(
    ObjectQuery,
    ids=st.none() | st.none() | st.lists(st.sampled_from([*IDS, "indicator--nowhere"]), min_size=1, max_size=4, unique=True).map(tuple),
    types=st.none() | st.lists(st.sampled_from([*MAKERS, "identity"]), min_size=1, max_size=4, unique=True).map(tuple),
    versions=VERSION_WORDS | st.just(("all",)),
    spec_versions=st.sampled_from([None, None, ("2.1",), ("2.0", "2.1"), ("2.0",)]),
)
PLACES = st.none() | st.tuples(st.integers(0, 40), st.integers(-1, 1))  # just before, at or just after an entry's stamp


def placed(query: ObjectQuery, place: tuple[int, int] | None, *, log: NaiveLog) -> ObjectQuery:
    """The query with an `added_after` at one of the log's stamps."""
    if place is None or not log.kept:
        return query
    return replace(query, added_after=log.kept[place[0] % len(log.kept)].added + place[1])


@settings(max_examples=150)
@given(operations=OPERATIONS, questions=st.lists(st.tuples(QUERIES, PLACES), min_size=1, max_size=5))
def test_every_filter_finds_what_the_standard_says(ground: Ground, operations: list[Any], questions: list[Any]) -> None:
    """Any filters together, on any log, find the same entries with the same bodies as a plain reading of the standard's text."""
    shelf, log = played(ground, operations)
    for query, place in questions:
        asked = placed(query, place, log=log)
        assert ground.manifest(shelf, asked) == listed(log.matching(asked))
        assert ground.bodies(shelf, asked) == b",".join(texts(*(one.body for one in log.matching(asked))))


@settings(max_examples=150)
@given(operations=st.lists(ADDITIONS, min_size=2, max_size=6), query=QUERIES, place=PLACES, limits=LIMITS, by_token=st.booleans())
def test_pages_of_any_size_give_each_entry_once(
    ground: Ground, operations: list[Any], query: ObjectQuery, place: Any, limits: list[int], by_token: bool
) -> None:
    """With `next` or with `added_after` alone, whatever the limits on the way: once, in order, and `more` never with an empty page."""
    shelf, log = played(ground, operations)
    asked = placed(query, place, log=log)
    expected = log.matching(asked)
    listings = ground.pages(partial(ground.ask, shelf), asked, limits, by_token=by_token)
    assert [item for answer in listings for item in answer.page.items] == listed(expected)
    bodies = ground.pages(partial(ground.ask_bodies, shelf), asked, limits, by_token=by_token)
    assert b",".join(answer.page.bodies for answer in bodies if answer.page.count) == b",".join(texts(*(one.body for one in expected)))
    for answer in (*listings, *bodies):
        page, stamps = answer.page, [one.added for one in expected if answer.page.first <= one.added <= answer.page.last]
        assert (page.count, page.first, page.last) == (len(stamps), *(stamps[:1] or [0]), *(stamps[-1:] or [0]))
        assert (answer.next is not None) == page.has_more
        assert page.count or not page.has_more


@settings(max_examples=60)
@given(steps=st.lists(ADDITIONS | DELETIONS | st.integers(1, 4), min_size=4, max_size=16), by_token=st.booleans())
def test_a_poller_among_writers_gets_what_lives_behind_its_place(ground: Ground, steps: list[Any], by_token: bool) -> None:
    """Additions, deletions and polls of any size in any order: a poll finds exactly what is there after the last one, oldest first."""
    shelf, log, place, token = ground.collection(), NaiveLog(), 0, None
    for step in steps:
        if not isinstance(step, int):
            play(ground, shelf, log=log, operation=step)
            continue
        query = replace(EVERYTHING, added_after=place)
        answer = ground.ask(shelf, query, limit=step, token=token)
        assert list(answer.page.items) == listed(log.matching(query)[:step])
        place, token = answer.page.last or place, answer.next if by_token else None


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 499, 1_000])
def test_any_number_of_types_may_be_asked_for(ground: Ground, count: int) -> None:
    """As many as a filter may have, on both sides of where the statement changes its form."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1), domain_name(1), indicator(2))
    types = ("indicator", *(f"x-{number}" for number in range(count - 1)))
    query = ObjectQuery(types=types, versions=("all",))
    pages = ground.pages(partial(ground.ask, shelf), query, [1], by_token=False)
    assert [item.id for answer in pages for item in answer.page.items] == [indicator(1)["id"], indicator(2)["id"]]


def test_a_thousand_ids_may_be_asked_for(ground: Ground) -> None:
    """They are one list in the statement."""
    shelf = ground.collection()
    ground.add(shelf, *(domain_name(number) for number in range(1_100)))
    ids = tuple(domain_name(number)["id"] for number in range(1_000))
    assert [item.id for item in ground.manifest(shelf, ObjectQuery(ids=ids))] == list(ids)


def test_an_added_after_beyond_every_stamp_finds_nothing(ground: Ground) -> None:
    """The last instant that can be written is an ordinary filter."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    assert ground.manifest(shelf, replace(ObjectQuery(), added_after=253_402_300_799_999_999)) == []
    assert ground.manifest(shelf, replace(ObjectQuery(), added_after=-62_135_596_800_000_000)) != []


def test_bodies_come_out_as_they_went_in(ground: Ground) -> None:
    """Byte for byte, with their white space, their escapes and numbers of any size."""
    shelf = ground.collection()
    body = texts(indicator(1))[0][:-1] + b',\n "x_big" : 123456789012345678901234567890.10, "x_\\u00e4":"\\u00e4\xc3\xa4"}'
    outcome, _ = ground.objects.add(ground.callers["ann"], shelf, [body], now=now())
    assert not outcome.failures, outcome
    assert ground.bodies(shelf) == body


VERSIONS = (("last",), ("first",), ("all",), ("first", "last"), (f"{INSTANT[:-1]}",), ("last", f"{INSTANT[:-1]}"))
TYPES = (None, ("indicator",), ("a", "indicator"), ("indicator", *(f"x-{number}" for number in range(20))))


@pytest.mark.parametrize("types", TYPES, ids=["any", "one", "two", "many"])
@pytest.mark.parametrize("ids", [None, (indicator(1)["id"],)], ids=["all", "one"])
def test_a_store_shows_nothing_without_a_readable_predicate(ground: Ground, ids: Any, types: Any) -> None:
    """Closed by default: who forgets to say that a reader may see gets nothing, from a statement of any shape, nor out of another log."""
    shelf, other = ground.collection(), ground.collection()
    ground.add(shelf, indicator(1))
    closed = Predicate(collection=shelf.number)
    with ground.database.read() as connection:
        for versions, read in product(VERSIONS, (object.read_bodies, object.read_manifest)):
            query = ObjectQuery(ids=ids, types=types, versions=versions)
            predicates = (closed, Predicate(collection=other.number, is_readable=True), replace(closed, is_readable=True))
            assert [read(connection, each, query, after=0, limit=10).count for each in predicates] == [0, 0, 1]


def test_a_store_does_not_tell_whether_an_object_is_there_without_a_readable_predicate(ground: Ground) -> None:
    """What cannot be seen does not exist."""
    shelf, other = ground.collection(), ground.collection()
    ground.add(shelf, indicator(1))
    closed = Predicate(collection=shelf.number)
    predicates = (closed, Predicate(collection=other.number, is_readable=True), replace(closed, is_readable=True))
    with ground.database.read() as connection:
        assert [object.holds(connection, each, indicator(1)["id"]) for each in predicates] == [False, False, True]


def test_a_snapshot_shows_one_state_to_all_its_statements(ground: Ground) -> None:
    """Writers go on meanwhile, and what they commit is not seen before the snapshot ends."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    count = text("SELECT count(*) FROM entry WHERE collection = :of")
    with ground.database.snapshot() as connection:
        before = connection.execute(count, {"of": shelf.number}).scalar_one()
        ground.add(shelf, indicator(2))
        after = connection.execute(count, {"of": shelf.number}).scalar_one()
    assert (before, after, len(ground.stamps(shelf))) == (1, 1, 2)
