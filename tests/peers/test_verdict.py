"""A peer's status held against what was posted."""

from typing import Any

import pytest

from tocsin.errors import PeerError
from tocsin.peers.interface import Outgoing, PushedObject, PushStatus
from tocsin.peers.verdict import StatusDetail, StatusResource, merged, verdict

POSTED = [Outgoing(id=name, version="v", body=b"{}") for name in ("a", "b", "c")]


def status(success: int, failure: int, pending: int, **lists: Any) -> StatusResource:
    details = {name: [StatusDetail(id=each) for each in names] for name, names in lists.items() if isinstance(names, str)}
    state = lists.get("state", ["pending" if pending else "complete"])[0]
    total = lists.get("total", [success + failure + pending])[0]
    counts = {"success_count": success, "failure_count": failure, "pending_count": pending, "total_count": total}
    return StatusResource(id="s", status=state, **counts, **details)


def ids(given: StatusResource) -> tuple[str, str, str]:
    found = verdict(given, POSTED)
    return tuple("".join(each.id for each in part) for part in (found.successes, found.failures, found.pendings))  # type: ignore[return-value]


def test_each_object_stands_in_the_list_that_names_it() -> None:
    assert ids(status(1, 1, 1, successes="b", failures="a", pendings="c")) == ("b", "a", "c")


def test_names_that_are_left_out_follow_from_the_rest() -> None:
    assert ids(status(3, 0, 0)) == ("abc", "", "")
    assert ids(status(2, 1, 0, failures="b")) == ("ac", "b", "")
    assert ids(status(0, 0, 3)) == ("", "", "abc")


def test_what_cannot_be_told_counts_as_failed() -> None:
    found = verdict(status(2, 1, 0), POSTED)
    assert [each.id for each in found.failures] == ["a", "b", "c"]
    assert "does not say which" in str(found.failures[0].message)


@pytest.mark.parametrize(
    "given",
    [
        status(3, 0, 0, total=[4]),
        status(2, 0, 0),
        status(4, 0, 0),
        status(4, -1, 0),
        status(3, 0, 0, successes="ab"),
        status(3, 0, 0, successes="abx"),
        status(3, 0, 0, successes="aab"),
        status(2, 1, 0, successes="ab", failures="a"),
        status(3, 0, 0, failures="a"),
        status(2, 0, 1, state=["complete"]),
    ],
    ids=range(10),
)
def test_a_status_that_contradicts_itself_is_an_error_of_the_peer(given: StatusResource) -> None:
    with pytest.raises(PeerError, match="status"):
        verdict(given, POSTED)


def test_two_versions_of_one_object_may_both_be_named() -> None:
    posted = [Outgoing(id="a", version=version, body=b"{}") for version in ("1", "2")]
    assert verdict(status(2, 0, 0, successes="aa"), posted).total == 2


def test_statuses_of_several_posts_become_one() -> None:
    one, two = PushStatus(successes=(PushedObject(id="a"),)), PushStatus(pendings=(PushedObject(id="b"),))
    both = merged([one, two])
    assert (both.successes, both.pendings, both.is_complete, both.total) == (one.successes, two.pendings, False, 2)
