"""Pulling from and pushing to peers, resumable at any point (ADR 0012).

Objects and the checkpoint that covers them are one transaction; a position in our log moves only past objects that have their answer.
Killed anywhere and run again, nothing is lost and nothing doubled. A peer that fails stops only itself (ADR 0012).
"""

import os
import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex

from tocsin.errors import ConflictError, PeerError, PeerRefusalError, TocsinError
from tocsin.model import admission
from tocsin.model.collection import Collection
from tocsin.model.member import Caller
from tocsin.model.peer import Direction, Peer, PullProgress, Refused, Route, Tally
from tocsin.model.query import LogEntry
from tocsin.model.stamp import version_of, version_text
from tocsin.model.status import ALREADY_HERE, TRY_AGAIN
from tocsin.model.stix import Refusal
from tocsin.model.verdict import Accepted, Duplicate
from tocsin.peers.interface import Outgoing, Page, PeerClient, PushedObject, Query
from tocsin.services import access
from tocsin.services.object import Fate, ObjectService
from tocsin.store import member as members
from tocsin.store import object
from tocsin.store import peer as store
from tocsin.store.collection import list_collections
from tocsin.store.database import Connection, Database

_HERE = f"{socket.gethostname()} "
PAGE = 1_000  # objects a transaction
LEASE = 120_000_000  # microseconds for which a run that says nothing keeps its peer to itself
_TURN = 0.05  # seconds between two looks at a lease that another run has
_LOOKED_UP = 50  # ids in one question to a peer
_ALL_VERSIONS = {"version": ("all",)}
_FIRST_PAUSE, _LONGEST_PAUSE = 10_000_000, 3_600_000_000  # microseconds that `sync --watch` leaves a failing peer alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a run is to do."""

    directions: frozenset[Direction] = frozenset(Direction)
    collection: str = ""  # the id of the only local collection; "": all
    since: str = ""  # pull: from this stamp of the peer's instead of the checkpoint, which never moves back
    is_dry_run: bool = False
    patience: int = 0  # microseconds to wait for another run that deals with the peer
    watch: Callable[[Tally], None] = field(default=lambda _tally: None)  # called after each page


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One route under way."""

    peer: Peer
    route: Route
    client: PeerClient
    collection: Collection
    caller: Caller  # the peer, as the gates know it
    errand: Errand
    holder: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncService:
    """Keeps our collections and those of peers in step."""

    database: Database
    objects: ObjectService
    connect: Callable[[Peer], PeerClient]
    now: Callable[[], int]

    def run(self, peers: Sequence[Peer], errand: Errand) -> list[Tally]:
        """One pass over each peer, side by side; an entry for each route, whatever became of it."""
        if not peers:
            return []
        with ThreadPoolExecutor(max_workers=min(len(peers), 16)) as pool:
            return [tally for tallies in pool.map(lambda peer: self._pass(peer, errand), peers) for tally in tallies]

    def _pass(self, peer: Peer, errand: Errand) -> list[Tally]:
        with self.database.read() as connection:
            collections = {one.id: one for one in list_collections(connection)}
            login = members.find_login(connection, name=peer.member)
        wanted = self._routes(peer, errand)
        tallies = [Tally(peer=peer.name, direction=one.direction, local=collections[one.local].alias, remote=one.remote) for one in wanted]
        if not wanted or login is None:
            return tallies
        ahead = list(tallies)
        try:
            with self._lease(peer, errand) as holder, self._connection(peer) as client:
                for route in self._routes(peer, errand):  # as the run before this one left them
                    run = _Run(
                        peer=peer,
                        route=route,
                        client=client,
                        collection=collections[route.local],
                        caller=login.caller,
                        errand=errand,
                        holder=holder,
                        tally=ahead[0],
                    )
                    self._go(run)
                    ahead.pop(0)
        except ConflictError as error:  # not the peer's failure: it is not left alone for that
            _end(ahead, str(error))
            return tallies
        except TocsinError as error:
            _end(ahead, str(error))
        except Exception as error:  # around one peer of a run: whatever it is, the others go on
            _end(ahead, f"this should not have happened: {type(error).__name__}: {error}")
        if not errand.is_dry_run:
            self._note(peer, has_failed=any(tally.error for tally in tallies))
        return tallies

    def _routes(self, peer: Peer, errand: Errand) -> list[Route]:
        with self.database.read() as connection:
            routes = store.list_routes(connection, peer.number)
        return [one for one in routes if one.direction in errand.directions and errand.collection in ("", one.local)]

    def _go(self, run: _Run) -> None:
        """One route to its end. What the other side refuses is this route's trouble; a peer that fails ends the pass."""
        try:
            (self._pull if run.route.direction is Direction.PULL else self._push)(run)
        except TocsinError as error:
            run.tally.error = str(error)
            if isinstance(error, PeerError) and not isinstance(error, PeerRefusalError):
                raise

    def _pull(self, run: _Run) -> None:
        progress = PullProgress(run.route.since)
        start = run.errand.since or run.route.since
        if not run.errand.is_dry_run:
            self._retry_pull(run)
        for page in run.client.pages(run.route.remote, Query(since=start or None, limit=PAGE, match=_ALL_VERSIONS)):
            if run.errand.is_dry_run:
                run.tally.new += len(page.bodies)
            else:
                self._take(run, page, since=progress.after(page.first, page.last, more=page.more))
            run.errand.watch(run.tally)

    def _take(self, run: _Run, page: Page, *, since: str) -> None:
        def then(connection: Connection, fates: list[Fate]) -> None:
            self._renew(connection, run)
            store.keep_refused(connection, run.route.number, _refused(fates, page.bodies))
            if since:
                store.move_route(connection, run.route.number, since=since)

        _count(run.tally, self.objects.take(run.caller, _granted(run.collection), page.bodies, now=self.now(), then=then))

    def _retry_pull(self, run: _Run) -> None:
        """What was refused for the time being is judged again."""
        with self.database.read() as connection:
            waiting = [one for one in store.list_refused(connection, run.route.number) if one.body is not None]
        bodies = [one.body for one in waiting if one.body is not None]

        def then(connection: Connection, fates: list[Fate]) -> None:
            self._renew(connection, run)
            for one in waiting:
                store.forget_refused(connection, run.route.number, one)
            store.keep_refused(connection, run.route.number, _refused(fates, bodies))

        if bodies:
            _count(run.tally, self.objects.take(run.caller, _granted(run.collection), bodies, now=self.now(), then=then))

    def _push(self, run: _Run) -> None:
        access.require_reader(run.caller, run.collection)
        predicate = access.visible(run.caller, run.collection)
        position = run.route.position
        if not run.errand.is_dry_run:
            self._retry_push(run)
        while True:
            with self.database.read() as connection:
                entries = object.read_entries(connection, predicate, after=position, limit=PAGE)
            if not entries:
                return
            position = entries[-1].added
            self._give(run, entries, position=position)
            run.errand.watch(run.tally)

    def _give(self, run: _Run, entries: Sequence[LogEntry], *, position: int) -> None:
        due = [one for one in entries if one.organisation != run.peer.organisation]
        run.tally.held_back += len(entries) - len(due)
        if run.errand.is_dry_run:
            run.tally.new += len(due)
            return
        refused = self._send(run, due)
        with self.database.write() as connection:
            self._renew(connection, run)
            store.keep_refused(connection, run.route.number, refused)
            store.move_route(connection, run.route.number, position=position)

    def _retry_push(self, run: _Run) -> None:
        """What the peer refused for the time being is sent again, as long as it is still there."""
        predicate = access.visible(run.caller, run.collection)
        with self.database.read() as connection:
            waiting = [one for one in store.list_refused(connection, run.route.number) if one.is_passing]
            entries = [object.read_entry(connection, predicate, added=one.added) for one in waiting]
        if not waiting:
            return
        refused = self._send(run, [one for one in entries if one is not None])
        with self.database.write() as connection:
            self._renew(connection, run)
            for one in waiting:
                store.forget_refused(connection, run.route.number, one)
            store.keep_refused(connection, run.route.number, refused)

    def _send(self, run: _Run, entries: Sequence[LogEntry]) -> list[Refused]:
        """Pushes entries; returns those that the peer did not take."""
        refused: list[Refused] = []
        if not entries:
            return refused
        for status in run.client.push(run.route.remote, [_outgoing(one) for one in entries]):
            known = sum(ALREADY_HERE in (one.message or "") for one in status.successes)
            run.tally.known += known
            run.tally.new += len(status.successes) - known
            refused += [_refused_there(one, entries, is_passing=(one.message or "").endswith(TRY_AGAIN)) for one in status.failures]
            refused += [_refused_there(one, entries, is_passing=True) for one in status.pendings]
        there = self._held(run, refused, entries=entries)
        run.tally.known += len(there)
        left = [one for one in refused if one.added not in there]
        run.tally.refused += left
        return left

    def _held(self, run: _Run, refused: Sequence[Refused], *, entries: Sequence[LogEntry]) -> set[int]:
        """Which of the refused entries the peer holds all the same: some servers call an object that they have a failure."""
        by_content = {admission.content_hash(one.body): one.added for one in entries}
        suspects = sorted({one.id for one in refused if not one.is_passing})
        held: set[int] = set()
        try:
            for start in range(0, len(suspects), _LOOKED_UP):
                match = {"id": tuple(suspects[start : start + _LOOKED_UP]), **_ALL_VERSIONS}
                for page in run.client.pages(run.route.remote, Query(match=match)):
                    held |= {by_content.get(admission.content_hash(body), 0) for body in page.bodies}
        except TocsinError:
            return set()  # it cannot be read there: then its word stands
        return held

    @contextmanager
    def _connection(self, peer: Peer) -> Iterator[PeerClient]:
        client = self.connect(peer)
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def _lease(self, peer: Peer, errand: Errand) -> Iterator[str]:
        """The right to deal with a peer: two runs of one exchange never do so at once."""
        name, holder, until = _lease_name(peer), f"{_HERE}{os.getpid()} {token_hex(8)}", self.now() + errand.patience
        while not self._is_ours(name, holder):
            if self.now() >= until:
                raise ConflictError(f"another run is dealing with {peer.name}", hint="wait for its end")
            time.sleep(_TURN)
        try:
            yield holder
        finally:
            with self.database.write() as connection:
                store.drop_lease(connection, name, holder=holder)

    def _is_ours(self, name: str, holder: str) -> bool:
        with self.database.write() as connection:
            before, now = store.lease_holder(connection, name), self.now()
            if before is not None and _is_dead(before):
                store.drop_lease(connection, name, holder=before)
            return store.take_lease(connection, name, holder=holder, now=now, until=now + LEASE)

    def _renew(self, connection: Connection, run: _Run) -> None:
        """In the transaction of what was just done: a run that lost its lease meanwhile changes nothing more."""
        if not store.take_lease(connection, _lease_name(run.peer), holder=run.holder, now=self.now(), until=self.now() + LEASE):
            raise ConflictError(f"another run has taken over {run.peer.name}", hint="let that one go on")

    def _note(self, peer: Peer, *, has_failed: bool) -> None:
        failures = peer.failures + 1 if has_failed else 0
        pause = min(_FIRST_PAUSE * 2 ** min(failures, 10), _LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads, hides nothing
        with self.database.write() as connection:
            store.change_peer(connection, peer.number, failures=failures, not_before=self.now() + int(pause) if has_failed else 0)


def _end(tallies: Sequence[Tally], error: str) -> None:
    """The first of these routes failed, and the ones after it were not begun."""
    for tally in tallies:
        tally.error = tally.error or error


def _is_dead(holder: str) -> bool:
    """The process that held a lease ran on this machine, and is gone: nobody has to wait until its lease ends."""
    if not holder.startswith(_HERE):
        return False
    try:
        os.kill(int(holder.removeprefix(_HERE).split(" ")[0]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _granted(collection: Collection) -> Collection:
    """The operator's route is the right to write what the peer gives; every other rule of the gate stays."""
    return replace(collection, write=("*",))


def _lease_name(peer: Peer) -> str:
    return f"peer {peer.number}"


def _count(tally: Tally, fates: Sequence[Fate]) -> None:
    tally.new += sum(isinstance(verdict, Accepted) for _, verdict in fates)
    tally.known += sum(isinstance(verdict, Duplicate) for _, verdict in fates)
    tally.refused += [_refused_here(verdict, b"") for _, verdict in fates if isinstance(verdict, Refusal)]


def _refused(fates: Sequence[Fate], bodies: Sequence[bytes]) -> list[Refused]:
    return [_refused_here(verdict, body) for (_, verdict), body in zip(fates, bodies, strict=True) if isinstance(verdict, Refusal)]


def _refused_here(verdict: Refusal, body: bytes) -> Refused:
    kept = body if verdict.is_passing and body else None
    return Refused(verdict.id, verdict.version or "", str(verdict), verdict.is_passing, 0, kept)


def _refused_there(result: PushedObject, entries: Sequence[LogEntry], *, is_passing: bool) -> Refused:
    """The peer's answer as a refusal of the entry that it speaks of."""
    version = _normal(result.version)
    same_id = [one for one in entries if one.id == result.id]
    entry = next((one for one in same_id if one.version == version), same_id[0])
    return Refused(entry.id, entry.version or "", result.message or "the peer gives no reason", is_passing, entry.added)


def _normal(version: str | None) -> str | None:
    try:
        return version_of(version) if version else None
    except TocsinError:
        return None


def _outgoing(entry: LogEntry) -> Outgoing:
    return Outgoing(id=entry.id, version=version_text(entry.version) if entry.version else None, body=entry.body)
