"""Which indicators a caller matches with, and what becomes of sightings that we have told of before."""

from typing import Any

import pytest

from tests.services.conftest import House
from tests.support.objects import indicator, text, uuid
from tocsin.model.marking import Level
from tocsin.model.match.index import NO_KEY, Index
from tocsin.model.match.scan import Tally
from tocsin.model.member import Caller, Role
from tocsin.model.stamp import stamp_of

LATER = "2026-02-01T00:00:00.000Z"


@pytest.fixture(params=[1, 2, 1_000])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of any size."""
    monkeypatch.setattr("tocsin.services.match.PAGE", request.param)


def add(house: House, alias: str, *objects: dict[str, Any]) -> None:
    status, _resource = house.exchange.objects.add(house.operator, house.collection(alias), text(*objects), now=house.exchange.now())
    assert status.failures == ()


def load(house: House, caller: Caller) -> Index:
    return house.exchange.match.load(caller, read_rule=str, tell=lambda _: None, now=house.exchange.now())


def valid(index: Index) -> list[str]:
    """The ids of those that count now."""
    now = stamp_of("2026-06-01T00:00:00Z")
    return sorted(one for number, one in enumerate(index.ids) if index.is_valid(number, now))


def ids(*numbers: int) -> list[str]:
    return [f"indicator--{uuid(number)}" for number in numbers]


@pytest.mark.usefixtures("page")
def test_all_that_the_caller_may_read_is_matched_with(house: House) -> None:
    """Each indicator once, in whatever collections it stands."""
    add(house, "indicators", *(indicator(number) for number in range(5)))
    add(house, "restricted", indicator(4), indicator(5))
    add(house, "inbox", indicator(6))
    index = load(house, house.operator)
    assert (valid(index), index.count()) == (ids(*range(7)), (7, 7, {}))


def test_what_the_caller_may_not_read_is_not_matched_with(house: House) -> None:
    """Not even for whoever may write there."""
    add(house, "indicators", indicator(1))
    add(house, "restricted", indicator(2))
    add(house, "inbox", indicator(3))
    assert valid(load(house, house.join("bot", Role.PEER, clearance=Level.GREEN))) == ids(1)
    assert valid(load(house, house.join("siem", Role.SOC, clearance=Level.RED))) == ids(1)


def test_the_last_version_counts_wherever_it_stands(house: House) -> None:
    """Revoked in one collection is revoked in all."""
    for alias, other in (("indicators", "restricted"), ("restricted", "indicators")):
        add(house, alias, indicator(1), indicator(2, modified=LATER))
        add(house, other, indicator(1, modified=LATER, revoked=True), indicator(2))
        assert valid(load(house, house.operator)) == ids(2)


def test_progress_is_told_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.services.match.PAGE", 2)
    add(house, "indicators", *(indicator(number) for number in range(5)))
    told = list[int]()
    house.exchange.match.load(house.operator, read_rule=str, tell=told.append, now=house.exchange.now())
    assert (told[-1], [one for one in told if one]) == (5, sorted(one for one in told if one))
    assert {2, 4, 5} <= set(told)


def test_keys_that_we_hold_open_accounts_in_every_epoch(house: House) -> None:
    """Retired ones too; an epoch that cannot be one is as a key that is not there."""
    house.exchange.keys.new("ours", now=house.exchange.now())
    house.exchange.keys.retire("ours", now=house.exchange.now())
    names = ["ours.2026q1", "ours.spring", "theirs.2026q1", f"ours.{'x' * 21}"]
    for number, name in enumerate(names):
        add(house, "indicators", indicator(number, pattern=f"[user-account:user_id = 'hmac-sha256:{name}:1:{'0' * 64}']"))
    index = load(house, house.operator)
    assert (sorted(index.keys), index.count()) == (names[:2], (4, 2, {NO_KEY: 2}))


def sightings(house: House, tally: Tally, *, now: int) -> list[dict[str, Any]]:
    seen = {ids(1)[0]: tally, ids(99)[0]: tally}  # one of them was deleted meanwhile
    indicators = house.exchange.match.find(house.operator, seen, now=now)
    return house.exchange.match.sightings(house.operator, indicators, seen=seen, now=now)


def test_a_sighting_that_we_told_of_keeps_its_version_until_it_grows(house: House) -> None:
    """So that telling of it again is no news."""
    add(house, "indicators", indicator(1))
    first, later = stamp_of("2026-05-01T00:00:00Z"), stamp_of("2026-05-02T00:00:00Z")
    now = house.exchange.now()
    (told,) = sightings(house, Tally(count=1, first=first, last=first), now=now)
    add(house, "sightings", told)
    assert sightings(house, Tally(count=1, first=first, last=first), now=now + 5_000_000) == [told]
    (grown,) = sightings(house, Tally(count=2, first=first, last=later), now=now + 5_000_000)
    assert (grown["id"], grown["created"], grown["count"]) == (told["id"], told["created"], 2)
    assert grown["modified"] > told["modified"]


def test_sightings_are_ours(house: House) -> None:
    """By our identity, at our place."""
    add(house, "indicators", indicator(1))
    (made,) = sightings(house, Tally(count=1), now=house.exchange.now())
    own = house.exchange.organisations.own().identity_id
    assert (made["created_by_ref"], made["where_sighted_refs"], made["sighting_of_ref"]) == (own, [own], ids(1)[0])
