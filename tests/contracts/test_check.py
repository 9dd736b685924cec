"""The operator's look at the whole log: it finds every kind of damage, finds none where there is none, and folds marks again."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import text

from tests.contracts.ground import Ground
from tests.contracts.naive import OPERATIONS, played
from tests.support.objects import attack_pattern, domain_name, indicator
from tocsin.model.collection import Collection
from tocsin.services.maintenance import MaintenanceService

ID = indicator(1)["id"]
SET = f"WHERE collection = :of AND id = '{ID}'"
UNMARKED = "is_first = false, is_last = false"
OTHER_BODY = "its body is not what was hashed when it was stored"
OTHER_FACTS = "its id, type or version is not that of its body"
WRONG_MARK = "its mark of first or last version is wrong; run db rebuild"
DAMAGE = [  # what somebody did to the one entry of an indicator, and what is found
    (f"UPDATE entry SET body = :other {SET}", OTHER_BODY),
    (f"UPDATE entry SET hash = :other {SET}", OTHER_BODY),
    (f"UPDATE entry SET body = :broken {SET}", "its body is not admissible: "),
    (f"UPDATE entry SET id = 'indicator--x' {SET}", OTHER_FACTS),
    (f"UPDATE entry SET type = 'malware' {SET}", OTHER_FACTS),
    (f"UPDATE entry SET version = '2027-01-01T00:00:00.000' {SET}", OTHER_FACTS),
    (f"UPDATE entry SET is_first = false {SET}", WRONG_MARK),
    (f"UPDATE entry SET is_last = false {SET}", WRONG_MARK),
    (f"UPDATE entry SET body = NULL, {UNMARKED} {SET}", "its body is gone, and nothing deleted it"),
    (f"UPDATE entry SET body = NULL, {UNMARKED}, deletes = 7 {SET}", "it deletes an entry that is not there"),
    (f"UPDATE entry SET added = added + 10000000 {SET}", "its stamp is later than the last one of its collection"),
]
TRACES = [  # what somebody did after a deletion
    (
        f"UPDATE entry SET body = :same, is_first = true, is_last = true {SET} AND deletes IS NULL",
        "it deletes an entry whose body is still there",
    ),
    (f"DELETE FROM entry {SET} AND deletes IS NOT NULL", "its body is gone, and nothing deleted it"),
    (f"DELETE FROM entry {SET} AND deletes IS NULL", "it deletes an entry that is not there"),
    (f"UPDATE entry SET hash = :other {SET} AND deletes IS NULL", "it deletes an entry that is not there"),
    (f"UPDATE entry SET is_last = true {SET} AND deletes IS NOT NULL", WRONG_MARK),
    (
        f"UPDATE entry SET body = :same, is_first = true, is_last = true {SET} AND deletes IS NOT NULL",
        "it deletes another entry, and has a body",
    ),
]


@pytest.fixture
def shelf(ground: Ground) -> Iterator[Collection]:
    """A collection with an indicator and two other objects; what is broken in it goes away again."""
    made = ground.collection()
    ground.add(made, attack_pattern(1), domain_name(1), indicator(1))
    yield made
    ground.damage(made, "DELETE FROM entry WHERE collection = :of")


def faults(ground: Ground) -> list[str]:
    return MaintenanceService(database=ground.database).faults()


def dump(ground: Ground) -> list[dict[str, Any]]:
    """Every row of the log and of where each log stands."""
    with ground.database.read() as connection:
        entries = connection.execute(text("SELECT * FROM entry ORDER BY collection, added")).mappings().all()
        collections = connection.execute(text("SELECT * FROM collection ORDER BY number")).mappings().all()
    return [dict(row) for row in (*entries, *collections)]


def damage(ground: Ground, shelf: Collection, statement: str) -> None:
    """Runs the statement with what it may need."""
    same = next((row["body"] for row in ground.rows(shelf) if row["id"] == ID and row["body"]), b"")
    values = {"same": same, "other": same.replace(b"number 1", b"number 2") or b"other", "broken": b"{"}
    ground.damage(shelf, statement, **{name: value for name, value in values.items() if f":{name}" in statement})


@settings(max_examples=25)
@given(operations=OPERATIONS)
def test_a_log_that_the_program_wrote_is_whole(ground: Ground, operations: list[Any]) -> None:
    """After any operations there is nothing to find."""
    played(ground, operations)
    assert faults(ground) == []


@pytest.mark.parametrize(("statement", "found"), DAMAGE)
def test_damage_to_an_entry_is_found(ground: Ground, shelf: Collection, statement: str, found: str) -> None:
    """One sentence, with the object and what is wrong with it."""
    damage(ground, shelf, statement)
    told = faults(ground)
    assert len(told) == 1, told
    assert f": {found}" in told[0]
    assert "indicator--" in told[0]


@pytest.mark.parametrize(("statement", "found"), TRACES)
def test_damage_to_the_traces_of_a_deletion_is_found(ground: Ground, shelf: Collection, statement: str, found: str) -> None:
    """A deleted entry and its tombstone belong together."""
    body = next(row["body"] for row in ground.rows(shelf) if row["id"] == ID)
    ground.delete(shelf, ID)
    ground.damage(shelf, statement, **({"same": body} if ":same" in statement else {"other": b"x"} if ":other" in statement else {}))
    told = faults(ground)
    assert [fault.rpartition(": ")[2] for fault in told] == [found]


def test_a_clock_set_back_is_found(ground: Ground, shelf: Collection) -> None:
    """Stamps would be given out twice."""
    ground.put_clock(shelf, 1_000)
    assert len(faults(ground)) == 3
    assert all(shelf.alias in fault and "its stamp is later than the last one" in fault for fault in faults(ground))


def test_an_entry_that_is_there_twice_is_found(ground: Ground, shelf: Collection) -> None:
    """One version, and one content, has one living entry."""
    names = ["collection", "id", "type", "version", "hash", "body", "deletes", "member"]
    columns = ", ".join(names)
    ground.damage(
        shelf,
        f"INSERT INTO entry ({columns}, added, is_first, is_last) SELECT {columns}, added - 1000, true, false FROM entry "
        f"WHERE collection = :of AND id = '{ID}'",
    )
    ground.damage(shelf, f"UPDATE entry SET is_first = false {SET} AND is_last")
    told = [fault.rpartition(": ")[2] for fault in faults(ground)]
    assert told == ["another entry has the same id and version", "another entry has the same id and content"]


def test_an_observable_under_another_version_than_its_stamp_is_found(ground: Ground, shelf: Collection) -> None:
    """Its version is when it was added, and nothing else."""
    statement = "UPDATE entry SET version = '2027-01-01T00:00:00.000' WHERE collection = :of AND type = 'domain-name'"
    ground.damage(shelf, statement)
    assert [fault.rpartition(": ")[2] for fault in faults(ground)] == [OTHER_FACTS]


@settings(max_examples=25)
@given(operations=OPERATIONS)
def test_rebuilding_gives_the_same_rows(ground: Ground, operations: list[Any]) -> None:
    """Also when every mark was wrong before: the log says it all."""
    played(ground, operations)
    before = dump(ground)
    for spoil in ("UPDATE entry SET is_last = is_last", "UPDATE entry SET is_first = NOT is_first, is_last = NOT is_last"):
        with ground.database.write() as connection:
            connection.execute(text(spoil))
        MaintenanceService(database=ground.database).rebuild()
        assert dump(ground) == before


def test_checking_does_not_stop_writers(ground: Ground, shelf: Collection) -> None:
    """It reads in a snapshot, and what comes meanwhile is neither waited for nor looked at."""
    with ground.database.snapshot() as connection:
        connection.execute(text("SELECT count(*) FROM entry")).scalar_one()
        ground.add(shelf, indicator(2))
    assert faults(ground) == []
