"""When a record happened, as records say it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.match.moment import moment_of
from tocsin.model.stamp import NEVER_TOO_LATE, stamp_of, text_of

SECOND = "2026-01-31T09:30:00.000000Z"
COUNT = stamp_of(SECOND) // 1_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31T09:30:00Z", SECOND),
        ("2026-01-31 09:30:00", SECOND),  # without an offset: UTC
        (" 2026-01-31T10:30:00+01:00 ", SECOND),
        ("2026-01-31T09:30:00.123456789Z", "2026-01-31T09:30:00.123456Z"),
        ("2026-01-31", "2026-01-31T00:00:00.000000Z"),
        ("20260131T093000Z", SECOND),
        (COUNT, SECOND),
        (float(COUNT), SECOND),
        (COUNT + 0.5, "2026-01-31T09:30:00.500000Z"),
        (str(COUNT), SECOND),
        (f"{COUNT}.5", "2026-01-31T09:30:00.500000Z"),
        (COUNT * 1_000 + 7, "2026-01-31T09:30:00.007000Z"),
        (COUNT * 1_000_000 + 7, "2026-01-31T09:30:00.000007Z"),
        (COUNT * 1_000_000_000 + 7_000, "2026-01-31T09:30:00.000007Z"),
        (str(COUNT * 1_000_000_000 + 7_000), "2026-01-31T09:30:00.000007Z"),
    ],
)
def test_a_time_is_read(value: object, expected: str) -> None:
    stamp = moment_of(value)
    assert stamp is not None
    assert text_of(stamp) == expected


def test_a_time_without_an_offset_is_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert moment_of("2026-01-31T09:30:00") == stamp_of(SECOND)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, [], {}, "", "soon", "31/Jan/2026:09:30:00 +0000", "2026-02-30T00:00:00Z"),
        *(0, -1, 12.5, 10**9 - 1, 10**10, 10**11, 10**20, 10**30, float("inf"), float("nan"), "123456789", "12345678901"),
        *("9" * 5_000, "\u0661" * 10, "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"),
        *("9999-12-31T23:59:59-14:00", "1" * 40, "1" * 10 + "." * 2),
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment_of(value) is None


@given(st.none() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=30) | st.from_regex(r"[0-9T:.Z+-]{1,30}"))
def test_nothing_that_a_record_says_of_time_is_a_fault(value: object) -> None:
    """And what is a time can be written down."""
    stamp = moment_of(value)
    assert stamp is None or (0 <= stamp < NEVER_TOO_LATE and text_of(stamp))
