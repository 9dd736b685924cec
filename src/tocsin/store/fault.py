"""What goes wrong in a database, in our terms: away or busy (the same call may succeed later), unusable (a person has to act), or a bug.

Told apart by the drivers' own codes: SQLite's result code (sqlite.org/rescode.html), PostgreSQL's SQLSTATE (its appendix A). Only a
connection that PostgreSQL does not let in has no code, and is told by its text.
"""

import os
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from tocsin.errors import BusyError, StoreError, UnusableStoreError

_PASSING = {
    sqlite.SQLITE_BUSY: "another program keeps the database locked",
    sqlite.SQLITE_LOCKED: "another program keeps the database locked",
    sqlite.SQLITE_FULL: "the disk of the database is full",
    sqlite.SQLITE_IOERR: "the disk of the database fails, or is full",
    sqlite.SQLITE_READONLY: "the database cannot be written to",
    sqlite.SQLITE_CANTOPEN: "the database cannot be opened now: no file descriptors are left",
    sqlite.SQLITE_NOMEM: "there is no memory left",
    sqlite.SQLITE_INTERRUPT: "the statement was interrupted",
    sqlite.SQLITE_PROTOCOL: "another program keeps the database locked",
}
_BROKEN = {sqlite.SQLITE_CORRUPT, sqlite.SQLITE_NOTADB}
_OTHER_SCHEMA = ("no such table", "no such column", "has no column")  # these have no code of their own
# SQLSTATE: connection, undone for another, resources (disk full, too many clients), locks, shut down or starting up, the system below.
_PASSING_STATES = ("08", "40", "53", "55", "57", "58", "25006")
_UNUSABLE_STATES = ("28", "3D", "3F", "42501", "42P01", "42703")  # login, database, schema, rights, table, column
_SHUT_OUT = ("does not exist", "authentication failed", "no password supplied", "no pg_hba.conf entry", "permission denied")


def translated(error: DBAPIError, url: URL) -> StoreError:
    """Our error for a driver's."""
    cause = error.orig
    kind = _sqlite_kind(cause, url) if url.get_backend_name() == "sqlite" else _postgres_kind(error)
    if kind is BusyError:
        reason = _PASSING.get(_code(cause), "the database is away or busy")
        place = f"{url.database}: " if url.get_backend_name() == "sqlite" else ""
        return BusyError(f"{reason} ({place}{_line(cause)})", hint="try again shortly")
    if kind is UnusableStoreError:
        return UnusableStoreError(f"the database cannot be used: {_line(cause)}", hint="restore it, or run: tocsin db upgrade")
    return StoreError("the store refused a statement")


def is_read_only(cause: BaseException) -> bool:
    """Opened while its file could not be written to, a connection of SQLite stays so for ever."""
    return _code(cause) == int(sqlite.SQLITE_READONLY)


def _sqlite_kind(cause: BaseException | None, url: URL) -> type[StoreError]:
    code = _code(cause)
    if code in _BROKEN or any(words in str(cause) for words in _OTHER_SCHEMA):
        return UnusableStoreError
    if code == sqlite.SQLITE_CANTOPEN and not _is_reachable(str(url.database)):
        return UnusableStoreError
    return BusyError if code in _PASSING else StoreError


def _postgres_kind(error: DBAPIError) -> type[StoreError]:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    is_kept_out = not state and any(words in str(error.orig) for words in _SHUT_OUT)
    if is_kept_out or state.startswith(_UNUSABLE_STATES):
        return UnusableStoreError
    is_away = not state and isinstance(error, OperationalError)
    return BusyError if is_away or state.startswith(_PASSING_STATES) else StoreError


def _is_reachable(path: str) -> bool:
    """Nothing about the file itself keeps it from being opened."""
    return not Path(path).is_dir() and os.access(path, os.R_OK) and os.access(Path(path).parent, os.W_OK)


def _code(cause: BaseException | None) -> int:
    """SQLite's primary result code; 0 for another database's error."""
    return int(getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF


def _line(cause: BaseException | None) -> str:
    return " ".join(str(cause).split())[:300]
