"""The object service: `next` is bound to who reads what where, and lives on (ADR 0004)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text as sql

from tests.services.conftest import House
from tests.support.objects import indicator, text
from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model import cursor
from tocsin.model.marking import Level
from tocsin.model.member import Role
from tocsin.model.query import ObjectQuery
from tocsin.services.object import ObjectService, Reading

START = Reading(endpoint="objects", query=ObjectQuery(), limit=2)


@pytest.fixture
def filled(house: House) -> House:
    """Five indicators in `indicators`, and the same in `actors`."""
    bodies = text(*(indicator(number) for number in range(5)))
    for alias in ("indicators", "actors"):
        house.exchange.objects.add(house.operator, house.collection(alias), bodies, now=house.exchange.now())
    return house


def token(house: House) -> str:
    """After the first two objects of `indicators`, for the operator."""
    answer = house.exchange.objects.bodies(house.operator, house.collection("indicators"), START, now=house.exchange.now())
    assert answer.next is not None
    return answer.next


def resume(house: House, token: str, **changes: Any) -> bytes:
    """The bodies that the token gives; `changes` replace the reader, the collection, the service, the time or parts of the reading."""
    reading = replace(
        START, next=token, **{name: changes.pop(name) for name in ("endpoint", "query", "limit", "object_id") if name in changes}
    )
    service = changes.pop("service", house.exchange.objects)
    caller = changes.pop("caller", house.operator)
    collection = changes.pop("collection", house.collection("indicators"))
    answer = service.bodies(caller, collection, reading, now=changes.pop("now", house.exchange.now()))
    assert not changes
    return bytes(answer.page.bodies)


def bodies(*numbers: int) -> bytes:
    return b",".join(text(*(indicator(number) for number in numbers)))


def test_the_same_token_gives_the_same_page(filled: House) -> None:
    """As often as it is asked."""
    asked = token(filled)
    assert [resume(filled, asked) for _ in range(3)] == [bodies(2, 3)] * 3


def test_a_token_takes_another_limit(filled: House) -> None:
    """A reader may change the size of its pages on the way."""
    assert [resume(filled, token(filled), limit=limit) for limit in (1, 2, 9)] == [bodies(2), bodies(2, 3), bodies(2, 3, 4)]


def test_the_filters_in_a_token_win(filled: House) -> None:
    """Other ones beside it, or none, change nothing."""
    service, now = filled.exchange.objects, filled.exchange.now()
    started = replace(START, query=ObjectQuery(ids=tuple(indicator(number)["id"] for number in (0, 1, 3))))
    answer = service.bodies(filled.operator, filled.collection("indicators"), started, now=now)
    assert answer.next is not None
    for query in (ObjectQuery(), started.query, ObjectQuery(types=("malware",)), ObjectQuery(added_after=1 << 60)):
        assert resume(filled, answer.next, query=query) == bodies(3)


def test_a_token_lives_on_in_another_process_with_the_same_key(filled: House) -> None:
    """A restart, or another worker."""
    service = ObjectService(database=filled.exchange.objects.database, cursor_key=filled.exchange.objects.cursor_key)
    assert resume(filled, token(filled), service=service) == bodies(2, 3)


def test_a_token_is_good_for_days_and_not_for_ever(filled: House) -> None:
    """A week after it was given it is refused."""
    asked = token(filled)
    assert resume(filled, asked, now=filled.exchange.now() + cursor.LIFETIME - 60_000_000) == bodies(2, 3)
    with pytest.raises(InvalidInputError):
        resume(filled, asked, now=filled.exchange.now() + cursor.LIFETIME + 60_000_000)


def another_key(house: House) -> dict[str, Any]:
    return {"service": ObjectService(database=house.exchange.objects.database, cursor_key=b"x" * 32)}


def another_reader(house: House) -> dict[str, Any]:
    return {"caller": house.join("ann", Role.ANALYST, clearance=Level.RED)}


def another_clearance(house: House) -> dict[str, Any]:
    return {"caller": replace(house.operator, clearance=Level.GREEN)}


def another_collection(house: House) -> dict[str, Any]:
    return {"collection": house.collection("actors")}


def another_endpoint(_: House) -> dict[str, Any]:
    return {"endpoint": "manifest"}


def another_object(_: House) -> dict[str, Any]:
    return {"endpoint": "object", "object_id": indicator(3)["id"]}


def another_epoch(house: House) -> dict[str, Any]:
    return {"collection": replace(house.collection("indicators"), epoch=1)}


OTHERS = [another_key, another_reader, another_clearance, another_collection, another_endpoint, another_object, another_epoch]


@pytest.mark.parametrize("other", OTHERS)
def test_a_token_is_good_for_nothing_else(filled: House, other: Any) -> None:
    """One key, one reader at one clearance, one collection in one epoch, one endpoint; the refusal does not say which it was."""
    with pytest.raises(InvalidInputError, match="this `next` is not valid"):
        resume(filled, token(filled), **other(filled))


@pytest.mark.parametrize("spoilt", ["", "x", "AAAA", "ä", "\0", "." * 100_000])
def test_what_is_no_token_is_refused(filled: House, spoilt: str) -> None:
    """Whatever it is."""
    with pytest.raises(InvalidInputError):
        resume(filled, spoilt)


def test_a_token_with_any_character_changed_is_refused(filled: House) -> None:
    """Its seal covers all of it."""
    asked = token(filled)
    for position in range(len(asked) - 1):  # of the last character, some bits are padding
        spoilt = asked[:position] + ("A" if asked[position] != "A" else "B") + asked[position + 1 :]
        with pytest.raises(InvalidInputError):
            resume(filled, spoilt)


def test_a_restored_store_ends_its_tokens(filled: House) -> None:
    """The epoch is read with the definition."""
    asked = token(filled)
    with filled.exchange.objects.database.write() as connection:
        connection.execute(sql("UPDATE collection SET epoch = epoch + 1 WHERE alias = 'indicators'"))
    filled.exchange.collections.apply([])  # forgets what it remembers
    with pytest.raises(InvalidInputError):
        resume(filled, asked)


def test_an_object_that_is_not_there_is_not_found(filled: House) -> None:
    """One object is asked for: absent, or never there, is the same; filtered out is an empty page."""
    shelf, service = filled.collection("indicators"), filled.exchange.objects
    asked = Reading(endpoint="object", query=ObjectQuery(ids=("a--1",)), limit=1, object_id="a--1")
    with pytest.raises(NotFoundError):
        service.bodies(filled.operator, shelf, asked, now=1)
    there = indicator(1)["id"]
    asked = replace(asked, query=ObjectQuery(ids=(there,), added_after=1 << 60), object_id=there)
    assert service.bodies(filled.operator, shelf, asked, now=1).page.count == 0


def test_a_deleted_object_is_not_found(filled: House) -> None:
    """Its tombstone is no object."""
    shelf, service, gone = filled.collection("indicators"), filled.exchange.objects, indicator(1)["id"]
    service.delete(filled.operator, shelf, gone, query=ObjectQuery(versions=("all",)), now=1)
    asked = Reading(endpoint="versions", query=ObjectQuery(ids=(gone,), versions=("all",)), limit=1, object_id=gone)
    with pytest.raises(NotFoundError):
        service.manifest(filled.operator, shelf, asked, now=1)
