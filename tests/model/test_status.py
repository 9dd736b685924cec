"""The TAXII status resource (TAXII 2.1 §4.3)."""

from tocsin.model.stamp import stamp_of
from tocsin.model.status import KEPT_FOR, MESSAGE_LIMIT, ObjectResult, Status

REQUESTED = stamp_of("2026-01-31T09:30:00.000001Z")


def test_a_status_tells_each_object() -> None:
    """The whole resource: counts that add up, versions as timestamps, messages where there is something to say."""
    status = Status(
        id="s1",
        requested=REQUESTED,
        successes=(
            ObjectResult(id="a--1", version="2026-01-01T00:00:00.000"),
            ObjectResult(id="b--2", version="2026-01-01T00:00:00.5", message="m"),
        ),
        failures=(ObjectResult(id="c--3", version="2026-01-01T00:00:00.000", message="why"),),
    )
    assert status.resource() == {
        "id": "s1",
        "status": "complete",
        "request_timestamp": "2026-01-31T09:30:00.000001Z",
        "total_count": 3,
        "success_count": 2,
        "failure_count": 1,
        "pending_count": 0,
        "successes": [
            {"id": "a--1", "version": "2026-01-01T00:00:00.000Z"},
            {"id": "b--2", "version": "2026-01-01T00:00:00.5Z", "message": "m"},
        ],
        "failures": [{"id": "c--3", "version": "2026-01-01T00:00:00.000Z", "message": "why"}],
    }


def test_empty_lists_are_left_out() -> None:
    """As the standard wants of every list."""
    resource = Status(id="s1", requested=REQUESTED, successes=(), failures=()).resource()
    assert (resource["total_count"], resource["status"]) == (0, "complete")
    assert resource.keys().isdisjoint({"successes", "failures", "pendings"})


def test_a_message_has_a_bound() -> None:
    """A refusal may quote what was sent."""
    result = ObjectResult(id="a--1", version="2026-01-01T00:00:00.000", message="x" * 5_000)
    (detail,) = Status(id="s1", requested=REQUESTED, successes=(), failures=(result,)).resource()["failures"]  # type: ignore[misc]
    assert len(detail["message"]) == MESSAGE_LIMIT


def test_a_status_is_kept_longer_than_the_standard_wants() -> None:
    """Twenty-four hours at least."""
    assert KEPT_FOR >= 24 * 3_600 * 1_000_000
