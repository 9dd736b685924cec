"""Keys to sign with, and entries with who brought them, on both databases."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.contracts.ground import Ground, now
from tests.support.objects import attack_pattern, domain_name, indicator
from tests.support.postgres import new_database
from tocsin.errors import ForbiddenError
from tocsin.model.collection import Collection
from tocsin.model.member import ANONYMOUS
from tocsin.model.query import LogEntry, ObjectQuery
from tocsin.model.signature import SigningKey
from tocsin.services.maintenance import MaintenanceService, Restore
from tocsin.services.object import ObjectService
from tocsin.services.signing import SigningService
from tocsin.store import migration
from tocsin.store.database import Database
from tocsin.store.signing import signing_key

LATER = "2026-02-01T00:00:00.000Z"


def service(database: Database) -> SigningService:
    objects = ObjectService(database=database, cursor_key=b"k" * 32)
    return SigningService(database=database, objects=objects, secret_key=b"r" * 32, base_url="", principles=())


@pytest.fixture
def signing(empty_url: str) -> Iterator[SigningService]:
    """A store without any key."""
    database = Database(empty_url)
    migration.upgrade(database)
    yield service(database)
    database.close()


def test_the_private_half_is_stored_only_encrypted(signing: SigningService) -> None:
    """Bound to its name."""
    made = signing.current(now=now())
    with signing.database.read() as connection:
        (row,) = connection.execute(select(signing_key))
    assert made.private not in bytes(row.private_key)
    assert bytes(row.public_key) == made.public.public_key
    assert (row.key_id, row.valid_from, row.valid_until) == (made.public.key_id, made.public.valid_from, None)


def test_processes_that_need_the_first_key_at_once_get_the_same(signing: SigningService) -> None:
    """One is made."""
    instant, made, gate = now(), list[SigningKey](), threading.Barrier(8)

    def need() -> None:
        gate.wait()
        made.append(signing.current(now=instant))

    threads = [threading.Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [signing.current(now=instant)] * 8


def test_there_is_one_key_to_sign_with_after_any_number_of_rotations(signing: SigningService) -> None:
    """The others end where the next one begins."""
    start = now()
    made = [signing.rotate(now=start + step * 1_000_000) for step in range(4)]
    keys = signing.public_keys()
    assert [one.key_id for one in keys] == [one.public.key_id for one in made]
    assert [one.valid_until for one in keys] == [one.valid_from for one in keys[1:]] + [None]
    assert signing.current(now=start) == made[-1]


def test_keys_come_back_from_a_backup(signing: SigningService, tmp_path: Path) -> None:
    """Into the other database; what was signed stays proved, and we go on signing."""
    signing.rotate(now=now())
    made = signing.rotate(now=now() + 1_000_000)
    file = tmp_path / "backup"
    MaintenanceService(database=signing.database).backup(file, secret=None, watch=lambda _done, _total: None)
    other = Database(new_database() if signing.database.is_sqlite else f"sqlite:///{tmp_path}/other.db")
    MaintenanceService(database=other).restore(Restore(file=file, scratch=tmp_path), watch=lambda _done, _total: None)
    assert made.private not in file.read_bytes()
    assert service(other).public_keys() == signing.public_keys()
    assert service(other).current(now=now()) == made
    other.close()


# Entries with who brought them


@pytest.fixture
def shelf(ground: Ground) -> Collection:
    """Two versions of one object, others of other types."""
    made = ground.collection()
    ground.add(made, indicator(1), attack_pattern(1))
    ground.add(made, indicator(1, modified=LATER), indicator(2), by="bob")
    ground.add(made, domain_name(1))
    return made


def entries(ground: Ground, shelf: Collection, **query: object) -> list[LogEntry]:
    return list(ground.objects.entries(ground.callers["bob"], shelf, ObjectQuery(**query)))  # type: ignore[arg-type]


@pytest.mark.parametrize("page", [1, 2, 3, 1_000])
def test_entries_are_found_by_id_or_type_in_the_order_of_the_log(
    ground: Ground, shelf: Collection, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Every version of them, on pages of any size."""
    monkeypatch.setattr("tocsin.services.object.PAGE", page)
    stamps = ground.stamps(shelf)
    by_id, by_type = entries(ground, shelf, ids=(indicator(1)["id"], attack_pattern(1)["id"])), entries(ground, shelf, types=("indicator",))
    assert [one.added for one in by_id] == stamps[:3]
    assert [one.added for one in by_type] == [stamps[0], *stamps[2:4]]
    assert [one.added for one in entries(ground, shelf, types=("indicator", "domain-name"))] == [stamps[0], *stamps[2:]]
    assert [one.added for one in entries(ground, shelf, types=("indicator",), added_after=stamps[0])] == stamps[2:4]
    assert {one.organisation for one in by_id} == {"Own"}
    assert [one.version for one in by_type] == ["2026-01-01T00:00:00.000", "2026-02-01T00:00:00.000", "2026-01-01T00:00:00.000"]


def test_what_was_deleted_is_no_entry(ground: Ground, shelf: Collection) -> None:
    """And neither is its tombstone."""
    ground.delete(shelf, indicator(1)["id"], by="admin")
    assert [one.id for one in entries(ground, shelf, types=("indicator",))] == [indicator(2)["id"]]


def test_without_ids_and_types_there_is_nothing_to_find(ground: Ground, shelf: Collection) -> None:
    """Nor by what no id can be, on either database."""
    assert entries(ground, shelf) == entries(ground, shelf, ids=()) == entries(ground, shelf, types=()) == []
    assert entries(ground, shelf, ids=("\0", "\ud800", "x")) == []


def test_entries_are_for_those_who_may_read(ground: Ground, shelf: Collection) -> None:
    """As every page is."""
    with pytest.raises(ForbiddenError):
        list(ground.objects.entries(ANONYMOUS, shelf, ObjectQuery(types=("indicator",))))
