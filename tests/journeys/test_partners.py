"""Peers of other make, and more than two of ours."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from tests.support.exchange import RunningExchange, tocsin
from tests.support.medallion import COLLECTION, HEADERS, LOGIN, StockMedallion
from tests.support.objects import attack_pattern, domain_name, indicator
from tests.support.pair import add_peer, befriend, contents, submit, sync


@pytest.fixture
def medallion(tmp_path: Path) -> Iterator[StockMedallion]:
    started = StockMedallion.start(tmp_path / "medallion")
    yield started
    started.stop()


def test_an_unmodified_medallion_is_a_peer_in_both_directions(tmp_path: Path, medallion: StockMedallion) -> None:
    """It gives all objects of one POST one stamp and pages of 20; nothing is missed, and what is ours arrives there."""
    ours = RunningExchange.make(tmp_path / "ours")
    theirs = [indicator(one) for one in range(45)]
    body = json.dumps({"objects": theirs})
    requests.post(medallion.objects_url, data=body, headers=HEADERS, auth=LOGIN, timeout=10).raise_for_status()
    routes = [f"--pull={COLLECTION}=indicators", "--push=sightings=Shared"]
    login = ["--user", LOGIN[0], "--password-stdin"]
    tocsin("peer", "add", "stock", "--url", medallion.discovery, *login, *routes, home=ours.home, stdin=f"{LOGIN[1]}\n")
    mine = [attack_pattern(one) for one in range(7)]
    submit(ours, "sightings", mine)
    pulled, pushed = sync(ours)
    assert (pulled["new"], pushed["new"], pulled["error"], pushed["error"]) == (45, 7, None, None)
    assert {key[0] for key in contents(ours, "indicators")} == {one["id"] for one in theirs}
    held = requests.get(f"{medallion.objects_url}?match[type]=attack-pattern", headers=HEADERS, auth=LOGIN, timeout=10).json()
    assert [one["id"] for one in held["objects"]] == [one["id"] for one in mine]
    assert sum(one["new"] for one in sync(ours)) <= 7  # what we gave it comes back as its own once, and is then known


def test_a_third_exchange_gets_from_the_second_what_the_first_published(tmp_path: Path) -> None:
    """A chain: the bytes are those of the first."""
    chain = [RunningExchange.make(tmp_path / name).start() for name in ("first", "second", "third")]
    for host, guest in pairwise(chain):
        token = befriend(host, guest, name=guest.home.name)
        add_peer(guest, host, name=host.home.name, token=token, routes=["--pull=indicators=indicators"])
    submit(chain[0], "indicators", [indicator(1), domain_name(2)])
    for guest in chain[1:]:
        sync(guest)
    assert contents(chain[2], "indicators") == contents(chain[0], "indicators") != {}
    for one in chain:
        one.stop()


def test_in_a_ring_of_five_every_object_arrives_everywhere_once(tmp_path: Path) -> None:
    """Each pulls from the one before it. Four transfers bring an object to all; the fifth offers it to its author, who knows it."""
    ring = [RunningExchange.make(tmp_path / f"ring{number}").start() for number in range(5)]
    for position, guest in enumerate(ring):
        host = ring[position - 1]
        token = befriend(host, guest, name=guest.home.name)
        add_peer(guest, host, name=host.home.name, token=token, routes=["--pull=indicators=indicators"])
    for position, one in enumerate(ring):
        submit(one, "indicators", [indicator(position * 100 + number) for number in range(10)])
    transfers = {"new": 0, "known": 0}
    for _ in range(6):
        for one in ring:
            for tally in sync(one):
                transfers["new"] += tally["new"]
                transfers["known"] += tally["known"]
    everything = [contents(one, "indicators") for one in ring]
    assert all(each == everything[0] for each in everything)
    assert len(everything[0]) == 50
    assert transfers == {"new": 4 * 50, "known": 50}
    for one in ring:
        one.stop()


def test_every_version_travels_and_a_recall_too(tmp_path: Path) -> None:
    """A peer gets the whole history, and the revoked version as the last one."""
    host, guest = (RunningExchange.make(tmp_path / name) for name in ("host", "guest"))
    token = befriend(host.start(), guest, name="guest")
    add_peer(guest, host, name="host", token=token, routes=["--pull=indicators=indicators"])
    later = "2026-01-02T00:00:00.000Z"
    submit(host, "indicators", [indicator(1), indicator(1, modified=later, revoked=True)])
    (tally,) = sync(guest)
    assert tally["new"] == 2
    assert contents(guest, "indicators") == contents(host, "indicators")
    host.stop()
