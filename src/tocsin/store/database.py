"""Connections, transactions, and the few differences between SQLite and PostgreSQL (ADR 0004).

SQLite is the embedded default: the `pysqlite3` wheel, because the interpreter's own library may be one whose WAL mode corrupts
(sqlite.org/wal.html, "The WAL-reset bug"); WAL, synchronous=FULL, and every writer starts with BEGIN IMMEDIATE. Connections open
when first used, which is in the worker process, after any fork.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, MetaData, create_engine, event, func, literal_column, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tocsin.errors import BusyError, InvalidInputError, StoreError

LOCK_TIMEOUT_SECONDS = 5
SAFE_SQLITE = (3, 51, 3)
METADATA = MetaData()
_NOW_SQLITE = literal_column("CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000", BigInteger)
_NOW_POSTGRES = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger)
_BUSY = ("database is locked", "database table is locked", "lock timeout", "too many clients", "connection")
_POSTGRES_OPTIONS = f"-c jit=off -c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c timezone=UTC"


class Database:
    """One database: `read()` for single statements, `write()` for a transaction that holds the write lock from its start on SQLite."""

    def __init__(self, url: str) -> None:
        """Makes the engine; nothing is opened yet.

        Raises:
            InvalidInputError: the URL is no SQLite or PostgreSQL URL.
            StoreError: the SQLite library is one that may corrupt data.
        """
        self.url = url
        # Two pools: single statements need no transaction around them, and on PostgreSQL two round trips less.
        self._reader = _engine(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        self.engine = _engine(url)
        if self.is_sqlite:
            event.listen(self.engine, "begin", _begin_immediate)

    @property
    def is_sqlite(self) -> bool:
        """SQLite, else PostgreSQL."""
        return self._reader.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for single statements, each of which sees one state of the data."""
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction for reading much: all its statements see one state, and no writer waits for it."""
        with _translated(), self.engine.connect().execution_options(is_snapshot=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises.

        Raises:
            BusyError: another writer held the lock for too long, or the database is away.
            StoreError: anything else that the database refuses.
        """
        with _translated(), self.engine.begin() as connection:
            yield connection

    def now(self) -> ColumnElement[int]:
        """The database's own clock as a stamp: several server processes then share one clock."""
        return _NOW_SQLITE if self.is_sqlite else _NOW_POSTGRES

    def greatest(self, left: ColumnElement[int], right: ColumnElement[int]) -> ColumnElement[int]:
        """The greater of two values, which the two databases spell differently."""
        return (func.max if self.is_sqlite else func.greatest)(left, right)

    def fault(self) -> str | None:
        """What the database itself says is broken in its files; None when it finds nothing, or cannot look (PostgreSQL)."""
        if not self.is_sqlite:
            return None
        with self.read() as connection:
            answer = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        return None if answer == "ok" else str(answer)

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._reader.dispose()
        self.engine.dispose()


def _engine(url: str, **options: Any) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise InvalidInputError("database is not a URL", hint='write "sqlite:///path" or "postgresql://user@host/name"') from error
    options |= {"pool_size": 8, "max_overflow": 24}
    if parsed.get_backend_name() == "postgresql":
        driver = parsed.set(drivername="postgresql+psycopg")
        return create_engine(driver, connect_args={"options": _POSTGRES_OPTIONS}, **options)
    if parsed.get_backend_name() != "sqlite":
        raise InvalidInputError("database is of no known kind", hint="use sqlite:///path or postgresql://user@host/name")
    if sqlite.sqlite_version_info < SAFE_SQLITE:
        raise StoreError(f"SQLite {sqlite.sqlite_version} may corrupt a write-ahead log", hint="install a newer pysqlite3")
    engine = create_engine(url, module=sqlite, connect_args={"check_same_thread": False}, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver starts no transaction of its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("is_snapshot") else "BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise BusyError("the store has no connection free", hint="try again shortly") from error
    except DBAPIError as error:
        if any(word in str(error.orig).lower() for word in _BUSY):
            raise BusyError("the store is busy or away", hint="try again shortly") from error
        raise StoreError("the store refused a statement") from error
