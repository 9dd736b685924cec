"""Filters and page sizes as they come in a URL: read, or refused with a sentence (TAXII 2.1 §3.4, §3.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.query import MAX_VALUES, ObjectQuery, limit_of, query_of

ALLOWED = ("id", "type", "version", "spec_version")


def read(**arguments: str) -> ObjectQuery:
    """Arguments by the name of their field."""
    named = {name if name in ("added_after", "limit", "next") else f"match[{name}]": text for name, text in arguments.items()}
    return query_of(named, allowed=ALLOWED)


def refused(arguments: dict[str, str], *, allowed: tuple[str, ...] = ALLOWED) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as raised:
        query_of(arguments, allowed=allowed)
    return raised.value


def test_without_filters_the_last_versions_are_asked_for() -> None:
    """As the standard's default has it."""
    assert read() == ObjectQuery(added_after=None, ids=None, types=None, versions=("last",), spec_versions=None)


def test_every_filter_is_read() -> None:
    """Values are separated by commas, repeated ones count once, and versions are normalised."""
    asked = read(
        added_after="2026-01-31T09:30:00.0000019Z",
        id="a--1,b--2,a--1",
        type="indicator, malware",
        version="first,2026-01-01T00:00:00Z,2026-01-01T00:00:00.000Z,all",
        spec_version="2.0,2.1",
    )
    assert asked == ObjectQuery(
        added_after=1_769_851_800_000_001,
        ids=("a--1", "b--2"),
        types=("indicator", "malware"),
        versions=("first", "2026-01-01T00:00:00.000", "2026-01-01T00:00:00.000", "all"),
        spec_versions=("2.0", "2.1"),
    )


def test_paging_and_unknown_parameters_are_no_filters() -> None:
    """What is not a filter is not ours to refuse."""
    assert query_of({"limit": "x", "next": "y", "utm_source": "z", "match": "1"}, allowed=()) == ObjectQuery()


@pytest.mark.parametrize("name", ["match[colour]", "match[]", "match[Type]", "match[id][]", "match[type\n]", f"match[{'x' * 10_000}]"])
def test_a_filter_that_the_endpoint_lacks_is_refused(name: str) -> None:
    """The hint names those that it has; the error stays short."""
    error = refused({name: "x"}, allowed=("version", "spec_version"))
    assert error.hint == "filters of this endpoint: added_after, match[version], match[spec_version]"
    assert len(str(error)) < 300


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("match[id]", ""),
        ("match[id]", "a--1,"),
        ("match[type]", ",a"),
        ("match[type]", " , "),
        ("match[id]", "a\0b"),
        ("match[type]", "a\x1bb"),
        ("match[version]", "latest"),
        ("match[version]", "last,2026-01-01"),
        ("match[version]", "LAST"),
        ("added_after", ""),
        ("added_after", "yesterday"),
        ("added_after", "2026-01-31T09:30:00+01:00"),
        ("added_after", "2026-01-31T09:30:00Z,2026-01-31T09:30:01Z"),
    ],
)
def test_a_malformed_value_is_refused_by_the_name_of_its_filter(name: str, value: str) -> None:
    """So that a caller knows which of several to correct."""
    error = refused({name: value})
    assert error.message.startswith(name)
    assert error.hint


def test_a_filter_has_a_thousand_values_at_most() -> None:
    """Counted without repetitions."""
    most = ",".join(f"a--{number}" for number in range(MAX_VALUES))
    assert len(read(id=f"{most},a--0").ids or ()) == MAX_VALUES
    assert "more than 1000 values" in refused({"match[id]": f"{most},b"}).message


@pytest.mark.parametrize(("spec_versions", "is_satisfiable"), [(None, True), (("2.1",), True), (("2.0", "2.1"), True), (("2.0",), False)])
def test_only_stix_2_1_is_kept(spec_versions: tuple[str, ...] | None, is_satisfiable: bool) -> None:
    """A filter for other versions alone matches nothing."""
    assert ObjectQuery(spec_versions=spec_versions).is_satisfiable is is_satisfiable


@given(limit=st.integers(1, 10**18 - 1), maximum=st.integers(1, 10_000))
def test_a_limit_is_clamped(limit: int, maximum: int) -> None:
    """More than the maximum is answered with the maximum."""
    assert limit_of(str(limit), maximum=maximum) == min(limit, maximum)


def test_without_a_limit_a_page_has_the_maximum() -> None:
    """And leading zeros do not hurt."""
    assert (limit_of(None, maximum=7), limit_of("0003", maximum=7)) == (7, 3)


@pytest.mark.parametrize("text", ["", "0", "00", "-1", "+1", "1_0", "５", "1.0", "1e2", " 1", "1\n", "0x1", "abc", "1" * 19, "1" * 100_000])
def test_what_is_no_page_size_is_refused(text: str) -> None:
    """Only plain digits from 1 on; the error stays short."""
    with pytest.raises(InvalidInputError) as raised:
        limit_of(text, maximum=100)
    assert len(str(raised.value)) < 200
