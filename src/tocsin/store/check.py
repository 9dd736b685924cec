"""The operator's own look at the whole log: is every entry what it claims to be, and the projections folded from it again."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, false, func, or_, select, update

from tocsin.model import admission
from tocsin.model.stamp import NEVER_TOO_LATE, text_of
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
_LIVING_DEAD = (
    select(entry.c.id, entry.c.added)
    .join(_DELETED, (entry.c.collection == _DELETED.c.collection) & (entry.c.deletes == _DELETED.c.added))
    .where(_DELETED.c.body.is_not(None))
)


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
    if (read.id, read.type) != (row.id, row.type) or read.version not in (None, row.version):
        return "its id, type or version is not that of its body"
    return None
