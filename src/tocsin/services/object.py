"""Reading, adding and deleting STIX objects in a collection: one transaction a call, every entry through a gate (ADR 0004).

Nothing is judged under a lock, nothing is acknowledged before it is durable, and one bad object never stops the others.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from tocsin.errors import ForbiddenError, NotFoundError
from tocsin.model import admission, cursor
from tocsin.model.collection import Collection
from tocsin.model.cursor import Cursor, Place
from tocsin.model.member import Caller
from tocsin.model.query import Answer, AnyPage, BodyPage, LogEntry, ObjectQuery, Page
from tocsin.model.stamp import text_of, version_of
from tocsin.model.status import ALREADY_HERE, TRY_AGAIN, ObjectResult, Status
from tocsin.model.stix import Refusal, StixObject
from tocsin.model.verdict import Accepted, Duplicate, Known, Verdict
from tocsin.services import access
from tocsin.store import log, object, status
from tocsin.store.collection import allocate_stamps, lock_collection
from tocsin.store.database import Connection, Database

PAGE = 1_000  # entries with their provenance that are read at once
JUDGING_SECONDS = 20.0  # for one envelope, which a thousand ordinary objects need a thousandth of
_TOO_SLOW = Refusal(
    id="", version=None, path="$", reason="the objects before it took too long to judge", hint="send fewer at once", is_passing=True
)


Fate = tuple[StixObject | Refusal, Verdict]  # an object as it was judged, and what became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader asks for: a fresh query, or the next page of an earlier one."""

    endpoint: str  # "objects", "manifest", "object" or "versions"
    query: ObjectQuery
    limit: int
    object_id: str | None = None  # for the endpoints of one object
    next: str | None = None  # wins over the query: a token carries its own


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectService:
    """Objects of collections, for callers."""

    database: Database
    cursor_key: bytes

    def bodies(self, caller: Caller, collection: Collection, reading: Reading, *, now: int) -> Answer[BodyPage]:
        """A page of objects, each as it arrived, in the order of the log.

        Raises:
            ForbiddenError: the caller may only write here.
            InvalidInputError: `next` is not one of ours for this place.
            NotFoundError: one object is asked for, and no version of it is visible.
        """
        return self._answer(caller, collection, reading=reading, now=now, read=object.read_bodies)

    def manifest(self, caller: Caller, collection: Collection, reading: Reading, *, now: int) -> Answer[Page]:
        """The same page without bodies. Raises what `bodies` raises."""
        return self._answer(caller, collection, reading=reading, now=now, read=object.read_manifest)

    def entries(self, caller: Caller, collection: Collection, query: ObjectQuery) -> Iterator[LogEntry]:
        """Every living version of some ids or types with who brought it, in the order of the log; may be abandoned at any time.

        Args:
            query: its `ids`, else its `types`, say which; its `added_after` from where on. The rest does not count.

        Raises:
            ForbiddenError: the caller may only write here.
        """
        access.require_reader(caller, collection)
        predicate = access.visible(caller, collection)
        after = query.added_after or 0
        while True:
            with self.database.read() as connection:
                page = object.find_entries(connection, predicate, query, after=after, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].added

    def add(self, caller: Caller, collection: Collection, bodies: Sequence[bytes], *, now: int) -> tuple[Status, bytes]:
        """Judges and stores objects; returns the status, and its resource as JSON, once everything is durable.

        Raises:
            ForbiddenError: the caller may only read here.
            BusyError, StoreError: nothing was stored.
        """
        access.require_writer(caller, collection)
        judged = _judge(bodies, now=now)
        with self.database.write() as connection:
            fates, stamps = self._store(connection, caller, collection, judged=judged, has_memory=False)
            outcome = _status(fates, stamps, now=now)
            return outcome, status.keep_status(connection, outcome, member=caller.number)

    def take(
        self, caller: Caller, collection: Collection, bodies: Sequence[bytes], *, now: int, then: Callable[[Connection, list[Fate]], None]
    ) -> list[Fate]:
        """Judges and stores what a peer gave us; a version that was deleted here is not brought back.

        Args:
            collection: with the right to write that the operator's route gives.
            then: called with the fates inside the same transaction, for the checkpoint that covers these objects.
        """
        judged = _judge(bodies, now=now)
        with self.database.write() as connection:
            fates, _stamps = self._store(connection, caller, collection, judged=judged, has_memory=True)
            then(connection, fates)
        return fates

    def delete(self, caller: Caller, collection: Collection, object_id: str, *, query: ObjectQuery, now: int) -> int:
        """Deletes the versions of an object that the query names, all or none of them; returns how many.

        Raises:
            ForbiddenError: the caller may not read and write here, or one of the versions was posted by another member.
            NotFoundError: there is no such version.
        """
        access.require_reader(caller, collection)
        access.require_writer(caller, collection)
        with self.database.write() as connection:
            lock_collection(connection, collection)
            versions = log.list_versions(connection, collection.number, object_id)
            doomed = _chosen(versions, query)
            if not doomed:
                raise NotFoundError(f"{collection.alias} has no such version of {object_id[:100]}", hint="list them with .../versions/")
            if not all(access.may_delete(caller, version.member) for version in doomed):
                raise ForbiddenError("another member posted this", hint="ask that member or an administrator to delete it")
            stamps = allocate_stamps(connection, self.database, number=collection.number, count=len(doomed))
            log.delete(connection, collection.number, versions, doomed=doomed, stamps=stamps, member=caller.number)
        return len(doomed)

    def find_status(self, caller: Caller, status_id: str) -> bytes:
        """The status resource of a POST, as JSON.

        Raises:
            NotFoundError: there is none, it is older than a week, or another member posted it.
        """
        with self.database.read() as connection:
            resource = status.find_status(connection, status_id, member=caller.number)
        if resource is None:
            raise NotFoundError("there is no such status", hint="a status can be read for a week, by the member that posted")
        return resource

    def _store(
        self, connection: Connection, caller: Caller, collection: Collection, *, judged: Sequence[StixObject | Refusal], has_memory: bool
    ) -> tuple[list[Fate], range]:
        """Each object with its fate, in order, and the stamps of the accepted ones. With memory, what was deleted counts as there."""
        lock_collection(connection, collection)
        candidates = [item for item in judged if isinstance(item, StixObject)]
        found = log.survey(connection, collection.number, candidates, has_memory=has_memory)
        fates = _fates(caller, collection, judged, known=dict(found.known))
        accepted = [item for item, fate in fates if isinstance(fate, Accepted) and isinstance(item, StixObject)]
        if not accepted:
            return fates, range(0)
        stamps = allocate_stamps(connection, self.database, number=collection.number, count=len(accepted))
        log.append(connection, collection.number, accepted, stamps=stamps, found=found, member=caller.number)
        return fates, stamps

    def _answer(
        self, caller: Caller, collection: Collection, *, reading: Reading, now: int, read: Callable[..., AnyPage]
    ) -> Answer[AnyPage]:
        access.require_reader(caller, collection)
        place = _place(caller, collection, reading)
        query, after = reading.query, reading.query.added_after or 0
        if reading.next is not None:
            resumed = cursor.unseal(reading.next, self.cursor_key, place=place, now=now)
            query, after = resumed.query, resumed.position
        predicate = access.visible(caller, collection)
        with self.database.read() as connection:
            page = read(connection, predicate, query, after=after, limit=reading.limit)
            if not page.count and reading.object_id is not None and not object.holds(connection, predicate, reading.object_id):
                raise NotFoundError(f"{collection.alias} has no object {reading.object_id[:100]}", hint="look it up in the manifest")
        if not page.has_more:
            return Answer(page=page)
        rest = Cursor(place=place, position=page.last, query=query, expires=now + cursor.LIFETIME)
        return Answer(page=page, next=cursor.seal(rest, self.cursor_key))


