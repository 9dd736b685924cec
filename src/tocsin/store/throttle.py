"""Failed logins, and what each member has spent of its rate: what server processes must know of each other (ADR 0009)."""

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Integer, String, Table, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's too

from tocsin.model.bucket import slice_of
from tocsin.store.database import METADATA
from tocsin.store.member import member

failure = Table(
    "failure",
    METADATA,
    Column("key", String, primary_key=True),  # a digest: neither names nor addresses are kept
    Column("count", Integer, nullable=False),  # in a row, with never longer than an hour between
    Column("last", BigInteger, nullable=False, index=True),
)
FORGOTTEN = 3_600_000_000  # microseconds after the last failure

_FAILURE = select(failure.c.count, failure.c.last).where(failure.c.key == bindparam("of"))
_FAILED = insert(failure).values(key=bindparam("of"), count=1, last=bindparam("now"))
_FAILED_AGAIN = _FAILED.on_conflict_do_update(
    index_elements=[failure.c.key],
    set_={"count": case((failure.c.last < bindparam("now") - FORGOTTEN, 1), else_=failure.c.count + 1), "last": bindparam("now")},
)


def find_failures(connection: Connection, key: str) -> tuple[int, int]:
    """How many failures in a row, and when the last one was."""
    row = connection.execute(_FAILURE, {"of": key}).one_or_none()
    return (0, 0) if row is None else (row[0], row[1])


def add_failure(connection: Connection, key: str, *, now: int) -> None:
    """Counts one, and forgets those of long ago."""
    connection.execute(delete(failure).where(failure.c.last < now - FORGOTTEN))
    connection.execute(_FAILED_AGAIN, {"of": key, "now": now})


def forget_failures(connection: Connection, key: str) -> None:
    """Somebody got in."""
    connection.execute(delete(failure).where(failure.c.key == key))


def take_slice(connection: Connection, member_number: int, *, rate: int, clock: ColumnElement[int]) -> int:
    """How many requests a process may let pass for a member before it asks again; 0 when all is spent for now.

    Args:
        clock: the database's, which all processes share.
    """
    mine = member.c.number == member_number
    asked = select(func.coalesce(member.c.spent_until, 0), clock).where(mine).with_for_update(key_share=True)  # entries may be written
    row = connection.execute(asked).one_or_none()
    if row is None:
        return 0
    granted, spent_until = slice_of(row[0], now=row[1], rate=rate)
    if granted:
        connection.execute(update(member).where(mine).values(spent_until=spent_until))
    return granted
