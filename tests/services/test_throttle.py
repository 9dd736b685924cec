"""The pace of callers: shared by the processes of an exchange, free of statements far below the limit (ADR 0009)."""

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import event, text

from tests.services.conftest import House
from tocsin.errors import BusyError, TooManyRequestsError
from tocsin.model.member import ANONYMOUS, Caller
from tocsin.services import throttle
from tocsin.services.throttle import ThrottleService


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The service's clock, which goes when a test says so; the store's goes by itself."""
    hands = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(throttle, "time", SimpleNamespace(monotonic=lambda: hands.now))
    return hands


@pytest.fixture
def ann(house: House) -> Caller:
    return house.join("ann")


def process(house: House, *, per_second: int = 50, anonymous: int = 20) -> ThrottleService:
    """One server process."""
    return ThrottleService(database=house.exchange.members.database, per_second=per_second, anonymous_per_second=anonymous)


def passes(service: ThrottleService, caller: Caller, *, address: str = "192.0.2.1") -> bool:
    try:
        service.require_pace(caller, address=address)
    except TooManyRequestsError as error:
        assert error.retry_after_seconds == 1
        return False
    return True


@pytest.fixture
def statements(house: House) -> Iterator[list[str]]:
    """Everything that is asked of the store."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    database = house.exchange.members.database
    for engine in (database.engine, database._reader):
        event.listen(engine, "before_cursor_execute", note)
    yield seen


def test_a_member_far_below_its_limit_costs_no_statement(house: House, ann: Caller, clock: SimpleNamespace, statements: list[str]) -> None:
    """An hour of polls, two a second, of fifty."""
    service = process(house)
    for _ in range(7_200):
        clock.now += 0.5
        assert passes(service, ann)
    assert statements == []


def test_a_member_near_its_limit_costs_a_few_statements_a_second(
    house: House, ann: Caller, clock: SimpleNamespace, statements: list[str]
) -> None:
    """Slices are what makes that few."""
    service = process(house, per_second=1_000_000)
    assert all(passes(service, ann) for _ in range(400_000))
    assert 0 < sum("UPDATE member" in each for each in statements) <= 3


def test_processes_share_the_limit_of_a_member(house: House, ann: Caller, clock: SimpleNamespace) -> None:
    """Four processes asked at once let pass a burst, two seconds' worth, and what each may without asking: ten."""
    processes = [process(house) for _ in range(4)]
    passed = sum(passes(each, ann) for _ in range(200) for each in processes)
    assert 100 + 4 * 10 <= passed <= 100 + 4 * 10 + 50  # the store's own clock goes on while this runs


def test_every_process_finds_something_left(house: House, ann: Caller, clock: SimpleNamespace) -> None:
    """The first ones do not take it all: eight processes that are asked fifteen times each let every one pass."""
    assert all(passes(each, ann) for each in [process(house) for _ in range(8)] for _ in range(15))


def test_one_member_does_not_slow_another(house: House, ann: Caller, clock: SimpleNamespace) -> None:
    service, bob = process(house), house.join("bob")
    while passes(service, ann):
        pass
    assert passes(service, bob)


def test_no_limit_is_no_limit(house: House, ann: Caller, clock: SimpleNamespace, statements: list[str]) -> None:
    service = process(house, per_second=0, anonymous=0)
    assert all(passes(service, caller) for caller in (ann, ANONYMOUS) for _ in range(1_000))
    assert statements == []


def test_the_public_is_limited_by_address(house: House, clock: SimpleNamespace, statements: list[str]) -> None:
    """Twice the rate at once, then the rate; it makes the store write nothing."""
    service = process(house)
    assert sum(passes(service, ANONYMOUS) for _ in range(100)) == 40
    assert passes(service, ANONYMOUS, address="192.0.2.2")
    clock.now += 1
    assert sum(passes(service, ANONYMOUS) for _ in range(100)) == 20
    assert statements == []


def test_addresses_do_not_fill_the_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_REMEMBERED_AT_MOST", 3)
    service = process(house)
    for number in range(10):
        passes(service, ANONYMOUS, address=f"192.0.2.{number}")
    assert len(service._public) <= 3


def test_while_another_writes_nobody_waits_long_and_the_limit_holds_in_each_process(
    house: House, ann: Caller, clock: SimpleNamespace
) -> None:
    """One reader, for a twentieth of a second, once a second."""
    service, began = process(house), time.monotonic()
    with house.exchange.members.database.write():
        assert sum(passes(service, ann) for _ in range(500)) == 10 + 100
        assert time.monotonic() - began < 1
        with pytest.raises(BusyError), service.database.write(is_patient=False):
            pass


def test_a_store_that_is_broken_stops_no_reader(house: House, ann: Caller, clock: SimpleNamespace) -> None:
    """And when it is whole again, the processes share again."""
    service = process(house)
    with service.database.write() as connection:
        connection.execute(text("ALTER TABLE member RENAME COLUMN spent_until TO gone"))
    assert sum(passes(service, ann) for _ in range(500)) == 10 + 100
    with service.database.write() as connection:
        connection.execute(text("ALTER TABLE member RENAME COLUMN gone TO spent_until"))
    clock.now += throttle.ALONE
    assert passes(service, ann)
    assert all(passes(service, ann) for _ in range(20))
    assert not service._purses[ann.number].is_alone


def test_threads_of_one_process_share_its_slices(house: House, ann: Caller) -> None:
    """Each request counts once: eight threads together get what one would."""
    service, passed = process(house, per_second=20), []

    def ask() -> None:
        passed.extend(passes(service, ann) for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 400
    assert 44 <= sum(passed) <= 44 + 3 * 20  # what came back while it ran
