"""Reading the log: pages of bodies and of manifest entries. Every statement here carries `VISIBLE`; a test enforces it.

The table is the log and its first projection in one: `is_first` and `is_last` say which version of its id an entry is among those
that still have a body, decided at write time so that no page ever has to look for a maximum (ADR 0004).
An entry without a body was deleted; one that `deletes` is the tombstone of another.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Executable,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
)

from tocsin.model.predicate import Predicate
from tocsin.model.query import BodyPage, LogEntry, ManifestEntry, ObjectQuery, Page
from tocsin.model.stamp import text_of, version_of
from tocsin.store.database import METADATA, is_storable, joined
from tocsin.store.member import member, organisation

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

_MAX_BRANCHES = 16  # more types than these are looked up as a list
VISIBLE = and_(entry.c.collection == bindparam("visible_collection", type_=Integer), bindparam("visible", type_=Boolean) == true())
_OF_PEERS = (
    select(entry.c.id, entry.c.added, entry.c.version, entry.c.body, organisation.c.name.label("organisation"))
    .join_from(entry, member, entry.c.member == member.c.number)
    .join(organisation, member.c.organisation == organisation.c.number)
    .where(VISIBLE, entry.c.body.is_not(None))
)
_ENTRIES = _OF_PEERS.where(entry.c.added > bindparam("after")).order_by(entry.c.added).limit(bindparam("limit", type_=Integer))
_ENTRY = _OF_PEERS.where(entry.c.added == bindparam("added"))
_OF_TYPES = _ENTRIES.where(entry.c.type.in_(bindparam("types", expanding=True)))
_OF_IDS = (
    _OF_PEERS.where(entry.c.id.in_(bindparam("ids", expanding=True)), entry.c.added + 0 > bindparam("after"))
    .order_by(entry.c.added + 0)
    .limit(bindparam("limit", type_=Integer))
)
_HOLDS = select(exists().where(VISIBLE, entry.c.id == bindparam("id"), entry.c.body.is_not(None)))


def read_bodies(connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int) -> BodyPage:
    """The bodies of one page, as they arrived, in the order of the log.

    Args:
        after: stamp, exclusive; the query's own `added_after` does not count here.
        limit: at most so many.
    """
    found = _rows(connection, predicate, query, after=after, limit=limit, columns=("added", "body"))
    count, first, last, bodies = found[0] if found else (0, 0, 0, b"")
    if count == 0:
        return BodyPage()
    has_more = count == limit and bool(_rows(connection, predicate, query, after=last, limit=1, columns=("added",)))
    return BodyPage(bodies=bodies, count=count, first=first, last=last, has_more=has_more)


def read_manifest(connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int) -> Page:
    """The same page without bodies."""
    rows = _rows(connection, predicate, query, after=after, limit=limit + 1, columns=("added", "id", "version"))
    items = tuple(ManifestEntry(added=added, id=item, version=version) for added, item, version in rows[:limit])
    if not items:
        return Page()
    return Page(items=items, first=items[0].added, last=items[-1].added, has_more=len(rows) > limit)


def read_entries(connection: Connection, predicate: Predicate, *, after: int, limit: int) -> list[LogEntry]:
    """Every living version in the order of the log, for a peer whose predicate this is."""
    rows = connection.execute(_ENTRIES, {"after": after, "limit": limit, **_values(predicate)})
    return [_log_entry(row) for row in rows]


def read_entry(connection: Connection, predicate: Predicate, *, added: int) -> LogEntry | None:
    """The one of that stamp, if it still has a body."""
    row = connection.execute(_ENTRY, {"added": added, **_values(predicate)}).one_or_none()
    return _log_entry(row) if row else None


def find_entries(connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int) -> list[LogEntry]:
    """Every living version of the ids, else of the types, that the query names, in the order of the log."""
    values = {"after": after, "limit": limit, **_values(predicate)}
    if query.ids is None:
        rows = connection.execute(_OF_TYPES, {"types": query.types or (), **values})
    else:
        rows = connection.execute(_OF_IDS, {"ids": tuple(filter(is_storable, query.ids)), **values})
    return [_log_entry(row) for row in rows]


def _log_entry(row: Any) -> LogEntry:
    is_versioned = row.version != version_of(text_of(row.added))
    version = row.version if is_versioned else None
    return LogEntry(id=row.id, added=row.added, version=version, body=bytes(row.body), organisation=row.organisation)


def holds(connection: Connection, predicate: Predicate, object_id: str) -> bool:
    """Any version of that object is visible."""
    return is_storable(object_id) and bool(connection.execute(_HOLDS, {"id": object_id, **_values(predicate)}).scalar_one())


def _rows(
    connection: Connection, predicate: Predicate, query: ObjectQuery, *, after: int, limit: int, columns: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    """The driver's own tuples: making a thousand richer rows would cost as much as reading them."""
    if not query.is_satisfiable:
        return []
    exact = tuple(version for version in query.versions if version not in ("first", "last", "all"))
    kinds = frozenset(query.versions) - frozenset(exact)
    types = query.types or ()
    branches = len(types) if query.ids is None and len(types) <= _MAX_BRANCHES else 0
    shape = _Shape(columns, kinds, bool(exact), query.ids is not None, bool(types) and not branches, branches)
    values = {"after": after, "limit": limit, "ids": query.ids, "types": types, "exact": exact, **_values(predicate)}
    values |= {f"type_{position}": name for position, name in enumerate(types[:branches])}
    result = connection.execute(_statement(shape), values)  # values that this shape has no place for are ignored
    return result.cursor.fetchall()  # type: ignore[return-value]


