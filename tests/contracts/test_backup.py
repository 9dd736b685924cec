"""Backup and restore: everything comes back, into either database, in a new epoch, or nothing changes (ADR 0010)."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import inspect, select, text, update

from tests.contracts.ground import EVERYTHING, Ground, now
from tests.contracts.naive import OPERATIONS, played
from tests.support.objects import indicator
from tests.support.postgres import new_database
from tocsin.errors import BusyError, ConflictError, InvalidInputError, StoreError
from tocsin.model.collection import Collection
from tocsin.services.maintenance import MaintenanceService, Restore
from tocsin.store import migration
from tocsin.store.collection import collection, list_collections, lock_collection
from tocsin.store.database import METADATA, Database

HOUR = 3_600_000_000


def watch(_done: int, _total: int) -> None:
    """Nobody looks."""


def back_up(ground: Ground, file: Path, *, secret: str | None = None) -> Path:
    MaintenanceService(database=ground.database).backup(file, secret=secret, watch=watch)
    return file


def restore(database: Database, file: Path, *, scratch: Path, **wishes: bool) -> Any:
    return MaintenanceService(database=database).restore(Restore(file=file, scratch=scratch, **wishes), watch=watch)


def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, but where the logs stand."""
    with database.read() as connection:
        rows = {
            table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in METADATA.sorted_tables
        }
    for row in rows["collection"]:
        del row["last_added"], row["epoch"]
    return rows


def again(ground: Ground, shelf: Collection) -> Collection:
    """The collection as the store defines it now."""
    with ground.database.read() as connection:
        return next(one for one in list_collections(connection) if one.id == shelf.id)


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind, to restore into."""
    database = Database(new_database() if request.param == "postgresql" else f"sqlite:///{tmp_path}/other.db")
    yield database
    database.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "exchange.backup"


@pytest.fixture
def own(empty_url: str) -> Iterator[Ground]:
    """A store that one test may replace, with two collections that hold something."""
    made = Ground.make(empty_url)
    for number in (1, 2):
        made.add(made.collection(f"shelf-{number}"), indicator(number), indicator(10 + number))
    yield made
    made.database.close()


@pytest.fixture
def shelf(own: Ground) -> Collection:
    with own.database.read() as connection:
        return next(one for one in list_collections(connection) if one.alias == "shelf-1")


def test_a_backup_restored_into_either_database_is_the_same_store(own: Ground, shelf: Collection, other: Database, file: Path) -> None:
    """Every row, from SQLite or PostgreSQL into SQLite or PostgreSQL, deleted objects and statuses too."""
    own.delete(shelf, indicator(1)["id"])
    told = restore(other, back_up(own, file), scratch=file.parent)
    assert (told.entries, told.secret, told.faults) == (5, None, ())
    assert content(other) == content(own.database)
    assert MaintenanceService(database=other).faults() == []


def test_a_restored_store_takes_new_rows(own: Ground, other: Database, file: Path) -> None:
    """Numbers go on above those that came with the backup."""
    restore(other, back_up(own, file), scratch=file.parent)
    restored = replace(own, database=other)
    restored.add(restored.collection("new"), indicator(3))
    assert [one.number for one in list_all(other)] == [1, 2, 3]


def list_all(database: Database) -> list[Collection]:
    with database.read() as connection:
        return sorted(list_collections(connection), key=lambda one: one.number)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_whatever_was_done_to_a_log_comes_back(ground: Ground, tmp_path_factory: pytest.TempPathFactory, operations: list[Any]) -> None:
    """Adding, repeating and deleting in any order."""
    played(ground, operations)
    folder = tmp_path_factory.mktemp("backup")
    other = Database(f"sqlite:///{folder}/other.db")
    restore(other, back_up(ground, folder / "file"), scratch=folder)
    assert content(other) == content(ground.database)
    other.close()


def test_a_backup_is_of_one_moment_while_others_write(own: Ground, shelf: Collection, file: Path) -> None:
    """What is written meanwhile is in it whole or not at all, and no writer waits for its end."""
    written = threading.Event()

    def write(_done: int, _total: int) -> None:
        if not written.is_set():
            own.add(shelf, *(indicator(100 + number) for number in range(50)))
            written.set()

    entries = MaintenanceService(database=own.database).backup(file, secret=None, watch=write)
    assert written.is_set()
    assert (entries, len(own.rows(shelf))) == (4, 52)


# The file


def test_only_its_owner_can_read_a_backup(own: Ground, file: Path) -> None:
    """And nothing else is left beside it."""
    back_up(own, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir() if path.name.startswith((".", file.name))] == [file.name]


def test_the_secret_is_in_a_backup_only_when_it_was_asked_for(own: Ground, other: Database, file: Path) -> None:
    secret = "5ec3e7" * 12
    bare = back_up(own, file)
    full = back_up(own, file.with_suffix(".full"), secret=secret)
    assert (secret.encode() in bare.read_bytes(), secret.encode() in full.read_bytes()) == (False, True)
    with pytest.raises(InvalidInputError, match="holds no secret"):
        restore(other, bare, scratch=file.parent, needs_secret=True)
    assert restore(other, full, scratch=file.parent, needs_secret=True).secret == secret


def test_a_backup_overwrites_nothing(own: Ground, file: Path) -> None:
    """The database itself might stand there."""
    file.write_text("precious")
    with pytest.raises(ConflictError, match="is there already"):
        back_up(own, file)
    assert file.read_text() == "precious"


def test_a_backup_that_fails_leaves_no_file(own: Ground, file: Path) -> None:
    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        MaintenanceService(database=own.database).backup(file, secret=None, watch=fail)
    assert list(file.parent.glob(f"*{file.name}*")) + list(file.parent.glob(".*")) == []


def test_a_table_that_a_process_does_not_know_stops_the_backup(own: Ground, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out in silence, it would be missed when it is too late."""
    known = METADATA.tables
    monkeypatch.setattr(METADATA, "tables", {name: table for name, table in known.items() if name != "status"})
    with pytest.raises(StoreError, match="not all known"):
        back_up(own, file)
    assert not file.exists()


