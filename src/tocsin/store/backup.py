"""A backup: one SQLite file with every row of the store, whichever database they came from; it goes back into either (ADR 0010).

The file is never used where it lies: what is restored is a copy of it, looked over and brought to this program's schema first.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, Column, Connection, MetaData, String, Table, func, insert, inspect, select, update

from tocsin.errors import ConflictError, InvalidInputError, StoreError
from tocsin.store import alert, check, key, member, migration, object, peer, signing, status, throttle
from tocsin.store.collection import collection, read_clock
from tocsin.store.database import METADATA, Database

Watch = Callable[[int, int], None]  # called with rows done, and rows in all

_DECLARE = (alert, key, member, object, peer, signing, status, throttle)  # loaded, so that METADATA knows every table
_MARK = b"TOCS"  # SQLite's application id in a backup
_BEGINNING = b"SQLite format 3\0"
_MARK_AT = slice(68, 72)  # sqlite.org/fileformat.html
_BATCH = 1_000  # rows
_MINUTE = 60_000_000  # microseconds
_extra = Table("backup", MetaData(), Column("name", String, primary_key=True), Column("value", String, nullable=False))
_LOGS = select(collection.c.id, collection.c.last_added, collection.c.epoch)


def write_backup(source: Database, file: Path, *, secret: str | None, watch: Watch) -> int:
    """Writes a file that only this user can read, whole or not at all, while others write to the store; gives the number of entries.

    Raises:
        ConflictError: the file is there already.
        InvalidInputError: its folder cannot be written to.
        StoreError: a database or its disk fails.
    """
    if file.exists():
        raise ConflictError(f"{file} is there already", hint="give a file that is not")
    with _scratch(file.parent) as folder:
        draft = folder / "backup"
        target = _database(draft)
        migration.upgrade(target)
        _require_all_declared(target)
        with source.snapshot() as connection:
            entries = check.count_entries(connection)
            for table, rows in _batches(connection, watch=watch):
                with target.write() as writer:  # a transaction each: its log stays small, and nobody sees the draft
                    writer.execute(insert(table), rows)
        with target.write() as writer:
            _extra.create(writer)
            if secret is not None:
                writer.execute(insert(_extra), {"name": "secret", "value": secret})
        target.close()
        _finish(draft)
        draft.rename(file)
        _sync(file.parent)
    return entries


@contextmanager
def opened_backup(file: Path, *, scratch: Path) -> Iterator[Database]:
    """A copy of a backup with this program's schema, in a folder that has room for it; gone when the block ends.

    Raises:
        InvalidInputError: the file is no backup, is damaged, or was made by a later program.
    """
    with _scratch(scratch) as folder:
        with file.open("rb") as stream:
            head = stream.read(100)
        if not head.startswith(_BEGINNING) or head[_MARK_AT] != _MARK:
            raise InvalidInputError(f"{file} is no backup of an exchange", hint="give a file that `tocsin db backup` wrote")
        source = _database(Path(shutil.copyfile(file, folder / "backup")))
        try:
            damage = source.fault()
            migration.upgrade(source)
        except StoreError as error:
            raise InvalidInputError(f"{file} cannot be restored: {error.message}", hint="take another backup") from error
        if damage:
            raise InvalidInputError(f"{file} is damaged: {damage.splitlines()[0]}", hint="take another backup")
        yield source
        source.close()


def restore_backup(source: Database, target: Database, *, is_replacing: bool, watch: Watch) -> int:
    """Puts a backup in the place of what the database holds, in one transaction, and starts a new epoch; gives the number of entries.

    Raises:
        ConflictError: the database holds entries, and is not to be replaced.
        StoreError: a database is of another revision, or fails.
    """
    if migration.is_empty(target):
        migration.upgrade(target)
    migration.require_current(target)
    tables = METADATA.sorted_tables
    with source.snapshot() as old, target.write() as new:
        target.keep_writers_out(new, tables)
        if check.count_entries(new) and not is_replacing:
            raise ConflictError("the database holds entries", hint="give --replace to put the backup in their place")
        ended = new.execute(_LOGS).all()
        for table in reversed(tables):
            new.execute(table.delete())
        for table, rows in _batches(old, watch=watch):
            new.execute(insert(table), rows)
        target.go_on_numbering(new, tables)
        _start_epoch(new, ended, now=read_clock(new, target))
        return check.count_entries(new)


def secret_in(source: Database) -> str | None:
    """The root secret, where the backup holds it."""
    with source.read() as connection:
        secret: str | None = connection.execute(select(_extra.c.value).where(_extra.c.name == "secret")).scalar_one_or_none()
        return secret


def _start_epoch(connection: Connection, ended: Any, *, now: int) -> None:
    """Every `next` that was handed out is void, and stamps go on above all that were (ADR 0004).

    The epoch is by the clock, so that a backup restored twice starts two epochs even where the first one was lost.
    """
    logs = connection.execute(_LOGS).all()
    epoch = max([now // _MINUTE, *(log.epoch + 1 for log in (*logs, *ended))])
    last = {log.id: log.last_added for log in ended}
    for log in logs:
        values = {"last_added": max(log.last_added, last.get(log.id, 0), now), "epoch": epoch}
        connection.execute(update(collection).where(collection.c.id == log.id).values(values))


def _require_all_declared(database: Database) -> None:
    """A table whose module this process did not load would be left out, and nobody would notice."""
    with database.read() as connection:
        there = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if there != set(METADATA.tables):
        raise StoreError("the tables of the store are not all known here", hint="report this")


def _batches(connection: Connection, *, watch: Watch) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Every row of every table, those first that others refer to."""
    tables = METADATA.sorted_tables
    total = sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    done = 0
    for table in tables:
        for rows in connection.execution_options(yield_per=_BATCH).execute(select(table)).mappings().partitions():
            yield table, [dict(row) for row in rows]
            done += len(rows)
            watch(done, total)


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    try:
        with TemporaryDirectory(prefix=".backup-", dir=parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise InvalidInputError(f"{error.filename or parent}: {error.strerror}", hint="correct that, and do it again") from error


def _database(file: Path) -> Database:
    return Database(URL.create("sqlite", database=str(file)))


def _finish(file: Path) -> None:
    """One file, marked as a backup, on disk."""
    connection = sqlite.connect(file)
    connection.execute(f"PRAGMA application_id={int.from_bytes(_MARK, 'big')}")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    file.chmod(0o600)
    _sync(file)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
