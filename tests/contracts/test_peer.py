"""Peers, routes, refusals and leases, on both databases."""

from uuid import uuid4

import pytest

from tests.contracts.ground import Ground
from tocsin.model.collection import Collection
from tocsin.model.peer import Direction, Refused
from tocsin.store import peer as store


@pytest.fixture
def local(ground: Ground) -> Collection:
    return ground.collection()


@pytest.fixture
def route(ground: Ground, local: Collection) -> int:
    """The number of a pull route of a new peer."""
    with ground.database.write() as connection:
        number = store.add_peer(
            connection, name=uuid4().hex, url="https://x.example", member_number=ground.callers["bob"].number, user="", secret=b"sealed"
        )
        store.add_route(connection, number, direction=Direction.PULL, collection_number=local.number, remote="theirs")
        return store.list_routes(connection, number)[0].number


def test_a_checkpoint_is_undone_with_the_transaction_of_its_objects(ground: Ground, route: int) -> None:
    """Both or neither."""
    with pytest.raises(RuntimeError), ground.database.write() as connection:
        store.move_route(connection, route, since="2026-01-01T00:00:00.000000Z")
        raise RuntimeError
    with ground.database.read() as connection:
        peers = store.list_peers(connection)
        assert all(one.since == "" for peer in peers for one in store.list_routes(connection, peer.number) if one.number == route)


def test_a_refusal_is_kept_once_and_the_later_reason_counts(ground: Ground, route: int) -> None:
    """By id and version."""
    first, later = Refused("a", "1", "clock", is_passing=True, body=b"{}"), Refused("a", "1", "schema", is_passing=False)
    with ground.database.write() as connection:
        store.keep_refused(connection, route, [first, Refused("b", "1", "schema", is_passing=False)])
        store.keep_refused(connection, route, [later])
        assert [(one.id, one.reason) for one in store.list_refused(connection, route)] == [("b", "schema"), ("a", "schema")]


def test_a_lease_has_one_holder_until_it_ends(ground: Ground) -> None:
    """The holder renews it; another one gets it when it has run out, or was dropped."""
    name = uuid4().hex
    with ground.database.write() as connection:
        assert store.take_lease(connection, name, holder="one", now=0, until=10)
        assert not store.take_lease(connection, name, holder="two", now=10, until=20)
        assert store.take_lease(connection, name, holder="one", now=10, until=15)
        assert store.take_lease(connection, name, holder="two", now=16, until=20)
        store.drop_lease(connection, name, holder="one")
        assert store.lease_holder(connection, name) == "two"
        store.drop_lease(connection, name, holder="two")
        assert store.lease_holder(connection, name) is None


def test_a_removed_peer_leaves_nothing_of_its_own_behind(ground: Ground, route: int) -> None:
    """Its routes and refusals go; entries and their member stay."""
    with ground.database.write() as connection:
        store.keep_refused(connection, route, [Refused("a", "1", "schema", is_passing=False)])
        for peer in store.list_peers(connection):
            store.remove_peer(connection, peer.number)
        assert store.list_peers(connection) == []
        assert store.list_refused(connection, route) == []