def _judge(bodies: Sequence[bytes], *, now: int) -> list[StixObject | Refusal]:
    """Every object by itself. A valid STIX pattern can cost half a second to read; an envelope full of them ends in refusals."""
    judged: list[StixObject | Refusal] = []
    until = time.monotonic() + JUDGING_SECONDS
    for position, body in enumerate(bodies):
        if time.monotonic() < until:
            judged.append(admission.read(body, now=now, position=position))
        else:
            judged.append(replace(_TOO_SLOW, id=f"objects[{position}]"))
    return judged


def _place(caller: Caller, collection: Collection, reading: Reading) -> Place:
    return Place(
        endpoint=f"{reading.endpoint} {reading.object_id or ''}",
        collection=collection.id,
        epoch=collection.epoch,
        reader=caller.number,
        clearance=int(caller.clearance),
    )


def _fates(caller: Caller, collection: Collection, judged: Sequence[StixObject | Refusal], *, known: dict[str, Known]) -> list[Fate]:
    """Each object with its verdict, in order; later ones meet the earlier ones of the same envelope."""
    fates: list[Fate] = []
    for item in judged:
        if isinstance(item, Refusal):
            fates.append((item, item))
            continue
        there = known.setdefault(item.id, Known())
        verdict = access.admit(caller, collection, item, there)
        if isinstance(verdict, Accepted):
            there.note(item.version, item.content_hash)
        fates.append((item, verdict))
    return fates


def _status(fates: Sequence[Fate], stamps: range, *, now: int) -> Status:
    successes, failures = list[ObjectResult](), list[ObjectResult]()
    remaining = iter(stamps)
    for item, verdict in fates:
        stamp = next(remaining) if isinstance(verdict, Accepted) else now
        version = item.version or version_of(text_of(stamp))
        match verdict:
            case Accepted():
                successes.append(ObjectResult(id=item.id, version=version, message="; ".join(_warnings(item))))
            case Duplicate():
                successes.append(ObjectResult(id=item.id, version=version, message=ALREADY_HERE))
            case Refusal():
                failures.append(ObjectResult(id=item.id, version=version, message=f"{verdict}{TRY_AGAIN if verdict.is_passing else ''}"))
    return Status(id=str(uuid4()), requested=now, successes=tuple(successes), failures=tuple(failures))


def _warnings(item: StixObject | Refusal) -> tuple[str, ...]:
    return item.warnings if isinstance(item, StixObject) else ()


def _chosen(versions: Sequence[log.Version], query: ObjectQuery) -> list[log.Version]:
    """The versions that `match[version]` and `match[spec_version]` name; `versions` is ordered, oldest first."""
    if not versions or not query.is_satisfiable:
        return []
    named = set(query.versions)
    ends = {"first": versions[0], "last": versions[-1]}
    return [
        version
        for version in versions
        if "all" in named or version.version in named or any(version is end for word, end in ends.items() if word in named)
    ]
