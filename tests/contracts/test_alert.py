"""The outbox of alerts: queued with what it tells of, claimed by one at a time, kept until it is done (ADR 0018)."""

import threading
from collections import Counter
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.contracts.ground import Ground
from tocsin.model.alert import SECOND, Alert, Channel, Failure, Kind, after_try
from tocsin.store import alert as store

LIMIT = 100


@pytest.fixture(autouse=True)
def _empty(ground: Ground) -> None:
    wipe(ground)


def wipe(ground: Ground) -> None:
    with ground.database.write() as connection:
        connection.execute(delete(store.alert))


def alert(key: str = "", *, due: int = 0, channel: Channel = Channel.WEBHOOK) -> Alert:
    return Alert(
        id=str(uuid4()),
        key=key or uuid4().hex,
        kind=Kind.NOTIFICATION_RECEIVED,
        created=due,
        payload=b'{"a":"\xc3\xa4"}',
        channel=channel,
        target="soc@example.org",
        next_try=due,
    )


def add(ground: Ground, *alerts: Alert) -> list[bool]:
    with ground.database.write() as connection:
        return [store.add(connection, one) for one in alerts]


def claim(ground: Ground, *, now: int = 0, until: int = 10, limit: int = LIMIT, channel: Channel = Channel.WEBHOOK) -> list[Alert]:
    with ground.database.write() as connection:
        return store.claim(connection, channel, now=now, until=until, limit=limit)


def settle(ground: Ground, tried: Alert) -> None:
    with ground.database.write() as connection:
        store.settle(connection, tried)


def is_open(ground: Ground) -> list[Alert]:
    with ground.database.read() as connection:
        return store.list_open(connection)


def test_an_alert_comes_back_as_it_was_put_in(ground: Ground) -> None:
    """With its try counted, and put off until the claim ends."""
    new = alert(due=5)
    assert add(ground, new) == [True]
    assert is_open(ground) == [new]
    assert claim(ground, now=5, until=15) == [replace(new, attempts=1, next_try=15)]
    assert is_open(ground) == [replace(new, attempts=1, next_try=15)]


def test_what_is_raised_again_is_queued_once(ground: Ground) -> None:
    """Under the id of the first time; also when it is done, or given up."""
    first, again = alert("k"), alert("k")
    assert add(ground, first, again) == [True, False]
    settle(ground, replace(claim(ground)[0], done=1, next_try=None))
    assert add(ground, again, alert("other")) == [False, True]
    assert [one.key for one in is_open(ground)] == ["other"]


def test_an_alert_is_undone_with_the_transaction_of_what_it_tells_of(ground: Ground) -> None:
    """Both or neither."""
    with pytest.raises(RuntimeError), ground.database.write() as connection:
        store.add(connection, alert())
        raise RuntimeError
    assert is_open(ground) == []


def test_what_is_not_due_is_not_claimed(ground: Ground) -> None:
    """Nor what goes another way."""
    add(ground, alert("later", due=6), alert("mail", due=5, channel=Channel.MAIL))
    with ground.database.read() as connection:
        assert [store.is_due(connection, channel, now=5) for channel in Channel] == [False, True]
    assert claim(ground, now=5) == []
    assert [one.key for one in claim(ground, now=5, channel=Channel.MAIL)] == ["mail"]


def test_what_is_claimed_is_left_alone_until_its_time_is_over(ground: Ground) -> None:
    """Then it is tried again: whoever had it is dead, or too slow."""
    add(ground, alert())
    assert len(claim(ground, now=0, until=10)) == 1
    assert claim(ground, now=9, until=19) == []
    assert [one.attempts for one in claim(ground, now=10, until=20)] == [2]


def test_alerts_that_never_failed_go_first_then_those_that_wait_longest(ground: Ground) -> None:
    """So that a mail that nobody takes does not hold up the others."""
    add(ground, alert("failed", due=0), alert("old", due=2), alert("new", due=3))
    failed = next(one for one in claim(ground, now=0) if one.key == "failed")
    settle(ground, replace(failed, next_try=1, last_error="away"))
    order = [one.key for _ in range(3) for one in claim(ground, now=9, until=99, limit=1)]
    assert order == ["old", "new", "failed"]


def test_what_is_done_or_given_up_is_never_claimed_again(ground: Ground) -> None:
    """Only what was given up stays in the list."""
    add(ground, alert("done"), alert("given up"))
    for one in claim(ground):
        failure = None if one.key == "done" else Failure(reason="gone", is_final=True)
        settle(ground, after_try(one, failure, now=1, luck=0.5))
    assert claim(ground, now=10**17) == []
    assert [(one.key, one.next_try, one.last_error) for one in is_open(ground)] == [("given up", None, "gone")]


def test_a_late_failure_changes_nothing_for_who_has_it_now(ground: Ground) -> None:
    """Nor does it undo that somebody else got it through; a late success counts."""
    add(ground, alert())
    (slow,) = claim(ground, now=0, until=10)
    (ours,) = claim(ground, now=10, until=20)
    settle(ground, replace(slow, next_try=11, last_error="slow"))
    assert is_open(ground) == [ours]
    settle(ground, replace(slow, next_try=None, done=12))
    settle(ground, replace(ours, next_try=13, last_error="refused"))
    assert is_open(ground) == []
    assert claim(ground, now=10**17) == []


def test_many_that_claim_at_once_get_each_alert_once(ground: Ground) -> None:
    """Eight threads with a connection each, a few alerts a time."""
    add(ground, *(alert() for _ in range(60)))
    claimed: Counter[str] = Counter()

    def work() -> None:
        while batch := claim(ground, until=10**15, limit=3):
            claimed.update(one.id for one in batch)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Counter(claimed.values()) == {1: 60}


@settings(max_examples=40)
@given(data=st.data())
def test_an_alert_ends_delivered_or_given_up_whatever_happens_on_the_way(ground: Ground, data: st.DataObject) -> None:
    """A process dies, a try fails, a try succeeds, in any order: never lost, never tried more often than the schedule has it and deaths."""
    wipe(ground)
    add(ground, alert())
    now, deaths, tries = 0, 0, 0
    while open_ := [one for one in is_open(ground) if one.next_try is not None]:
        now = max(now, open_[0].next_try or 0)
        (mine,) = claim(ground, now=now, until=now + 120 * SECOND)
        tries += 1
        fate = data.draw(st.sampled_from(["dies", "fails", "fails", "fails", "succeeds"])) if tries < 20 else "fails"
        deaths += fate == "dies"
        if fate != "dies":
            settle(ground, after_try(mine, None if fate == "succeeds" else Failure(reason="no"), now=now, luck=0.5))
    assert tries <= 8 + deaths
    assert [one.last_error for one in is_open(ground)] in ([], ["no"])