# What stands in the way


def test_a_database_that_holds_entries_is_replaced_only_when_told(own: Ground, shelf: Collection, file: Path) -> None:
    back_up(own, file)
    own.add(shelf, indicator(50))
    before = content(own.database)
    with pytest.raises(ConflictError, match="--replace"):
        restore(own.database, file, scratch=file.parent)
    assert content(own.database) == before
    assert restore(own.database, file, scratch=file.parent, is_replacing=True).entries == 4
    assert len(own.rows(shelf)) == 2


def flip(file: Path) -> None:
    """One letter of one body."""
    file.write_bytes(file.read_bytes().replace(b"n11.example.org", b"n11.exbmple.org"))


def change(file: Path, *statements: str) -> None:
    """Behind the back of the program, with nothing left beside the file."""
    with closing(sqlite.connect(file, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=DELETE", *statements):
            connection.execute(statement)


def foreign(file: Path) -> None:
    file.unlink()
    change(file, "CREATE TABLE alembic_version (version_num)")


BROKEN = {
    "cut": (lambda file: file.write_bytes(file.read_bytes()[:-5_000]), "is damaged|cannot be restored"),
    "cut to its first bytes": (lambda file: file.write_bytes(file.read_bytes()[:90]), "cannot be restored"),
    "empty": (lambda file: file.write_bytes(b""), "is no backup of an exchange"),
    "text": (lambda file: file.write_text("backup"), "is no backup of an exchange"),
    "another database": (foreign, "is no backup of an exchange"),
    "of a later program": (
        lambda file: change(file, "UPDATE alembic_version SET version_num = '9999'"),
        "a revision that this program does not know",
    ),
    "a changed letter": (flip, "its body is not what was hashed"),
    "overwritten": (
        lambda file: file.write_bytes(file.read_bytes()[:200] + b"\xff" * 9_000 + file.read_bytes()[9_200:]),
        "restored|damaged",
    ),
    "missing": (lambda file: file.unlink(), "No such file"),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_broken_or_foreign_file_changes_nothing(own: Ground, file: Path, damage: str) -> None:
    """One clear line, and both the store and the folder are as they were."""
    broken, found = BROKEN[damage]
    broken(back_up(own, file))
    before = content(own.database)
    with pytest.raises(InvalidInputError, match=found) as raised:
        restore(own.database, file, scratch=file.parent, is_replacing=True)
    assert "\n" not in str(raised.value)
    assert content(own.database) == before
    assert not list(file.parent.glob(".*"))


def test_a_damaged_backup_is_taken_when_there_is_no_other(own: Ground, file: Path) -> None:
    """With what is wrong in it, entry by entry."""
    flip(back_up(own, file))
    told = restore(own.database, file, scratch=file.parent, is_replacing=True, takes_damaged=True)
    assert (told.entries, [fault.rpartition(": ")[2] for fault in told.faults]) == (
        4,
        ["its body is not what was hashed when it was stored"],
    )


def test_a_backup_of_an_earlier_program_is_brought_to_the_schema_of_this_one(other: Database, file: Path) -> None:
    """The copy is; the file stays as it is."""
    early, config = Database(f"sqlite:///{file}"), migration._config()
    with early.write() as connection:
        config.attributes["connection"] = connection
        migration.command.upgrade(config, "0001")
    early.close()
    extra = "CREATE TABLE backup (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)"
    mark = f"PRAGMA application_id={int.from_bytes(b'TOCS', 'big')}"
    change(file, extra, mark, "INSERT INTO organisation VALUES (1, 'Own', '', 'identity--1', 1)")
    before = file.read_bytes()
    restore(other, file, scratch=file.parent)
    assert [row["name"] for row in content(other)["organisation"]] == ["Own"]
    assert file.read_bytes() == before


def test_a_database_of_another_revision_is_not_restored_into(own: Ground, file: Path) -> None:
    """`db upgrade` comes first: who does not know that the schema is old does not know what is given up."""
    back_up(own, file)
    with own.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(StoreError, match="tocsin db upgrade"):
        restore(own.database, file, scratch=file.parent, is_replacing=True)


# The new epoch


def test_a_next_from_before_a_restore_is_void(own: Ground, shelf: Collection, file: Path) -> None:
    """A reader that stood in the lost log starts again with added_after."""
    back_up(own, file)
    token = own.ask(shelf, EVERYTHING, limit=1).next
    own.ask(shelf, EVERYTHING, limit=1, token=token)
    restore(own.database, file, scratch=file.parent, is_replacing=True)
    with pytest.raises(InvalidInputError, match="not valid"):
        own.ask(again(own, shelf), EVERYTHING, limit=1, token=token)


def test_stamps_go_on_above_all_that_were_given_out(own: Ground, shelf: Collection, file: Path) -> None:
    """A reader that polls by stamp misses nothing, although the log that it read is gone."""
    back_up(own, file)
    ahead = (now() + HOUR) // 1_000 * 1_000
    own.put_clock(shelf, ahead)
    own.add(shelf, indicator(50))
    lost = own.last_added(shelf)
    restore(own.database, file, scratch=file.parent, is_replacing=True)
    own.add(again(own, shelf), indicator(51))
    assert own.last_added(shelf) == own.stamps(shelf)[-1] > lost > ahead


def test_stamps_go_on_above_the_clock_where_the_old_log_is_lost(own: Ground, shelf: Collection, other: Database, file: Path) -> None:
    """What was given out since the backup is not known, but that it was not later than now is."""
    back_up(own, file)
    before = now()
    restore(other, file, scratch=file.parent)
    restored = replace(own, database=other)
    assert restored.last_added(shelf) >= before - 1_000_000
    assert MaintenanceService(database=other).faults() == []


def test_a_restore_keeps_stamps_that_are_ahead_of_the_clock(own: Ground, shelf: Collection, other: Database, file: Path) -> None:
    own.put_clock(shelf, now() + HOUR)
    ahead = own.last_added(shelf)
    restore(other, back_up(own, file), scratch=file.parent)
    assert replace(own, database=other).last_added(shelf) == ahead


def test_every_restore_starts_an_epoch_of_its_own(own: Ground, file: Path) -> None:
    """In all collections, above those of the backup and of the database that it replaces."""
    back_up(own, file)
    with own.database.write() as connection:
        connection.execute(update(collection).where(collection.c.alias == "shelf-2").values(epoch=2_000_000_000))
    epochs = []
    for _ in range(2):
        restore(own.database, file, scratch=file.parent, is_replacing=True)
        epochs.append({one.epoch for one in list_all(own.database)})
    assert epochs == [{2_000_000_001}, {2_000_000_002}]


def test_a_backup_restored_twice_into_empty_databases_starts_two_epochs(own: Ground, file: Path) -> None:
    """The first one may have been lost with all that it gave out; the epoch is by the clock."""
    back_up(own, file)
    restore(own.database, file, scratch=file.parent, is_replacing=True)
    assert {one.epoch for one in list_all(own.database)} == {now() // 60_000_000}


def test_a_writer_that_read_the_definition_before_a_restore_is_sent_away(own: Ground, shelf: Collection, file: Path) -> None:
    """The number of its collection may be another one's now; asked again, it reads the definition anew."""
    restore(own.database, back_up(own, file), scratch=file.parent, is_replacing=True)
    with pytest.raises(BusyError, match="restored"):
        own.add(shelf, indicator(50))
    own.add(again(own, shelf), indicator(50))


def test_a_writer_that_waits_for_the_end_of_a_restore_is_sent_away(own: Ground, shelf: Collection, file: Path) -> None:
    """Nothing is written between the old log and the new one."""
    back_up(own, file)
    outcome: list[Exception] = []

    def write() -> None:
        try:
            own.add(shelf, indicator(50))
        except BusyError as error:
            outcome.append(error)

    writer = threading.Thread(target=write)
    service = MaintenanceService(database=Database(own.database.url))
    service.restore(Restore(file=file, scratch=file.parent, is_replacing=True), watch=lambda *_: None if writer.ident else writer.start())
    writer.join()
    service.close()
    assert len(outcome) == 1
    assert [row["id"] for row in own.rows(shelf)] == [indicator(1)["id"], indicator(11)["id"]]


def test_a_restore_waits_for_a_writer_under_way(own: Ground, shelf: Collection, file: Path) -> None:
    """What that one adds belongs to the log that is given up; nothing of it stays."""
    back_up(own, file)
    names = "collection, type, version, hash, body, deletes, member, is_first, is_last"
    other, told = Database(own.database.url), list[Any]()
    wish = Restore(file=file, scratch=file.parent, is_replacing=True)
    restorer = threading.Thread(target=lambda: told.append(MaintenanceService(database=other).restore(wish, watch=watch)))
    with own.database.write() as connection:
        lock_collection(connection, shelf)
        connection.execute(
            text(f"INSERT INTO entry (id, added, {names}) SELECT 'late', added + 1, {names} FROM entry WHERE added % 1000 = 0")
        )
        restorer.start()
        time.sleep(0.5)
        assert told == []
    restorer.join()
    other.close()
    assert [one.entries for one in told] == [4]
    assert [row["id"] for row in own.rows(shelf)] == [indicator(1)["id"], indicator(11)["id"]]


def test_the_tables_of_a_backup_are_those_of_the_store_and_one_more(own: Ground, file: Path) -> None:
    """Anybody can read it with any SQLite."""
    copy = Database(f"sqlite:///{back_up(own, file)}")
    with copy.read() as connection:
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version", "backup"}
    copy.close()
