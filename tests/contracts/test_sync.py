"""Pulling and pushing, cut at every possible point, on both databases."""

import threading
import time
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.ground import Ground, now
from tests.support.objects import attack_pattern, domain_name, indicator
from tests.support.simulated_peer import SimulatedPeer, blowing, logged
from tocsin.errors import PeerRefusalError
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Organisation, Role
from tocsin.model.peer import Direction, Peer, Tally
from tocsin.model.stamp import text_of
from tocsin.model.status import TRY_AGAIN
from tocsin.services.sync import Errand, SyncService
from tocsin.store import member
from tocsin.store import peer as store

CUTS = st.lists(st.integers(1, 8), max_size=5)
FUTURE = "2999-01-01T00:00:00.000Z"


class Line:
    """A peer with a route each way, to and from a collection of its own, and runs on it."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.there = ground, SimulatedPeer()
        self.here, name = ground.collection(), uuid4().hex
        with ground.database.write() as connection:
            draft = Organisation(number=0, name=f"org {name}", domain="", identity_id=f"identity--{uuid4()}", is_own=False)
            home = member.add_organisation(connection, draft)
            caller = Caller(number=0, name=name, organisation=home.name, is_own=False, role=Role.PEER, clearance=Level.RED)
            member.add_member(connection, caller, organisation_number=home.number, password_hash=None, now=now())
            login = member.find_login(connection, name=name)
            assert login is not None
            self.caller = ground.callers[name] = login.caller
            number = store.add_peer(connection, name=name, url="", member_number=self.caller.number, user="", secret=None)
            for direction in Direction:
                store.add_route(connection, number, direction=direction, collection_number=self.here.number, remote="theirs")
            self.peer: Peer = next(one for one in store.list_peers(connection) if one.number == number)

    def run(self, *directions: Direction, patience: int = 0) -> list[Tally]:
        service = SyncService(database=self.ground.database, objects=self.ground.objects, connect=lambda _peer: self.there, now=now)
        return service.run([self.peer], Errand(directions=frozenset(directions or Direction), patience=patience))

    def run_to_the_end(self, *directions: Direction) -> int:
        """How many objects were new, over all passes."""
        total = 0
        for _ in range(20):
            tallies = self.run(*directions)
            total += sum(one.new for one in tallies)
            if not any(one.error for one in tallies):
                return total
        raise AssertionError(tallies)

    def bodies(self, of: Collection) -> list[bytes]:
        return [bytes(row["body"]) for row in self.ground.rows(of) if row["body"] is not None]


@pytest.fixture
def line(ground: Ground) -> Line:
    return Line(ground)


@settings(max_examples=25)
@given(stamps=st.lists(st.integers(1, 6), min_size=1, max_size=14).map(sorted), size=st.integers(1, 4), cuts=CUTS)
def test_a_pull_cut_anywhere_ends_with_everything_once(ground: Ground, stamps: list[int], size: int, cuts: list[int]) -> None:
    """At a peer that gives one stamp to many objects too."""
    line = Line(ground)
    objects = [domain_name(number) if number % 3 == 0 else indicator(number) for number in range(len(stamps))]
    line.there.log = [logged(stamp, item) for stamp, item in zip(stamps, objects, strict=True)]
    line.there.size, line.there.fuse = size, blowing(*cuts)
    assert line.run_to_the_end(Direction.PULL) == len(stamps)
    assert sorted(line.bodies(line.here)) == sorted(body for _stamp, body in line.there.log)


@settings(max_examples=25)
@given(count=st.integers(1, 9), cuts=CUTS)
def test_a_push_cut_anywhere_ends_with_everything_there(ground: Ground, count: int, cuts: list[int]) -> None:
    """Also when the peer had taken the objects and its answer was lost."""
    line = Line(ground)
    line.ground.add(line.here, *(domain_name(number) if number % 3 == 0 else indicator(number) for number in range(count)))
    line.there.fuse = blowing(*cuts)
    line.run_to_the_end(Direction.PUSH)
    assert sorted(line.there.taken.values()) == sorted(line.bodies(line.here))
    line.there.taken.clear()
    line.run(Direction.PUSH)
    assert line.there.taken == {}


def test_what_came_from_the_peers_organisation_is_held_back(line: Line) -> None:
    """Pulled from it, or posted by a member of it."""
    line.there.log = [logged(1, indicator(1))]
    line.run(Direction.PULL)
    line.ground.add(line.here, indicator(2), by=line.caller.name)
    line.ground.add(line.here, indicator(3), by="ann")
    (tally,) = line.run(Direction.PUSH)
    assert (tally.new, tally.held_back) == (1, 2)
    assert [item for item, _version in line.there.taken] == [indicator(3)["id"]]


def test_a_version_that_was_deleted_here_counts_as_known(line: Line) -> None:
    """Posting it again brings it back, a pull does not."""
    line.there.log = [logged(1, indicator(1)), logged(2, domain_name(2))]
    line.run(Direction.PULL)
    for item in (indicator(1), domain_name(2)):
        line.ground.delete(line.here, str(item["id"]), by="admin")
    line.there.log = [logged(stamp + 10, item) for stamp, item in enumerate([indicator(1), domain_name(2)])]
    (tally,) = line.run(Direction.PULL)
    assert (tally.new, tally.known, line.bodies(line.here)) == (0, 2, [])


def test_a_final_refusal_is_told_once_and_a_passing_one_is_tried_again(line: Line) -> None:
    """On the way in: a broken object, and one whose clock is ahead of ours."""
    broken, ahead = {**indicator(1), "pattern": "["}, indicator(2, modified=FUTURE)
    line.there.log = [logged(1, broken), logged(2, ahead), logged(3, attack_pattern(3))]
    first, second = line.run(Direction.PULL)[0], line.run(Direction.PULL)[0]
    assert [(one.id, one.is_passing) for one in first.refused] == [(broken["id"], False), (ahead["id"], True)]
    assert [one.id for one in second.refused] == [ahead["id"]]
    assert first.new == 1


def test_what_the_peer_refuses_for_now_is_sent_again_and_what_it_refuses_for_good_is_not(line: Line) -> None:
    """The words of its answer tell which."""
    line.ground.add(line.here, indicator(1), indicator(2), indicator(3))
    reasons = {indicator(1)["id"]: "your clock is ahead" + TRY_AGAIN, indicator(2)["id"]: "not wanted"}
    line.there.refuse = lambda item: reasons.get(item.id, "")
    assert [one.is_passing for one in line.run(Direction.PUSH)[0].refused] == [True, False]
    reasons.clear()
    (tally,) = line.run(Direction.PUSH)
    assert (tally.new, tally.refused) == (1, [])
    assert {item for item, _version in line.there.taken} == {indicator(1)["id"], indicator(3)["id"]}


def test_an_object_that_the_peer_calls_a_failure_because_it_has_it_counts_as_known(line: Line) -> None:
    """Stock servers do so; they are asked what they hold."""
    line.ground.add(line.here, indicator(1), indicator(2))
    held = line.bodies(line.here)[0]
    line.there.taken[(str(indicator(1)["id"]), None)] = held
    line.there.refuse = lambda item: "unable to process object" if item.id == indicator(1)["id"] else ""
    (tally,) = line.run(Direction.PUSH)
    assert (tally.new, tally.known, tally.refused) == (1, 1, [])


def test_a_second_run_leaves_the_peer_alone_while_the_first_one_deals_with_it(line: Line) -> None:
    """Started in the middle of a page."""
    inner: list[Tally] = []
    line.there.log = [logged(1, indicator(1))]
    line.there.fuse = lambda: inner.extend(line.run(Direction.PULL)) if not inner else None
    (tally,) = line.run(Direction.PULL)
    assert (tally.new, tally.error) == (1, "")
    assert inner[0].error.startswith("another run is dealing with")


def test_a_run_that_finds_another_one_at_work_is_no_failure_of_the_peer(line: Line) -> None:
    """It is not left alone for that: a notification that waits there would be late."""
    standing: list[tuple[int, int]] = []
    line.there.log = [logged(1, indicator(1))]

    def collide() -> None:
        line.there.fuse = lambda: None
        line.run(Direction.PULL)
        with line.ground.database.read() as connection:
            found = next(one for one in store.list_peers(connection) if one.number == line.peer.number)
        standing.append((found.failures, found.not_before))

    line.there.fuse = collide
    line.run(Direction.PULL)
    assert standing == [(0, 0)]


def test_a_run_with_patience_waits_for_the_one_before_it(line: Line) -> None:
    """And goes on where that one ended: nothing is sent twice."""
    line.ground.add(line.here, indicator(1))
    first, waited = threading.Event(), list[Tally]()

    def hold() -> None:
        line.there.fuse = lambda: None
        first.set()
        time.sleep(0.3)

    line.there.fuse = hold
    second = threading.Thread(target=lambda: first.wait() and waited.extend(line.run(Direction.PUSH, patience=10_000_000)))
    second.start()
    (tally,) = line.run(Direction.PUSH)
    second.join()
    assert (tally.new, tally.error) == (1, "")
    assert [(one.new, one.known, one.error) for one in waited] == [(0, 0, "")]


def test_a_run_that_lost_its_lease_changes_nothing_more(line: Line) -> None:
    """It stalled, another one took over, and it wakes up with a page in its hands."""
    line.there.log = [logged(1, indicator(1))]

    def usurp() -> None:
        with line.ground.database.write() as connection:
            name = f"peer {line.peer.number}"
            store.drop_lease(connection, name, holder=str(store.lease_holder(connection, name)))
            store.take_lease(connection, name, holder="another", now=now(), until=now() + 10_000_000)

    line.there.fuse = usurp
    (tally,) = line.run(Direction.PULL)
    assert "has taken over" in tally.error
    assert line.bodies(line.here) == []


def test_a_peer_that_fails_is_left_alone_longer_each_time(line: Line) -> None:
    """And not at all after a pass without fault."""
    line.there.log, line.there.fuse = [logged(1, indicator(1))], blowing(1)
    line.run(Direction.PULL)
    with line.ground.database.read() as connection:
        failed = next(one for one in store.list_peers(connection) if one.number == line.peer.number)
    line.run(Direction.PULL)
    with line.ground.database.read() as connection:
        fine = next(one for one in store.list_peers(connection) if one.number == line.peer.number)
    assert failed.failures == 1
    assert failed.not_before > now(), text_of(failed.not_before)
    assert (fine.failures, fine.not_before) == (0, 0)


def test_a_route_that_came_to_its_end_is_not_blamed_for_a_later_one(line: Line) -> None:
    """The pull was done when the push found the line cut."""
    line.there.log, line.there.fuse = [logged(1, indicator(1))], blowing(2)
    line.ground.add(line.here, indicator(2))
    pulled, pushed = line.run()
    assert (pulled.new, pulled.error) == (1, "")
    assert pushed.error == "the line is cut; try again"


def test_what_the_peer_does_not_allow_on_one_route_leaves_the_others_alone(line: Line) -> None:
    """A right that was taken away there."""

    def deny() -> None:
        line.there.fuse = lambda: None
        raise PeerRefusalError("it does not allow this", hint="ask its operator")

    line.there.log, line.there.fuse = [logged(1, indicator(1))], deny
    line.ground.add(line.here, indicator(2))
    pulled, pushed = line.run()
    assert pulled.error == "it does not allow this; ask its operator"
    assert (pushed.new, pushed.error) == (1, "")


def test_a_fault_of_ours_at_one_peer_is_told_and_stops_nobody_else(line: Line) -> None:
    """Whatever it is."""
    line.there.log, line.there.fuse = [logged(1, indicator(1))], lambda: [][0]
    assert line.run(Direction.PULL)[0].error == "this should not have happened: IndexError: list index out of range"
