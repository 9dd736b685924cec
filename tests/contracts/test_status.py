"""Statuses: stored with the objects, read by who posted, forgotten when their time is over (TAXII 2.1 §4.3)."""

import json

import pytest

from tests.contracts.ground import Ground, now
from tests.support.objects import indicator, text
from tocsin.errors import NotFoundError
from tocsin.model.status import KEPT_FOR, ObjectResult, Status
from tocsin.store.status import find_status, keep_status

ID = "7c1c8f3c-9b55-4f6e-9f2f-0d1f7c2d6a01"


def test_a_status_is_read_back_as_it_was_answered(ground: Ground) -> None:
    """The bytes of the answer to the POST and of the later GET are the same, and tell the truth object by object."""
    shelf, ann = ground.collection(), ground.callers["ann"]
    ground.add(shelf, indicator(1))
    outcome, answer = ground.objects.add(ann, shelf, text(indicator(1, name="changed"), indicator(2)), now=now())
    assert ground.objects.find_status(ann, outcome.id) == answer
    told = json.loads(answer)
    assert (told["total_count"], told["success_count"], told["failure_count"], told["pending_count"]) == (2, 1, 1, 0)
    assert [one["id"] for one in told["failures"]] == [indicator(1)["id"]]
    assert [one["id"] for one in told["successes"]] == [indicator(2)["id"]]


def test_a_status_is_read_by_its_poster_alone(ground: Ground) -> None:
    """For anybody else, an administrator too, it does not exist."""
    outcome = ground.add(ground.collection(), indicator(1), by="ann")
    for other in ("bob", "admin"):
        with pytest.raises(NotFoundError):
            ground.objects.find_status(ground.callers[other], outcome.id)


@pytest.mark.parametrize("status_id", [ID, "", "a\0b", "a\ud800b"])
def test_a_status_that_cannot_be_there_is_not_found(ground: Ground, status_id: str) -> None:
    """Text that a database refuses is as absent as any other."""
    with pytest.raises(NotFoundError):
        ground.objects.find_status(ground.callers["ann"], status_id)


def test_a_status_outlives_a_day_and_not_much_more_than_a_week(ground: Ground) -> None:
    """A later POST of anybody clears away what is past its time."""
    member = ground.callers["ann"].number
    results = (ObjectResult(id="a--1", version="2026-01-01T00:00:00.000"),)
    kept = {}
    with ground.database.write() as connection:
        for age in (0, 25 * 3_600_000_000, KEPT_FOR, KEPT_FOR + 1):
            status = Status(id=f"status-{age}", requested=now() - age, successes=results, failures=())
            keep_status(connection, status, member=member)
            kept[age] = status.id
        last = Status(id="last", requested=now() + 1_000, successes=results, failures=())
        keep_status(connection, last, member=member)
        found = {age: find_status(connection, name, member=member) is not None for age, name in kept.items()}
    assert found == {0: True, 25 * 3_600_000_000: True, KEPT_FOR: False, KEPT_FOR + 1: False}


def test_a_post_in_which_everything_fails_has_a_status_too(ground: Ground) -> None:
    """Nothing is stored but the reasons."""
    shelf, ann = ground.collection(), ground.callers["ann"]
    outcome, _ = ground.objects.add(ann, shelf, [b"{}", b"[]"], now=now())
    told = json.loads(ground.objects.find_status(ann, outcome.id))
    assert (told["failure_count"], [one["id"] for one in told["failures"]]) == (2, ["objects[0]", "objects[1]"])
    assert ground.rows(shelf) == []
