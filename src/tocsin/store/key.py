"""Shared keys by name. Their secrets are here only encrypted."""

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's too

from tocsin.model.key import StoredKey
from tocsin.store.database import METADATA

shared_key = Table(
    "shared_key",
    METADATA,
    Column("name", String, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # encrypted
    Column("created", BigInteger, nullable=False),
    Column("retired", BigInteger),
)

_KEYS = select(shared_key.c.name, shared_key.c.secret.label("sealed"), shared_key.c.created, shared_key.c.retired).order_by(
    shared_key.c.name
)


def list_keys(connection: Connection) -> list[StoredKey]:
    """All of them, by name."""
    return [StoredKey(**row) for row in connection.execute(_KEYS).mappings()]


def keep_key(connection: Connection, key: StoredKey) -> None:
    """Stores a key, in the place of the one of that name if there is one."""
    values = {"secret": key.sealed, "created": key.created, "retired": key.retired}
    statement = insert(shared_key).values(name=key.name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[shared_key.c.name], set_=values))


def retire_key(connection: Connection, name: str, *, now: int) -> None:
    """From now on, unless it was retired before."""
    connection.execute(update(shared_key).where(shared_key.c.name == name, shared_key.c.retired.is_(None)).values(retired=now))