class _Shape(NamedTuple):
    """What makes one statement differ from another; the rest is values."""

    columns: tuple[str, ...]  # the first is always `added`
    kinds: frozenset[str]  # of "first", "last", "all"
    has_exact: bool
    has_ids: bool
    has_types: bool  # as a list of values
    branches: int  # types as index ranges of their own


@lru_cache(maxsize=256)
def _statement(shape: _Shape) -> Executable:
    """The statement of one shape of query, in the order of the log; with bodies, one row that holds the whole page."""
    page = _page_statement(shape)
    if "body" not in shape.columns:
        return page
    rows = page.subquery()
    return select(func.count(), func.min(rows.c.added), func.max(rows.c.added), joined(rows.c.body, rows.c.added))


def _page_statement(shape: _Shape) -> Select[Any]:
    """A row an entry.

    Several types are several index ranges, each cut to the page and merged, so that a page costs the same in a log of any length.
    With ids, the few entries of those are sorted; else an index gives the order. `+ 0` keeps planners from mixing that up.
    """
    added = entry.c.added + 0 if shape.has_ids else entry.c.added
    conditions = [VISIBLE, added > bindparam("after"), _version_condition(shape.kinds, shape.has_exact)]
    if shape.has_ids:
        conditions.append(entry.c.id.in_(bindparam("ids", expanding=True)))
    if shape.has_types:
        conditions.append(entry.c.type.in_(bindparam("types", expanding=True)))
    if shape.branches == 1:
        conditions.append(entry.c.type == bindparam("type_0"))
    chosen = select(*(entry.c[name] for name in shape.columns))
    limit = bindparam("limit", type_=Integer)
    if shape.branches < 2:
        return chosen.where(*conditions).order_by(added).limit(limit)
    ranges = [
        select(entry.c.added).where(*conditions, entry.c.type == bindparam(f"type_{position}")).order_by(added).limit(limit)
        for position in range(shape.branches)
    ]
    merged = union_all(*(select(one.subquery()) for one in ranges)).subquery()
    keys = select(merged.c.added).order_by(merged.c.added).limit(limit).subquery()
    return chosen.join(keys, entry.c.added == keys.c.added).where(VISIBLE).order_by(keys.c.added)


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
