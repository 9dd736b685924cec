"""Instants: what is read, and that text order is time order (TAXII 2.1 §3.2, STIX 2.1 §2.14, RFC 3339)."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.stamp import NEVER_TOO_LATE, stamp_at, stamp_of, text_of, version_of, version_text

WHOLE = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59, 59)).map(lambda one: one.replace(microsecond=0))
FRACTIONS = st.none() | st.text("0123456789", min_size=1, max_size=64)
INSTANTS = st.tuples(WHOLE, FRACTIONS)


def written(instant: tuple[datetime, str | None]) -> str:
    whole, fraction = instant
    return f"{whole.isoformat()}{'' if fraction is None else f'.{fraction}'}Z"


def exact(instant: tuple[datetime, str | None]) -> Fraction:
    """Seconds, with every digit."""
    whole, fraction = instant
    seconds = (whole - datetime(1970, 1, 1)) // timedelta(seconds=1)
    return Fraction(seconds) + Fraction(int(fraction or 0), 10 ** len(fraction or ""))


@given(one=INSTANTS, other=INSTANTS)
def test_the_order_of_versions_is_the_order_of_time(one: tuple[datetime, str | None], other: tuple[datetime, str | None]) -> None:
    """To the last digit, however many either has; equal instants are equal text."""
    left, right = version_of(written(one)), version_of(written(other))
    assert (left < right, left == right) == (exact(one) < exact(other), exact(one) == exact(other))


@given(instant=INSTANTS)
def test_a_version_loses_nothing_and_is_its_own_normal_form(instant: tuple[datetime, str | None]) -> None:
    """Written out and read again it is the same."""
    version = version_of(written(instant))
    assert version_of(version_text(version)) == version
    assert Fraction(f"0.{version.partition('.')[2]}") == exact(instant) % 1


@given(instant=INSTANTS)
def test_a_stamp_is_cut_to_microseconds_and_never_rounded_up(instant: tuple[datetime, str | None]) -> None:
    """A cursor must not jump over what lies behind it."""
    assert stamp_of(written(instant)) == exact(instant) * 1_000_000 // 1


@given(stamp=st.integers(min_value=0, max_value=NEVER_TOO_LATE))
def test_a_stamp_is_read_back_from_its_text(stamp: int) -> None:
    """Always with six digits."""
    text = text_of(stamp)
    assert stamp_of(text) == stamp
    assert len(text) == len("2026-01-31T09:30:00.000000Z")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000"),
        ("2026-01-31T09:30:00.0Z", "2026-01-31T09:30:00.000"),
        ("2026-01-31T09:30:00.120Z", "2026-01-31T09:30:00.120"),
        ("2026-01-31T09:30:00.1230000Z", "2026-01-31T09:30:00.123"),
        ("2026-01-31T09:30:00.1234500Z", "2026-01-31T09:30:00.12345"),
        ("2024-02-29T23:59:59.999999999Z", "2024-02-29T23:59:59.999999999"),
    ],
)
def test_versions_have_three_digits_or_more_and_no_zeros_after_those(text: str, version: str) -> None:
    """One instant, one text."""
    assert version_of(text) == version


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-01-31",
        "2026-01-31T09:30Z",
        "2026-01-31T09:30:00",
        "2026-01-31 09:30:00Z",
        "2026-01-31t09:30:00Z",
        "2026-01-31T09:30:00z",
        "2026-01-31T09:30:00+00:00",
        "2026-01-31T09:30:00.Z",
        "2026-01-31T09:30:00,5Z",
        "2026-01-31T09:30:60Z",
        "2026-01-31T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-01-31T09:30:00Z",
        "2026-01-31T09:30:00.٥Z",
        " 2026-01-31T09:30:00Z",
        "2026-01-31T09:30:00Z\n",
        "12026-01-31T09:30:00Z",
        f"2026-01-31T09:30:00.{'1' * 65}Z",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    """With a sentence that shows how to write it, whatever asked for it."""
    for read in (version_of, stamp_of):
        with pytest.raises(InvalidInputError) as raised:
            read(text)
        assert "2026-01-31T09:30:00.000Z" in raised.value.hint


def test_a_datetime_of_any_zone_is_one_stamp() -> None:
    """Only the instant counts."""
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert stamp_at(noon) == stamp_at(noon.astimezone(timezone(timedelta(hours=9)))) == 1_769_860_800_000_000
    assert text_of(stamp_at(noon)) == "2026-01-31T12:00:00.000000Z"
