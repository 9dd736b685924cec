"""Collections: their definitions, and where each log stands."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, SmallInteger, String, Table, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import JSON

from tocsin.errors import BusyError
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.store.database import METADATA, Database

collection = Table(
    "collection",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("alias", String, nullable=False, unique=True),
    Column("title", String, nullable=False, unique=True),
    Column("description", String, nullable=False),
    Column("max_tlp", SmallInteger, nullable=False),
    Column("read", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    Column("write", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    Column("last_added", BigInteger, nullable=False, server_default="0"),  # the last stamp given out; only grows
    Column("epoch", Integer, nullable=False, server_default="0"),
)

_DEFINED = select(*(column for column in collection.c if column.name != "last_added"))
_ALL = _DEFINED.order_by(collection.c.title)
_INSERT = insert(collection)
_UPDATE = update(collection).where(collection.c.id == bindparam("of_id"))
_FREE = _UPDATE.values(alias=collection.c.id, title=collection.c.id)
_LOCK = (
    select(collection.c.last_added)
    .where(collection.c.number == bindparam("of"), collection.c.epoch == bindparam("in_epoch"))
    .with_for_update()
)


def list_collections(connection: Connection) -> list[Collection]:
    """All of them, by title."""
    return [
        Collection(**{**row, "max_tlp": Level(row["max_tlp"]), "read": tuple(row["read"]), "write": tuple(row["write"])})
        for row in connection.execute(_ALL).mappings()
    ]


def define_collection(connection: Connection, definition: Collection, *, is_new: bool) -> None:
    """Stores a definition; the log of a collection that exists stays as it is."""
    values = {
        "alias": definition.alias,
        "title": definition.title,
        "description": definition.description,
        "max_tlp": int(definition.max_tlp),
        "read": list(definition.read),
        "write": list(definition.write),
    }
    if is_new:
        connection.execute(_INSERT, {"id": definition.id, **values})
    else:
        connection.execute(_UPDATE, {"of_id": definition.id, **values})


def free_names(connection: Connection, definitions: Sequence[Collection]) -> None:
    """Lets go of the stored aliases and titles of collections that are about to be defined anew: two of them may change places."""
    if definitions:
        connection.execute(_FREE, [{"of_id": definition.id} for definition in definitions])


def lock_collection(connection: Connection, of: Collection) -> None:
    """Makes this transaction the only writer of the collection; always the first statement of a write (ADR 0004).

    Raises:
        BusyError: a backup was restored since the caller read the definition: the number may be another collection's now.
    """
    if connection.execute(_LOCK, {"of": of.number, "in_epoch": of.epoch}).first() is None:
        raise BusyError("the database was restored a moment ago", hint="try again shortly")


def allocate_stamps(connection: Connection, database: Database, *, number: int, count: int) -> range:
    """`count` (1 or more) new stamps, oldest first; the last one is a whole millisecond, none was handed out before.

    The caller holds the collection's lock. Stamps follow the database's clock, and go on above the last one when that clock went back.

    Raises:
        ClockError: that clock leapt ahead.
    """
    ahead = database.greatest(collection.c.last_added + count, database.now()) + 999
    # Divided, not `ahead - ahead % 1000`: PostgreSQL would read its clock twice.
    statement = update(collection).where(collection.c.number == number).values(last_added=ahead // 1000 * 1000)
    last, now = connection.execute(statement.returning(collection.c.last_added, database.now())).one()
    database.require_steady_clock(now)
    return range(last - count + 1, last + 1)


def read_clock(connection: Connection, database: Database) -> int:
    """The database's clock as a stamp."""
    return connection.execute(select(database.now())).scalar_one()


def last_stamps(connection: Connection) -> dict[str, int]:
    """Where each log stands, by alias; 0 where nothing was added yet."""
    return {row.alias: row.last_added for row in connection.execute(select(collection.c.alias, collection.c.last_added))}
