"""Connections, transactions, and the few differences between SQLite and PostgreSQL (ADR 0004).

SQLite is the embedded default: the `pysqlite3` wheel, because the interpreter's own library may be one whose WAL mode corrupts
(sqlite.org/wal.html, "The WAL-reset bug"); WAL, synchronous=FULL, and every writer starts with BEGIN IMMEDIATE. Connections open
when first used, which is in the worker process, after any fork.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, MetaData, create_engine, event, func, literal_column, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import ReturnTypeFromArgs

from tocsin.errors import BusyError, InvalidInputError, StoreError, UnusableStoreError

LOCK_TIMEOUT_SECONDS = 5
SAFE_SQLITE = (3, 51, 3)
METADATA = MetaData()
_NOW_SQLITE = literal_column("CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000", BigInteger)
_NOW_POSTGRES = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger)
_ALONE = text("SELECT pg_advisory_xact_lock(8422)")  # any number, as long as it is one
_BUSY = ("database is locked", "database table is locked", "lock timeout", "too many clients", "connection")
_UNUSABLE = ("not a database", "malformed", "no such table", "does not exist", "unable to open")
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
        self._writing = threading.Lock()
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
        # SQLite's transactions are snapshots; PostgreSQL's own default shows each statement what was committed meanwhile.
        options = {"is_snapshot": True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with _translated(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, is_alone: bool = False) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises.

        Args:
            is_alone: of all that ask for it, in any process, one at a time: for who looks first and then writes by what was there.

        Raises:
            BusyError: another writer held the lock for too long, or the database is away.
            StoreError: anything else that the database refuses.
        """
        with self._turn(), _translated(), self.engine.begin() as connection:
            if is_alone and not self.is_sqlite:  # SQLite's writers are always
                connection.execute(_ALONE)
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite lets its writers poll for the lock, and the unlucky one wait for seconds; threads of one process queue up instead."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=LOCK_TIMEOUT_SECONDS):
            raise BusyError("other writers keep the store busy", hint="try again shortly")
        try:
            yield
        finally:
            self._writing.release()

    def now(self) -> ColumnElement[int]:
        """The database's own clock as a stamp: several server processes then share one clock."""
        return _NOW_SQLITE if self.is_sqlite else _NOW_POSTGRES

    def greatest(self, left: ColumnElement[int], right: ColumnElement[int]) -> ColumnElement[int]:
        """The greater of two values, which the two databases spell differently."""
        return (func.max if self.is_sqlite else func.greatest)(left, right, type_=BigInteger)

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


class joined(ReturnTypeFromArgs[bytes]):
    """All values of a binary column in the order of a second one, with commas between: a thousand rows as one costs a quarter."""

    inherit_cache = True


@compiles(joined, "sqlite")
def _joined_sqlite(element: joined, compiler: SQLCompiler, **options: Any) -> str:
    # Its rows come in the order of the subquery below it. An ORDER BY inside would sort the bodies once more, at six times the cost.
    value, _order = element.clauses
    return f"CAST(group_concat({compiler.process(value, **options)}) AS BLOB)"


@compiles(joined, "postgresql")
def _joined_postgresql(element: joined, compiler: SQLCompiler, **options: Any) -> str:
    value, order = (compiler.process(one, **options) for one in element.clauses)
    return f"string_agg({value}, ','::bytea ORDER BY {order})"


def is_storable(text: str) -> bool:
    """Both databases take it in a statement: it has no U+0000 and no lone surrogates. Text that is not finds nothing."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _engine(url: str, **options: Any) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise InvalidInputError("database is not a URL", hint='write "sqlite:///path" or "postgresql://user@host/name"') from error
    options |= {"hide_parameters": True, "pool_size": 8, "max_overflow": 24, "pool_timeout": LOCK_TIMEOUT_SECONDS}
    if parsed.get_backend_name() == "postgresql":
        driver = parsed.set(drivername="postgresql+psycopg")
        return create_engine(driver, connect_args={"options": _POSTGRES_OPTIONS}, **options)
    if parsed.get_backend_name() != "sqlite":
        raise InvalidInputError("database is of no known kind", hint="use sqlite:///path or postgresql://user@host/name")
    if sqlite.sqlite_version_info < SAFE_SQLITE:
        raise StoreError(f"SQLite {sqlite.sqlite_version} may corrupt a write-ahead log", hint="install a newer pysqlite3")
    if parsed.database in (None, "", ":memory:"):
        raise InvalidInputError("database names no file", hint="write sqlite:///path, with a fourth slash where the path is absolute")
    engine = create_engine(url, module=sqlite, connect_args={"check_same_thread": False}, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver starts no transaction of its own
    for pragma in (
        f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}",  # first: the next one may have to wait
        "journal_mode=WAL",
        "synchronous=FULL",
        "wal_autocheckpoint=4000",
        "foreign_keys=ON",
    ):
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
        cause = str(error.orig).lower()
        if any(word in cause for word in _BUSY):
            raise BusyError("the store is busy or away", hint="try again shortly") from error
        if any(word in cause for word in _UNUSABLE):
            raise UnusableStoreError(f"the database cannot be used: {error.orig}", hint="restore it, or run: tocsin db upgrade") from error
        raise StoreError("the store refused a statement") from error
