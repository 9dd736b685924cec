"""Faults below the store, real ones: what is refused may be tried again, what was acknowledged stays, and it recovers by itself."""

import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import BigInteger, literal, text

from tests.contracts.ground import Ground, now
from tests.support.objects import indicator
from tests.support.postgres import server
from tocsin.errors import BusyError, ClockError, StoreError, UnusableStoreError
from tocsin.model.collection import Collection
from tocsin.store import database as databases
from tocsin.store.database import Database

DAY = 86_400_000_000
FILLER = "x" * 20_000


@pytest.fixture
def shelf(ground: Ground) -> Collection:
    """A collection with one indicator."""
    made = ground.collection()
    ground.add(made, indicator(0))
    return made


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Ground]:
    """A SQLite store in a folder of its own."""
    made = Ground.make(f"sqlite:///{tmp_path}/log.db")
    yield made
    made.database.close()


@contextmanager
def limited(which: int, soft: int) -> Iterator[None]:
    """This process may use no more of something for a while."""
    before = resource.getrlimit(which)
    resource.setrlimit(which, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(which, before)


def ids(ground: Ground, shelf: Collection) -> list[str]:
    return [row["id"] for row in ground.rows(shelf)]


def filler(number: int) -> dict[str, object]:
    """An object that needs room."""
    return indicator(number, description=FILLER)


# No room: the disk is full


def fill(ground: Ground, shelf: Collection) -> list[str]:
    """Adds until there is no room left; the ids that were acknowledged."""
    taken: list[str] = []
    while True:
        try:
            ground.add(shelf, filler(len(taken)))
        except BusyError:
            return taken
        taken.append(filler(len(taken))["id"])


def test_a_file_that_cannot_grow_refuses_writes_and_loses_nothing(kept: Ground) -> None:
    """As on a full disk: reads go on, and with room again, so do writes."""
    shelf = kept.collection()
    with limited(resource.RLIMIT_FSIZE, 1_000_000):
        taken = fill(kept, shelf)
        assert ids(kept, shelf) == taken
        with pytest.raises(BusyError, match="full"):
            kept.add(shelf, filler(len(taken)))
    kept.add(shelf, filler(len(taken)))
    assert ids(kept, shelf) == [*taken, filler(len(taken))["id"]]


def test_every_error_of_a_disk_is_busy_and_names_the_file(kept: Ground) -> None:
    """SQLite has a code for each; a page limit gives the one of a full disk on any machine."""
    shelf = kept.collection()
    with pytest.raises(BusyError, match=r"the disk of the database is full \(.*log\.db"), kept.database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.execute(text("UPDATE collection SET description = :filler"), {"filler": FILLER * 20})
    kept.database.close()
    kept.add(shelf, filler(1))


# Nobody may write


def test_a_database_that_cannot_be_written_is_read_and_recovers_without_a_restart(kept: Ground) -> None:
    """Connections that were opened while it could not stay so for ever; they are let go, those of readers too."""
    shelf = kept.collection()
    kept.add(shelf, indicator(1))
    with kept.database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
        held = connection.connection.dbapi_connection
    assert held is not None
    held.execute("PRAGMA query_only=ON")
    with pytest.raises(BusyError, match="cannot be written to"):
        kept.add(shelf, indicator(2))
    assert ids(kept, shelf) == [indicator(1)["id"]]
    kept.add(shelf, indicator(2))
    assert ids(kept, shelf) == [indicator(1)["id"], indicator(2)["id"]]


# No file descriptors


def test_without_file_descriptors_the_store_is_busy_and_recovers(ground: Ground, shelf: Collection) -> None:
    """Connections that stand go on; new ones cannot be opened."""
    fresh = Ground(database=Database(ground.database.url), callers=ground.callers)
    assert ids(ground, shelf) == [indicator(0)["id"]]
    with limited(resource.RLIMIT_NOFILE, 3):
        with pytest.raises(BusyError):
            ids(fresh, shelf)
        with pytest.raises(BusyError):
            fresh.add(shelf, indicator(1))
        assert ids(ground, shelf) == [indicator(0)["id"]]
    fresh.add(shelf, indicator(1))
    assert ids(fresh, shelf) == [indicator(0)["id"], indicator(1)["id"]]
    fresh.database.close()


def test_an_error_in_the_middle_of_a_query_does_not_spoil_the_connection(ground: Ground, shelf: Collection) -> None:
    """One that waits for the answer to a query that nobody remembers would be given to one reader after another."""
    assert ids(ground, shelf) == [indicator(0)["id"]]
    with limited(resource.RLIMIT_NOFILE, 0), suppress(OSError):  # waiting for PostgreSQL fails
        ids(ground, shelf)
    for _ in range(3):
        assert ids(ground, shelf) == [indicator(0)["id"]]


# Somebody else holds the lock

HOLD = """
import sys
from pysqlite3 import dbapi2
connection = dbapi2.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def held(ground: Ground, shelf: Collection) -> Iterator[None]:
    """Another program has locked what a writer needs, and does not let go."""
    if not ground.database.is_sqlite:
        with psycopg.connect(ground.database.url) as other:
            other.execute("SELECT 1 FROM collection WHERE number = %s FOR UPDATE", [shelf.number])
            yield
        return
    file = str(ground.database.engine.url.database)
    with subprocess.Popen([sys.executable, "-c", HOLD, file], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.communicate("go\n")


def test_a_lock_that_another_program_keeps_is_busy_and_readers_go_on(ground: Ground, shelf: Collection) -> None:
    """After five seconds; when it is let go, the same write succeeds."""
    with held(ground, shelf):
        with pytest.raises(BusyError):
            ground.add(shelf, indicator(1))
        assert ids(ground, shelf) == [indicator(0)["id"]]
    ground.add(shelf, indicator(1))
    assert ids(ground, shelf) == [indicator(0)["id"], indicator(1)["id"]]


# Connections that break


def cut(ground: Ground) -> None:
    """PostgreSQL ends every other connection to the database, as it does when it restarts; on SQLite, they are closed under us."""
    if ground.database.is_sqlite:
        ground.database.close()
        return
    with psycopg.connect(ground.database.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


def test_after_the_database_was_away_one_answer_may_be_busy_and_no_more(ground: Ground, shelf: Collection) -> None:
    """The first that meets a broken connection finds out for all of them."""
    for number in (1, 2, 3):
        ground.add(shelf, indicator(number))
    cut(ground)
    refused = 0
    for number in (4, 5, 6):
        try:
            ground.add(shelf, indicator(number))
        except BusyError:
            refused += 1
    assert refused <= 1
    assert len(ids_after(ground, shelf)) == 7 - refused


def ids_after(ground: Ground, shelf: Collection) -> list[str]:
    """The readers' own connections were cut too."""
    try:
        return ids(ground, shelf)
    except BusyError:
        return ids(ground, shelf)


def test_a_transaction_that_is_cut_leaves_nothing_and_is_busy(ground: Ground, shelf: Collection) -> None:
    if ground.database.is_sqlite:
        with pytest.raises(BusyError), ground.database.write() as connection:
            connection.execute(text("DELETE FROM entry WHERE collection = :of"), {"of": shelf.number})
            assert connection.connection.dbapi_connection is not None
            connection.connection.dbapi_connection.set_progress_handler(lambda: 1, 1)  # every statement is interrupted
            connection.execute(text("SELECT count(*) FROM entry"))
    else:
        with pytest.raises(BusyError), ground.database.write() as connection:
            connection.execute(text("DELETE FROM entry WHERE collection = :of"), {"of": shelf.number})
            cut(ground)
            connection.execute(text("SELECT 1"))
    assert ids_after(ground, shelf) == [indicator(0)["id"]]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-such-host.invalid", "/no/such/socket"])
def test_a_postgresql_that_is_away_is_busy(address: str) -> None:
    """Whether nobody listens, the name is not known, or the socket is not there."""
    url = f"postgresql:///tocsin?host={address}" if address.startswith("/") else f"postgresql://tocsin@{address}/tocsin"
    away = Database(url)
    with pytest.raises(BusyError, match="away or busy"), away.read() as connection:
        connection.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", BusyError),  # disk full
        ("53300", BusyError),  # too many connections
        ("58030", BusyError),  # an error of its disk
        ("57P03", BusyError),  # it is starting up
        ("57014", BusyError),  # cancelled
        ("25006", BusyError),  # a replica, or read-only
        ("40P01", BusyError),  # a deadlock
        ("42501", UnusableStoreError),  # no right to the table
        ("23505", StoreError),  # already there
        ("XX001", StoreError),  # damaged
    ],
)
def test_what_postgresql_says_decides_whether_to_try_again(ground: Ground, state: str, kind: type[StoreError]) -> None:
    """By its own codes, raised by the server itself; SQLite knows no such statement."""
    statement = text(f"DO $$ BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(StoreError) as raised, ground.database.write() as connection:
        connection.execute(statement)
    assert type(raised.value) is (StoreError if ground.database.is_sqlite else kind)


# Unusable: a person has to act


def test_a_database_that_is_no_database_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_text("this is text" * 1_000)
    with pytest.raises(UnusableStoreError, match="not a database"), Database(f"sqlite:///{tmp_path}/log.db").read() as connection:
        connection.execute(text("SELECT 1"))


def test_a_database_in_a_folder_that_is_not_there_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(UnusableStoreError, match="unable to open"), Database(f"sqlite:///{tmp_path}/no/log.db").read() as connection:
        connection.execute(text("SELECT 1"))


def test_a_damaged_file_is_unusable(kept: Ground) -> None:
    """What is read from a page that was overwritten is not passed on."""
    shelf = kept.collection()
    kept.add(shelf, *(filler(number) for number in range(20)))
    kept.database.close()
    file = Path(str(kept.database.engine.url.database))
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(UnusableStoreError):
        ids(kept, shelf)


@pytest.mark.parametrize("damage", ["DROP TABLE status", "ALTER TABLE status RENAME COLUMN resource TO other"])
def test_a_schema_that_is_not_whole_is_unusable(empty_url: str, damage: str) -> None:
    broken = Ground.make(empty_url)
    shelf = broken.collection()
    with broken.database.write() as connection:
        connection.execute(text(damage))
    with pytest.raises(UnusableStoreError):
        broken.add(shelf, indicator(1))
    assert broken.rows(shelf) == []
    broken.database.close()


@pytest.mark.parametrize(("part", "wrong"), [("postgres:@", "nobody:@"), ("/postgres?", "/no_such_database?")])
def test_a_login_or_name_that_postgresql_does_not_know_is_unusable(part: str, wrong: str) -> None:
    """Trying again does not help."""
    url = server().get_uri(database="postgres")
    assert part in url
    with pytest.raises(UnusableStoreError, match="does not exist"), Database(url.replace(part, wrong)).read() as connection:
        connection.execute(text("SELECT 1"))


def test_a_statement_that_the_store_refuses_is_a_fault_of_ours(ground: Ground, shelf: Collection) -> None:
    """Neither to be tried again nor to be mended by restoring."""
    with pytest.raises(StoreError) as raised, ground.database.write() as connection:
        connection.execute(text("INSERT INTO collection SELECT * FROM collection WHERE number = :of"), {"of": shelf.number})
    assert type(raised.value) is StoreError


# The clock


@pytest.fixture
def leap(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Sets the database's clock ahead of what it is."""

    def by(microseconds: int) -> None:
        monkeypatch.setattr(Database, "now", lambda _: literal(now() + microseconds, BigInteger))

    yield by


def test_a_clock_that_leaps_ahead_stops_writes_and_not_reads(ground: Ground, shelf: Collection, leap: Callable[[int], None]) -> None:
    """One stamp of next week would date everything that comes after it. When the clock is right again, all goes on."""
    before = ground.last_added(shelf)
    leap(DAY + 60_000_000)
    with pytest.raises(ClockError, match=r"leapt 864\d\d seconds ahead"):
        ground.add(shelf, indicator(1))
    assert (ids(ground, shelf), ground.last_added(shelf)) == ([indicator(0)["id"]], before)
    leap(0)
    ground.add(shelf, indicator(1))
    assert before < ground.last_added(shelf) < now() + 1_000_000


def test_a_clock_that_is_set_right_by_less_than_a_day_is_followed(ground: Ground, shelf: Collection, leap: Callable[[int], None]) -> None:
    """Forward, and then back: no stamp is behind another."""
    leap(DAY - 60_000_000)
    ground.add(shelf, indicator(1))
    ahead = ground.last_added(shelf)
    assert ahead > now() + DAY - 120_000_000
    leap(-DAY)
    ground.add(shelf, indicator(2))
    assert ground.last_added(shelf) == ahead + 1_000


def test_after_a_restart_the_clock_is_taken_as_it_is(ground: Ground, shelf: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who corrected a clock that had been behind for days starts the exchange again."""
    real = databases._uptime
    monkeypatch.setattr(databases, "_uptime", lambda: real() - 2 * DAY)  # what a process reckons that slept for two days
    with pytest.raises(ClockError):
        ground.add(shelf, indicator(1))
    restarted = Ground(database=Database(ground.database.url), callers=ground.callers)
    restarted.add(shelf, indicator(1))
    restarted.database.close()


def test_two_writers_under_a_full_disk_are_both_told(kept: Ground) -> None:
    """Neither hangs, and nothing that was refused is there."""
    shelf, told = kept.collection(), list[Exception]()

    def write(number: int) -> None:
        try:
            kept.add(shelf, filler(number))
        except BusyError as error:
            told.append(error)

    with limited(resource.RLIMIT_FSIZE, 0):
        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(timeout=30)
    assert len(told) == 4
    assert ids(kept, shelf) == []
