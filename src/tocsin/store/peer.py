"""Peers, routes, what was refused on them, and leases. Secrets are here only encrypted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from tocsin.model.peer import Direction, Peer, Refused, Route
from tocsin.store.collection import collection
from tocsin.store.database import METADATA
from tocsin.store.member import member, organisation

peer = Table(
    "peer",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("url", String, nullable=False),
    Column("member", ForeignKey("member.number"), nullable=False),
    Column("user", String, nullable=False),
    Column("secret", LargeBinary),  # encrypted; none: we come as the public
    Column("is_disabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("not_before", BigInteger, nullable=False),
)
route = Table(
    "route",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("peer", ForeignKey("peer.number"), nullable=False),
    Column("direction", String, nullable=False),
    Column("collection", ForeignKey("collection.number"), nullable=False),
    Column("remote", String, nullable=False),
    Column("since", String, nullable=False),
    Column("position", BigInteger, nullable=False),
)
refusal = Table(
    "refusal",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("route", ForeignKey("route.number"), nullable=False, index=True),
    Column("id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("is_passing", Boolean, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("body", LargeBinary),
)
lease = Table(
    "lease",
    METADATA,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", BigInteger, nullable=False),
)

_PEERS = (
    select(
        peer.c.number,
        peer.c.name,
        peer.c.url,
        organisation.c.name.label("organisation"),
        member.c.name.label("member"),
        peer.c.user,
        peer.c.is_disabled,
        peer.c.failures,
        peer.c.not_before,
    )
    .join_from(peer, member, peer.c.member == member.c.number)
    .join(organisation, member.c.organisation == organisation.c.number)
    .order_by(peer.c.name)
)
_ROUTES = (
    select(
        route.c.number,
        route.c.peer,
        route.c.direction,
        collection.c.id.label("local"),
        route.c.remote,
        route.c.since,
        route.c.position,
    )
    .join(collection)
    .where(route.c.peer == bindparam("of"))
    .order_by(route.c.direction, route.c.number)
)
_REFUSED = select(refusal).where(refusal.c.route == bindparam("of")).order_by(refusal.c.number)


def list_peers(connection: Connection) -> list[Peer]:
    """All of them, by name."""
    return [Peer(**row) for row in connection.execute(_PEERS).mappings()]


def find_secret(connection: Connection, number: int) -> bytes | None:
    """A peer's encrypted secret."""
    sealed: bytes | None = connection.execute(select(peer.c.secret).where(peer.c.number == number)).scalar_one()
    return sealed


def add_peer(connection: Connection, *, name: str, url: str, member_number: int, user: str, secret: bytes | None) -> int:
    """Its number."""
    values = {
        "name": name,
        "url": url,
        "member": member_number,
        "user": user,
        "secret": secret,
        "is_disabled": False,
        "failures": 0,
        "not_before": 0,
    }
    return int(connection.execute(insert(peer).returning(peer.c.number), values).scalar_one())


def change_peer(connection: Connection, number: int, **values: Any) -> None:
    """Sets `is_disabled`, or `failures` with `not_before`."""
    connection.execute(update(peer).where(peer.c.number == number).values(**values))


def remove_peer(connection: Connection, number: int) -> None:
    """The peer, its routes and what was refused on them; its member stays, entries name it."""
    routes = select(route.c.number).where(route.c.peer == number)
    connection.execute(delete(refusal).where(refusal.c.route.in_(routes)))
    connection.execute(delete(route).where(route.c.peer == number))
    connection.execute(delete(peer).where(peer.c.number == number))


def list_routes(connection: Connection, peer_number: int) -> list[Route]:
    """A peer's routes, those to pull first."""
    rows = connection.execute(_ROUTES, {"of": peer_number}).mappings()
    return [Route(**{**row, "direction": Direction(row["direction"])}) for row in rows]


def add_route(connection: Connection, peer_number: int, *, direction: Direction, collection_number: int, remote: str) -> None:
    """A route that starts at the beginning."""
    values = {
        "peer": peer_number,
        "direction": direction,
        "collection": collection_number,
        "remote": remote,
        "since": "",
        "position": 0,
    }
    connection.execute(insert(route), values)


def move_route(connection: Connection, number: int, *, since: str | None = None, position: int | None = None) -> None:
    """Everything up to here is done."""
    values = {"since": since} if since is not None else {"position": position}
    connection.execute(update(route).where(route.c.number == number).values(**values))


def list_refused(connection: Connection, route_number: int) -> list[Refused]:
    """What was refused on a route and not taken since, oldest first."""
    rows = connection.execute(_REFUSED, {"of": route_number})
    return [Refused(row.id, row.version, row.reason, row.is_passing, row.added, row.body) for row in rows]


def keep_refused(connection: Connection, route_number: int, refused: Sequence[Refused]) -> None:
    """Remembers refusals; an earlier one of the same object and version gives way."""
    for one in refused:
        forget_refused(connection, route_number, one)
        values = {"id": one.id, "version": one.version, "reason": one.reason[:1000], "is_passing": one.is_passing}
        connection.execute(insert(refusal), {"route": route_number, "added": one.added, "body": one.body, **values})


def forget_refused(connection: Connection, route_number: int, one: Refused) -> None:
    """It was taken, or is refused anew."""
    same = (refusal.c.route == route_number, refusal.c.id == one.id, refusal.c.version == one.version)
    connection.execute(delete(refusal).where(*same))


def take_lease(connection: Connection, name: str, *, holder: str, now: int, until: int) -> bool:
    """Makes `holder` the only one to do what the lease names until then; False while another one does."""
    mine = (lease.c.name == name, or_(lease.c.holder == holder, lease.c.until < now))
    if connection.execute(update(lease).where(*mine).values(holder=holder, until=until)).rowcount:
        return True
    if connection.execute(select(lease.c.name).where(lease.c.name == name)).first():
        return False
    connection.execute(insert(lease), {"name": name, "holder": holder, "until": until})
    return True


def lease_holder(connection: Connection, name: str) -> str | None:
    """Who has it, or had it last."""
    holder: str | None = connection.execute(select(lease.c.holder).where(lease.c.name == name)).scalar_one_or_none()
    return holder


def drop_lease(connection: Connection, name: str, *, holder: str) -> None:
    """Another one may take it at once."""
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
