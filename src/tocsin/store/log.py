"""Writing the log: what is known of the ids at hand, appending, deleting.

Statements here see every entry, whoever may read it: they serve a writer that holds the collection's lock, and what they find goes
into a verdict, never to a reader.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from tocsin.model.query import ManifestEntry
from tocsin.model.stamp import text_of, version_of
from tocsin.model.stix import StixObject
from tocsin.model.verdict import Known
from tocsin.store.database import is_storable
from tocsin.store.object import entry

_SLICE = 10_000  # objects looked up in one statement: a statement holds some 30,000 values at most

_ALIVE = entry.c.body.is_not(None)
_EVER_KNOWN = select(entry.c.id, entry.c.added, entry.c.version, entry.c.hash, entry.c.is_first, entry.c.is_last).where(
    entry.c.collection == bindparam("of"),
    entry.c.id.in_(bindparam("ids", expanding=True)),
    entry.c.deletes.is_(None),
    or_(
        entry.c.is_first,
        entry.c.is_last,
        entry.c.version.in_(bindparam("versions", expanding=True)),
        entry.c.hash.in_(bindparam("hashes", expanding=True)),
    ),
)
_KNOWN = _EVER_KNOWN.where(_ALIVE)
_INSERT = insert(entry)
_SET_ENDS = (
    update(entry)
    .where(entry.c.collection == bindparam("of"), entry.c.added == bindparam("at"))
    .values(is_first=bindparam("first"), is_last=bindparam("last"))
)
_ERASE = (
    update(entry)
    .where(entry.c.collection == bindparam("of"), entry.c.added == bindparam("at"))
    .values(body=None, is_first=False, is_last=False)
)
_OF_ID = (
    select(entry.c.id, entry.c.added, entry.c.version, entry.c.hash, entry.c.type, entry.c.member)
    .where(entry.c.collection == bindparam("of"), entry.c.id == bindparam("id"), _ALIVE)
    .order_by(entry.c.version, entry.c.added)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One living version of an object, as a deletion sees it."""

    id: str
    added: int
    version: str
    hash: bytes
    type: str
    member: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the log holds of the ids of one envelope."""

    known: Mapping[str, Known]
    ends: Mapping[str, tuple[ManifestEntry, ...]]  # per id: its first and last entry, once if they are the same


def survey(connection: Connection, number: int, objects: Sequence[StixObject], *, has_memory: bool = False) -> Survey:
    """Looks up what admission and `append` need of the objects' ids; the caller holds the collection's lock.

    Args:
        has_memory: what was deleted counts as known too.
    """
    statement = _EVER_KNOWN if has_memory else _KNOWN
    known: dict[str, Known] = {}
    ends: dict[str, dict[int, ManifestEntry]] = {}
    for start in range(0, len(objects), _SLICE):
        for row in connection.execute(statement, _sought(number, objects[start : start + _SLICE])):
            known.setdefault(row.id, Known()).note(row.version, row.hash)
            if row.is_first or row.is_last:  # more than one slice may find it
                ends.setdefault(row.id, {})[row.added] = ManifestEntry(id=row.id, added=row.added, version=row.version)
    return Survey(known=known, ends={object_id: tuple(found.values()) for object_id, found in ends.items()})


def _sought(number: int, objects: Sequence[StixObject]) -> dict[str, object]:
    return {
        "of": number,
        "ids": list({item.id for item in objects}),
        "versions": list({item.version for item in objects if item.version is not None}),
        "hashes": list({item.content_hash for item in objects if item.version is None}),
    }


def append(connection: Connection, number: int, objects: Sequence[StixObject], *, stamps: range, found: Survey, member: int) -> None:
    """Adds one entry an object, in order, and moves the marks of first and last version.

    Args:
        stamps: as many as objects, allocated in this transaction.
        found: the survey made in this transaction.
    """
    added = [ManifestEntry(id=item.id, added=stamp, version=_version(item, stamp)) for item, stamp in zip(objects, stamps, strict=True)]
    first, last = dict[str, ManifestEntry](), dict[str, ManifestEntry]()
    for candidate in (*(end for ends in found.ends.values() for end in ends), *added):
        first[candidate.id] = min(first.get(candidate.id, candidate), candidate, key=_place)
        last[candidate.id] = max(last.get(candidate.id, candidate), candidate, key=_place)
    rows = [
        {
            "collection": number,
            "added": new.added,
            "id": item.id,
            "type": item.type,
            "version": new.version,
            "hash": item.content_hash,
            "body": item.body,
            "deletes": None,
            "member": member,
            "is_first": first[item.id] is new,
            "is_last": last[item.id] is new,
        }
        for item, new in zip(objects, added, strict=True)
    ]
    moved = [
        {"of": number, "at": end.added, "first": first[end.id] is end, "last": last[end.id] is end}
        for item_id in {item.id for item in objects}
        for end in found.ends.get(item_id, ())
    ]
    if moved:
        connection.execute(_SET_ENDS, moved)
    connection.execute(_INSERT, rows)


def list_versions(connection: Connection, number: int, object_id: str) -> list[Version]:
    """The living versions of an object, oldest version first."""
    if not is_storable(object_id):
        return []
    rows = connection.execute(_OF_ID, {"of": number, "id": object_id})
    return [Version(**row) for row in rows.mappings()]


def delete(
    connection: Connection, number: int, versions: Sequence[Version], *, doomed: Sequence[Version], stamps: range, member: int
) -> None:
    """Erases the bodies of `doomed` and adds one tombstone each; `versions` are all living ones of the object, in order."""
    kept = [version for version in versions if version not in doomed]
    connection.execute(_ERASE, [{"of": number, "at": version.added} for version in doomed])
    tombstones = [
        {
            "collection": number,
            "added": stamp,
            "id": version.id,
            "type": version.type,
            "version": version.version,
            "hash": version.hash,
            "body": None,
            "deletes": version.added,
            "member": member,
            "is_first": False,
            "is_last": False,
        }
        for version, stamp in zip(doomed, stamps, strict=True)
    ]
    connection.execute(_INSERT, tombstones)
    moved = [
        {"of": number, "at": version.added, "first": version is kept[0], "last": version is kept[-1]} for version in {*kept[:1], *kept[-1:]}
    ]
    if moved:
        connection.execute(_SET_ENDS, moved)


def _version(item: StixObject, stamp: int) -> str:
    """Of an object without versions, the stamp is one (TAXII 2.1 §3.4: the time it was added)."""
    return version_of(text_of(stamp)) if item.version is None else item.version


def _place(candidate: ManifestEntry) -> tuple[str, int]:
    return candidate.version, candidate.added
