"""The operator's own look at the whole log: is every entry what it claims to be, and the projections folded from it again."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, false, func, or_, select, update

from tocsin.model import admission
from tocsin.model.stamp import NEVER_TOO_LATE, text_of, version_of
from tocsin.model.stix import Refusal
from tocsin.store.collection import collection
from tocsin.store.object import entry

_PLACES = (entry.c.version, entry.c.added)
_RANKS = (
    select(
        entry.c.collection,
        entry.c.added,
        func.row_number().over(partition_by=(entry.c.collection, entry.c.id), order_by=_PLACES).label("up"),
        func.row_number().over(partition_by=(entry.c.collection, entry.c.id), order_by=[place.desc() for place in _PLACES]).label("down"),
    )
    .where(entry.c.body.is_not(None))
    .subquery()
)
_DROP = update(entry).values(is_first=false(), is_last=false())
_FOLD = (
    update(entry)
    .values(is_first=_RANKS.c.up == 1, is_last=_RANKS.c.down == 1)
    .where(entry.c.collection == _RANKS.c.collection, entry.c.added == _RANKS.c.added)
)
_ENTRIES = select(entry, collection.c.alias, collection.c.last_added).join(collection).order_by(entry.c.collection, entry.c.added)
_WRONG_MARKS = (
    select(entry.c.id, entry.c.added)
    .outerjoin(_RANKS, (entry.c.collection == _RANKS.c.collection) & (entry.c.added == _RANKS.c.added))
    .where(or_(entry.c.is_first != (func.coalesce(_RANKS.c.up, 0) == 1), entry.c.is_last != (func.coalesce(_RANKS.c.down, 0) == 1)))
)
_DELETED = entry.alias("deleted")
_TARGET = (entry.c.collection == _DELETED.c.collection) & (entry.c.deletes == _DELETED.c.added)
_LIVING_DEAD = select(entry.c.id, entry.c.added).join(_DELETED, _TARGET).where(_DELETED.c.body.is_not(None))
_SAME = (entry.c.id == _DELETED.c.id) & (entry.c.version == _DELETED.c.version) & (entry.c.hash == _DELETED.c.hash)
_DANGLING = select(entry.c.id, entry.c.added).where(entry.c.deletes.is_not(None), ~exists().where(_TARGET, _SAME))
_LOST = select(_DELETED.c.id, _DELETED.c.added).where(
    _DELETED.c.body.is_(None), _DELETED.c.deletes.is_(None), ~select(entry).where(_TARGET).exists()
)


def _twice(column: ColumnElement[Any]) -> Select[Any]:
    """Living entries of one id that have the same in this column, by the latest of them."""
    groups = select(entry.c.id, func.max(entry.c.added).label("added")).where(entry.c.body.is_not(None))
    return groups.group_by(entry.c.collection, entry.c.id, column).having(func.count() > 1)


def count_entries(connection: Connection) -> int:
    """Of all logs together, tombstones too."""
    return connection.execute(select(func.count()).select_from(entry)).scalar_one()


def fold(connection: Connection) -> None:
    """Drops every projection of the log and folds the log again."""
    connection.execute(_DROP)
    connection.execute(_FOLD)


def faults(connection: Connection) -> Iterator[str]:
    """Every entry that is not what it should be, a sentence each, oldest first; nothing when the log is whole."""
    for row in connection.execution_options(yield_per=1000).execute(_ENTRIES):
        fault = _fault(row)
        if fault:
            yield f"{row.alias}: {row.id} at {text_of(row.added)}: {fault}"
    yield from _named(connection, _WRONG_MARKS, fault="its mark of first or last version is wrong; run db rebuild")
    yield from _named(connection, _LIVING_DEAD, fault="it deletes an entry whose body is still there")
    yield from _named(connection, _DANGLING, fault="it deletes an entry that is not there")
    yield from _named(connection, _LOST, fault="its body is gone, and nothing deleted it")
    yield from _named(connection, _twice(entry.c.version), fault="another entry has the same id and version")
    yield from _named(connection, _twice(entry.c.hash), fault="another entry has the same id and content")


def _named(connection: Connection, statement: Select[Any], *, fault: str) -> Iterator[str]:
    for row in connection.execute(statement):
        yield f"{row.id} at {text_of(row.added)}: {fault}"


def _fault(row: Row[Any]) -> str | None:
    if row.added > row.last_added:
        return "its stamp is later than the last one of its collection"
    if row.body is None:
        return None
    read = admission.read(bytes(row.body), now=NEVER_TOO_LATE, position=0)
    if isinstance(read, Refusal):
        return f"its body is not admissible: {read}"
    if read.content_hash != bytes(row.hash):
        return "its body is not what was hashed when it was stored"
    if row.deletes is not None:
        return "it deletes another entry, and has a body"
    if (read.id, read.type, read.version or version_of(text_of(row.added))) != (row.id, row.type, row.version):
        return "its id, type or version is not that of its body"
    return None
