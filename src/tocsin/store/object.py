"""Reading the log: pages of bodies and of manifest entries. Every statement here carries `VISIBLE`; a test enforces it.

The table is the log and its first projection in one: `is_first` and `is_last` say which version of its id an entry is among those
that still have a body, decided at write time so that no page ever has to look for a maximum (HAZARDS, "slow plans").
An entry without a body was deleted; one that `deletes` is the tombstone of another.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    and_,
    bindparam,
    exists,
    or_,
    select,
    true,
    union_all,
)

from tocsin.model.predicate import Predicate
from tocsin.model.query import ManifestEntry, ObjectQuery, Page
from tocsin.store.database import METADATA

_ORDERED = String().with_variant(String(collation="C"), "postgresql")  # text order is byte order on both databases

entry = Table(
    "entry",
    METADATA,
    Column("collection", ForeignKey("collection.number"), primary_key=True),
    Column("added", BigInteger, primary_key=True),  # the stamp; `date_added` in TAXII
    Column("id", _ORDERED, nullable=False),
    Column("type", _ORDERED, nullable=False),
    Column("version", _ORDERED, nullable=False),  # normalised; of an object without versions: its stamp
    Column("hash", LargeBinary, nullable=False),  # of the content; what a deleted entry held stays recognisable
    Column("body", LargeBinary),
    Column("deletes", BigInteger),  # the stamp of the entry whose tombstone this is
    Column("member", ForeignKey("member.number"), nullable=False),  # who posted or deleted it
    Column("is_first", Boolean, nullable=False),
    Column("is_last", Boolean, nullable=False),
)
Index("entry_id", entry.c.collection, entry.c.id)
Index("entry_type", entry.c.collection, entry.c.type, entry.c.added)
Index("entry_version", entry.c.collection, entry.c.version, entry.c.added)
Index("entry_last", entry.c.collection, entry.c.added, sqlite_where=entry.c.is_last, postgresql_where=entry.c.is_last)
Index("entry_last_type", entry.c.collection, entry.c.type, entry.c.added, sqlite_where=entry.c.is_last, postgresql_where=entry.c.is_last)

VISIBLE = and_(entry.c.collection == bindparam("visible_collection", type_=Integer), bindparam("visible", type_=Boolean) == true())
_HOLDS = select(exists().where(VISIBLE, entry.c.id == bindparam("id"), entry.c.body.is_not(None)))


def read_bodies(connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int) -> Page[bytes]:
    """The bodies of one page, as they arrived, in the order of the log.

    Args:
        after: stamp, exclusive; the query's own `added_after` does not count here.
        limit: at most so many.
    """
    rows = _rows(connection, predicate, query, after=after, limit=limit, columns=("added", "body"))
    return _page([row.body for row in rows[:limit]], rows, limit=limit)


def read_manifest(connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int) -> Page[ManifestEntry]:
    """The same page without bodies."""
    rows = _rows(connection, predicate, query, after=after, limit=limit, columns=("added", "id", "version"))
    return _page([ManifestEntry(id=row.id, added=row.added, version=row.version) for row in rows[:limit]], rows, limit=limit)


def holds(connection: Connection, predicate: Predicate, object_id: str) -> bool:
    """Any version of that object is visible."""
    return bool(connection.execute(_HOLDS, {"id": object_id, **_values(predicate)}).scalar_one())


def _rows(
    connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int, columns: tuple[str, ...]
) -> list[Row[Any]]:
    if not query.is_satisfiable:
        return []
    exact = tuple(version for version in query.versions if version not in ("first", "last", "all"))
    kinds = frozenset(query.versions) - frozenset(exact)
    types = query.types or ()
    statement = _statement(columns, kinds, has_ids=query.ids is not None, types=len(types), has_exact=bool(exact))
    values = {"after": after, "limit": limit + 1, "ids": query.ids, "exact": exact, **_values(predicate)}
    values |= {f"type_{position}": name for position, name in enumerate(types)}
    return list(connection.execute(statement, values))  # values that this shape has no place for are ignored


@lru_cache(maxsize=256)
def _statement(columns: tuple[str, ...], kinds: frozenset[str], *, has_ids: bool, types: int, has_exact: bool) -> Select[Any]:
    """The statement of one shape of query. Several types are several index ranges, each cut to the page, then merged."""
    # With ids the few entries of those are sorted; else an index gives the order. `+ 0` keeps planners from mixing that up.
    added = entry.c.added + 0 if has_ids else entry.c.added
    conditions = [VISIBLE, added > bindparam("after"), _version_condition(kinds, has_exact)]
    if has_ids:
        conditions.append(entry.c.id.in_(bindparam("ids", expanding=True)))
    chosen = [entry.c[name] for name in columns]
    limit = bindparam("limit", type_=Integer)
    if types == 0:
        return select(*chosen).where(*conditions).order_by(added).limit(limit)
    branches = [
        select(*chosen).where(*conditions, entry.c.type == bindparam(f"type_{position}")).order_by(added).limit(limit)
        for position in range(types)
    ]
    if types == 1:
        return branches[0]
    merged = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    return select(merged).order_by(merged.c.added).limit(limit)


def _version_condition(kinds: frozenset[str], has_exact: bool) -> ColumnElement[bool]:
    alive = entry.c.body.is_not(None)
    if "all" in kinds:
        return alive
    options: list[ColumnElement[bool]] = [entry.c[f"is_{kind}"] == true() for kind in sorted(kinds)]
    if has_exact:
        options.append(and_(alive, entry.c.version.in_(bindparam("exact", expanding=True))))
    return or_(*options)


def _values(predicate: Predicate) -> dict[str, object]:
    return {"visible_collection": predicate.collection, "visible": predicate.is_readable}


def _page(items: list[Any], rows: list[Row[Any]], *, limit: int) -> Page[Any]:
    if not rows:
        return Page(items=())
    return Page(items=tuple(items), first=rows[0].added, last=rows[:limit][-1].added, has_more=len(rows) > limit)
