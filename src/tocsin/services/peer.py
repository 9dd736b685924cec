"""Peers: whom we exchange with, over which routes, with which login (ADR 0012). Only an administrator adds one; its address is checked."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import ConflictError, InvalidInputError, NotFoundError
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Role, require_name
from tocsin.model.peer import Direction, Peer, Refused, Route
from tocsin.model.secret import opened, sealed
from tocsin.peers.credential import Credential
from tocsin.peers.interface import CollectionInfo, Limits, PeerClient
from tocsin.peers.taxii21 import Taxii21Peer
from tocsin.services import access
from tocsin.store import member as members
from tocsin.store import peer as store
from tocsin.store.collection import list_collections
from tocsin.store.database import Database

MEMBER_PREFIX = "peer:"  # of the member under which a peer's objects are recorded; no name that a person chooses holds a colon


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPeer:
    """What an administrator says of a peer."""

    name: str
    url: str  # discovery or API root
    organisation: str  # exists already
    clearance: Level  # nothing above it is pushed there
    user: str = ""
    secret: str = ""  # password, or token where there is no user


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerService:
    """The peers of this exchange."""

    database: Database
    secret_key: bytes
    limits: Limits

    def listing(self) -> list[Peer]:
        """All of them, by name."""
        with self.database.read() as connection:
            return store.list_peers(connection)

    def find(self, name: str) -> Peer:
        """The peer of that name.

        Raises:
            NotFoundError: there is none.
        """
        found = next((one for one in self.listing() if one.name == name), None)
        if found is None:
            raise NotFoundError(f"there is no peer {name!r}", hint="list them with: tocsin peer list")
        return found

    def routes(self, peer: Peer) -> list[Route]:
        """Those to pull first."""
        with self.database.read() as connection:
            return store.list_routes(connection, peer.number)

    def refused(self, route: Route) -> list[Refused]:
        """What was refused on a route and not taken since."""
        with self.database.read() as connection:
            return store.list_refused(connection, route.number)

    def add(self, new: NewPeer, *, pull: Sequence[tuple[str, str]], push: Sequence[tuple[str, str]], now: int) -> Peer:
        """A peer with its routes, each a pair of a remote and a local collection (pull) or a local and a remote one (push).

        Raises:
            InvalidInputError: the name, the address or the login is unusable, or a route is pushed that the peer may not read.
            NotFoundError: no such organisation or local collection.
            ConflictError: the name is taken.
        """
        require_name(new.name, kind="a peer")
        Taxii21Peer(new.url, credential=_credential(new.user, new.secret))  # refuses what it cannot use
        member = Caller(
            number=0, name=MEMBER_PREFIX + new.name, organisation=new.organisation, is_own=False, role=Role.PEER, clearance=new.clearance
        )
        with self.database.write() as connection:
            if any(one.name == new.name for one in store.list_peers(connection)):
                raise ConflictError(f"there is a peer {new.name!r} already", hint="remove it first, or choose another name")
            home = next((one for one in members.list_organisations(connection) if one.name == new.organisation), None)
            if home is None:
                raise NotFoundError(f"there is no organisation {new.organisation!r}", hint="make it with: tocsin organisation add")
            routes = _routes(list_collections(connection), member, pull=pull, push=push)
            known = members.find_login(connection, name=member.name)
            if known is None:
                members.add_member(connection, member, organisation_number=home.number, password_hash=None, now=now)
                known = members.find_login(connection, name=member.name)
            number = store.add_peer(
                connection,
                name=new.name,
                url=new.url,
                member_number=known.caller.number if known else 0,
                user=new.user,
                secret=self._sealed(new),
            )
            for direction, local, remote in routes:
                store.add_route(connection, number, direction=direction, collection_number=local, remote=remote)
        return self.find(new.name)

    def disable(self, peer: Peer, *, is_disabled: bool) -> None:
        """Leaves a peer alone, or takes it up again."""
        with self.database.write() as connection:
            store.change_peer(connection, peer.number, is_disabled=is_disabled, failures=0, not_before=0)

    def remove(self, peer: Peer) -> None:
        """Forgets a peer, its routes and how far they had got. What came from it stays."""
        with self.database.write() as connection:
            store.remove_peer(connection, peer.number)

    def client(self, peer: Peer) -> PeerClient:
        """A connection to a peer; close it after use.

        Raises:
            InvalidInputError: its secret was sealed under another root secret.
        """
        with self.database.read() as connection:
            box = store.find_secret(connection, peer.number)
        return Taxii21Peer(peer.url, credential=_credential(peer.user, self._opened(peer, box)), limits=self.limits)

    def look(self, peer: Peer) -> tuple[CollectionInfo, ...]:
        """The collections that a peer shows us now.

        Raises:
            PeerError: it cannot be reached, refuses our login or misbehaves.
        """
        client = self.client(peer)
        try:
            return client.collections()
        finally:
            client.close()

    def _sealed(self, new: NewPeer) -> bytes | None:
        return sealed(self.secret_key, new.secret.encode(), label=new.name) if new.secret else None

    def _opened(self, peer: Peer, box: bytes | None) -> str:
        if box is None:
            return ""
        secret = opened(self.secret_key, box, label=peer.name)
        if secret is None:
            raise InvalidInputError(
                f"the login for {peer.name} was stored under another root secret", hint="restore that secret, or add the peer again"
            )
        return secret.decode()


def _credential(user: str, secret: str) -> Credential | None:
    if user:
        return Credential.of(None, user=user, password=secret)
    return Credential.of(secret or None)


def _routes(
    collections: Sequence[Collection], member: Caller, *, pull: Sequence[tuple[str, str]], push: Sequence[tuple[str, str]]
) -> list[tuple[Direction, int, str]]:
    """Direction, number of the local collection, and the remote one, of every route."""
    named = {one.alias: one for one in collections} | {one.id: one for one in collections}
    wanted = [(Direction.PULL, local, remote) for remote, local in pull] + [(Direction.PUSH, local, remote) for local, remote in push]
    routes = []
    for direction, local, remote in wanted:
        if local not in named:
            raise NotFoundError(
                f"there is no collection {local!r} here", hint=f"collections: {', '.join(sorted(one.alias for one in collections))}"
            )
        if direction is Direction.PUSH and not access.visible(member, named[local]).is_readable:
            raise InvalidInputError(f"{local} may not leave to this peer", hint="its role, organisation or --clearance does not reach")
        routes.append((direction, named[local].number, remote))
    return routes
