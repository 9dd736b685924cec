"""How much may pass in which time: nobody gets more than the rate allows, however the asking is spread (ADR 0009)."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.bucket import SECOND, Bucket, slice_of

NOW = 1_800_000_000_000_000


def test_a_bucket_lets_a_burst_pass_and_then_its_rate() -> None:
    """Two a second, three at once."""
    bucket = Bucket.of(2, burst=3)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(100.5), bucket.take(100.5), bucket.take(101.0)] == [True, False, True]


@given(st.integers(1, 100), st.integers(1, 50), st.lists(st.floats(0, 2), max_size=200))
def test_a_bucket_never_lets_more_pass_than_its_rate_and_burst(rate: int, burst: int, gaps: list[float]) -> None:
    """Whatever the times at which it is asked."""
    bucket, now, passed = Bucket.of(rate, burst=burst), 50.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(now)
    assert passed <= burst + rate * (now - 50.0) + 1


def test_the_first_to_come_leaves_something_for_the_next() -> None:
    """A quarter of what is there each; at the end a tenth of a second's worth, and nothing when all is gone."""
    spent, granted = 0, []
    for _ in range(12):
        got, spent = slice_of(spent, now=NOW, rate=50)
        granted.append(got)
    assert granted == [25, 18, 14, 10, 8, 6, 5, 5, 5, 4, 0, 0]
    assert sum(granted) == 100


@given(st.integers(1, 1_000_000), st.lists(st.integers(0, 3 * SECOND), max_size=100))
def test_all_slices_together_never_exceed_rate_and_burst(rate: int, gaps: list[int]) -> None:
    """However many processes take them, and whenever."""
    now, spent, total = NOW, 0, 0
    for gap in gaps:
        now += gap
        granted, spent = slice_of(spent, now=now, rate=rate)
        total += granted
    # Stamps are whole microseconds: a slice may come out that much too early.
    assert total <= 2 * rate + (now - NOW + len(gaps)) * rate / SECOND + 1


@given(st.integers(1, 1_000), st.integers(-10_000 * SECOND, 10_000 * SECOND))
def test_a_clock_that_was_set_shuts_nobody_out(rate: int, leap: int) -> None:
    """Who had spent everything gets something after two seconds at most, wherever the clock stands."""
    spent = NOW + 2 * SECOND
    assert slice_of(spent, now=NOW, rate=rate)[0] == 0
    granted, until = slice_of(spent, now=NOW + leap, rate=rate)
    assert granted > 0 or -2 * SECOND <= leap < 2 * SECOND
    assert until <= NOW + leap + 2 * SECOND or leap < 0
