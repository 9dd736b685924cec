"""Connections, transactions, and the few differences between SQLite and PostgreSQL (ADR 0004).

SQLite is the embedded default: the `pysqlite3` wheel, because the interpreter's own library may be one whose WAL mode corrupts
(sqlite.org/wal.html, "The WAL-reset bug"); WAL, synchronous=FULL, and every writer starts with BEGIN IMMEDIATE. Connections open
when first used, which is in the worker process, after any fork.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Table,
    create_engine,
    event,
    false,
    func,
    literal_column,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import ReturnTypeFromArgs

from tocsin.errors import BusyError, ClockError, InvalidInputError, StoreError
from tocsin.model.stamp import text_of
from tocsin.store import fault

__all__ = ["METADATA", "Connection", "Database", "is_storable", "joined"]
LOCK_TIMEOUT_SECONDS = 5
HASTY_SECONDS = 0.05  # for which a reader's small note waits for another writer
SAFE_SQLITE = (3, 51, 3)
METADATA = MetaData()
_NOW_SQLITE = literal_column("CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000", BigInteger)
_NOW_POSTGRES = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger)
_ALONE = text("SELECT pg_advisory_xact_lock(8422)")  # any number, as long as it is one
_POSTGRES: dict[str, Any] = {
    "options": f"-c jit=off -c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c timezone=UTC",
    "connect_timeout": 5,  # seconds; a machine that is gone does not answer at all
    "tcp_user_timeout": 10_000,  # milliseconds, the same for a connection that stood
}
CLOCK_JUMP = 86_400 * 1_000_000  # microseconds by which the database's clock may run ahead of what this process reckons


class Database:
    """One database: `read()` for single statements, `write()` for a transaction that holds the write lock from its start on SQLite."""

    def __init__(self, url: str | URL) -> None:
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
        self._clock = time.time_ns() // 1000 - _uptime()
        if self.is_sqlite:
            event.listen(self.engine, "begin", _begin_immediate)
        for engine in (self.engine, self._reader):
            event.listen(engine, "handle_error", self._let_go_of_stuck)

    @property
    def is_sqlite(self) -> bool:
        """SQLite, else PostgreSQL."""
        return self._reader.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for single statements, each of which sees one state of the data."""
        with self._translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction for reading much: all its statements see one state, and no writer waits for it."""
        # SQLite's transactions are snapshots; PostgreSQL's own default shows each statement what was committed meanwhile.
        options = {"is_snapshot": True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._translated(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, is_patient: bool = True, is_alone: bool = False) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises.

        Args:
            is_patient: False gives up soon where another writer holds SQLite's lock, for what a reader must not wait for.
            is_alone: of all that ask for it, in any process, one at a time: for who looks first and then writes by what was there.

        Raises:
            BusyError: another writer held the lock for too long, or the database is away.
            StoreError: anything else that the database refuses.
        """
        engine = self.engine if is_patient else self.engine.execution_options(is_hasty=True)
        with self._turn(LOCK_TIMEOUT_SECONDS if is_patient else HASTY_SECONDS), self._translated(), engine.begin() as connection:
            if is_alone and not self.is_sqlite:  # SQLite's writers are always
                connection.execute(_ALONE)
            yield connection

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[None]:
        """SQLite lets its writers poll for the lock, and the unlucky one wait for seconds; threads of one process queue up instead."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=seconds):
            raise BusyError("other writers keep the store busy", hint="try again shortly")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise BusyError("the store has no connection free", hint="try again shortly") from error
        except DBAPIError as error:
            raise fault.translated(error, self.engine.url) from error

    def _let_go_of_stuck(self, context: ExceptionContext) -> None:
        if fault.is_read_only(context.original_exception):
            # All of them at once: what the connections of one process share of a file is as the first of them found it.
            context.is_disconnect = True
            self.close()
        elif not isinstance(context.original_exception, context.dialect.loaded_dbapi.Error):
            # Not the driver's own error: it came in the middle of something, and the connection still waits for the end of that.
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    def require_steady_clock(self, now: int) -> None:
        """The database's clock has not leapt more than a day ahead of what this process reckons.

        Stamps never go back: one write under a wrong clock would date everything that comes after it.

        Raises:
            ClockError: it has. It passes when the clock is put right; after a restart, the clock is taken as it is.
        """
        ahead = now - self._clock - _uptime()
        if ahead > CLOCK_JUMP:
            raise ClockError(
                f"the clock of the database leapt {ahead // 1_000_000} seconds ahead, to {text_of(now)}",
                hint="correct the clock; if it is right, restart the exchange",
            )

    def now(self) -> ColumnElement[int]:
        """The database's own clock as a stamp: several server processes then share one clock."""
        return _NOW_SQLITE if self.is_sqlite else _NOW_POSTGRES

    def greatest(self, left: ColumnElement[int], right: ColumnElement[int]) -> ColumnElement[int]:
        """The greater of two values, which the two databases spell differently."""
        return (func.max if self.is_sqlite else func.greatest)(left, right, type_=BigInteger)

    def keep_writers_out(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Until this transaction ends nobody else changes these tables; readers go on. On SQLite that is so from its start."""
        if not self.is_sqlite:
            connection.execute(text(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE"))

    def go_on_numbering(self, connection: Connection, tables: Sequence[Table]) -> None:
        """New rows are numbered above those that came with numbers of their own. SQLite sees to it by itself."""
        for table in () if self.is_sqlite else tables:
            number = table.autoincrement_column
            if number is not None:
                sequence = func.pg_get_serial_sequence(table.name, number.name)
                connection.execute(select(func.setval(sequence, func.coalesce(func.max(number), 0) + 1, false())))

    def facts(self) -> dict[str, str]:
        """What kind of database it is, of which version, and the settings on which it rests that an acknowledged object is on disk."""
        wanted = ("journal_mode",) if self.is_sqlite else ("server_version", "fsync", "full_page_writes", "synchronous_commit")
        with self.read() as connection:
            told = {
                name: str(connection.exec_driver_sql(f"{'PRAGMA' if self.is_sqlite else 'SHOW'} {name}").scalar_one()) for name in wanted
            }
        return {"kind": "SQLite", "version": sqlite.sqlite_version, **told} if self.is_sqlite else {"kind": "PostgreSQL", **told}

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


def _engine(url: str | URL, **options: Any) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise InvalidInputError("database is not a URL", hint='write "sqlite:///path" or "postgresql://user@host/name"') from error
    options |= {"hide_parameters": True, "pool_size": 8, "max_overflow": 24, "pool_timeout": LOCK_TIMEOUT_SECONDS}
    if parsed.get_backend_name() == "postgresql":
        driver = parsed.set(drivername="postgresql+psycopg")
        return create_engine(driver, connect_args=_POSTGRES, **options)
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
        f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}",
        "synchronous=FULL",
        "wal_autocheckpoint=4000",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _use_wal(connection)


def _use_wal(connection: Any) -> None:
    """Where two open a new file at once, one of them is told "locked" without any wait, whatever its busy_timeout."""
    until = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _uptime() -> int:
    """Microseconds on a clock that nobody sets; it goes on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME if hasattr(time, "CLOCK_BOOTTIME") else time.CLOCK_MONOTONIC) // 1000


def _begin_immediate(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("is_hasty"):
        connection.exec_driver_sql("BEGIN" if options.get("is_snapshot") else "BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(HASTY_SECONDS * 1000)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}")
