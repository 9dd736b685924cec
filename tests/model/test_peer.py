"""How far a pull has got: the checkpoint never passes an object that has not been seen."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.peer import PullProgress
from tocsin.model.stamp import stamp_of, text_of

LOGS = st.lists(st.integers(1, 12), max_size=40).map(sorted)  # stamps of a peer's objects in its order; many may share one


def pages(log: list[int], size: int) -> list[list[int]]:
    return [log[start : start + size] for start in range(0, len(log), size)]


@given(LOGS, st.integers(1, 7), st.integers(0, 10))
def test_a_pull_that_is_cut_anywhere_misses_nothing_when_it_goes_on(log: list[int], size: int, cut: int) -> None:
    """At a peer that gives one stamp to many objects too: what was not seen lies behind the checkpoint."""
    progress = PullProgress("")
    walk = pages(log, size)
    seen = walk[:cut]
    for number, page in enumerate(seen):
        progress.after(text_of(page[0]), text_of(page[-1]), more=number + 1 < len(walk))
    reached = stamp_of(progress.since) if progress.since else 0
    unseen = log[sum(map(len, seen)) :]
    assert all(stamp > reached for stamp in unseen)


@given(LOGS.filter(bool), st.integers(1, 7))
def test_a_pull_that_comes_to_its_end_has_the_last_stamp(log: list[int], size: int) -> None:
    """The next one asks only for what is new."""
    progress = PullProgress("")
    walk = pages(log, size)
    for number, page in enumerate(walk):
        progress.after(text_of(page[0]), text_of(page[-1]), more=number + 1 < len(walk))
    assert progress.since == text_of(log[-1])


def test_the_checkpoint_never_moves_back() -> None:
    """A pull from an earlier stamp passes objects that are known."""
    progress = PullProgress(text_of(9))
    assert progress.after(text_of(1), text_of(5), more=False) == text_of(9)


def test_a_page_without_date_headers_moves_nothing() -> None:
    """The peer says nothing about when: the next pull starts where this one did."""
    progress = PullProgress(text_of(9))
    assert progress.after(None, None, more=True) == text_of(9)
