"""Statuses of POSTs: written with the objects, readable by who posted, forgotten after a week."""

import orjson
from sqlalchemy import BigInteger, Column, Connection, ForeignKey, LargeBinary, String, Table, bindparam, delete, insert, select

from tocsin.model.status import KEPT_FOR, Status
from tocsin.store.database import METADATA, is_storable

status = Table(
    "status",
    METADATA,
    Column("id", String, primary_key=True),
    Column("member", ForeignKey("member.number"), nullable=False),
    Column("requested", BigInteger, nullable=False, index=True),
    Column("resource", LargeBinary, nullable=False),  # the TAXII status resource, ready to send
)

_OF_POSTER = select(status.c.resource).where(status.c.id == bindparam("id"), status.c.member == bindparam("member"))
_INSERT = insert(status)
_OLD = delete(status).where(status.c.requested < bindparam("before"))


def keep_status(connection: Connection, outcome: Status, *, member: int) -> bytes:
    """Stores a status and forgets those that are past their time; returns the resource as JSON."""
    resource = orjson.dumps(outcome.resource())
    connection.execute(_OLD, {"before": outcome.requested - KEPT_FOR})
    connection.execute(_INSERT, {"id": outcome.id, "member": member, "requested": outcome.requested, "resource": resource})
    return resource


def find_status(connection: Connection, status_id: str, *, member: int) -> bytes | None:
    """The resource as JSON; None for anybody but the member that posted."""
    if not is_storable(status_id):
        return None
    return connection.execute(_OF_POSTER, {"id": status_id, "member": member}).scalar_one_or_none()
