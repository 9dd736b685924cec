"""The schema: what the revisions build is what the statements expect, on both databases."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from tests.contracts.ground import Ground
from tests.support.objects import indicator
from tocsin.errors import StoreError
from tocsin.store import alert, collection, key, member, migration, object, peer, signing, status, throttle
from tocsin.store.database import METADATA, Database

TABLES = {
    *("alembic_version", "alert", "collection", "entry", "failure", "lease", "member"),
    *("organisation", "peer", "refusal", "route", "shared_key", "signing_key", "status", "token"),
}


def tables(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def test_the_tables_of_the_store_are_all_known() -> None:
    """The comparison below sees every table of every module that has one."""
    owned = {collection.collection, member.organisation, member.member, member.token, object.entry, status.status, throttle.failure}
    owned |= {peer.peer, peer.route, peer.refusal, peer.lease, key.shared_key, alert.alert, signing.signing_key}
    assert set(METADATA.tables.values()) == owned
    assert {table.name for table in owned} == TABLES - {"alembic_version"}


def test_the_revisions_build_exactly_the_tables_of_the_statements(ground: Ground) -> None:
    """Columns, types, keys, indexes and defaults: no difference."""
    with ground.database.read() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    assert tables(ground.database) == TABLES


def test_the_partial_indexes_are_partial(ground: Ground) -> None:
    """The comparison does not look at their conditions, and without them a page of last versions reads the others too."""
    source = "SELECT sql FROM sqlite_master WHERE name = :name"
    if not ground.database.is_sqlite:
        source = "SELECT indexdef FROM pg_indexes WHERE indexname = :name"
    for name in ("entry_last", "entry_last_type"):
        with ground.database.read() as connection:
            assert " WHERE is_last" in connection.execute(text(source), {"name": name}).scalar_one()


def test_upgrading_again_does_nothing(ground: Ground) -> None:
    """Data and schema stay, and the schema is current."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    before = ground.rows(shelf)
    migration.upgrade(ground.database)
    migration.require_current(ground.database)
    assert ground.rows(shelf) == before


def test_an_empty_database_is_refused_until_it_is_upgraded(empty_url: str) -> None:
    """With the command that mends it."""
    database = Database(empty_url)
    with pytest.raises(StoreError, match="tocsin db upgrade"):
        migration.require_current(database)
    migration.upgrade(database)
    migration.require_current(database)
    database.close()


def test_a_database_of_a_later_program_is_refused(empty_url: str) -> None:
    """Neither used nor touched."""
    database = Database(empty_url)
    migration.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for step in (migration.require_current, migration.upgrade):
        with pytest.raises(StoreError):
            step(database)
    with database.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    database.close()


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    """All its tables come in one transaction, on both databases."""
    database = Database(empty_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE status (in_the_way INTEGER)"))
    with pytest.raises(StoreError):
        migration.upgrade(database)
    assert tables(database) <= {"status", "alembic_version"}
    database.close()


def test_processes_that_upgrade_at_once_get_one_schema(empty_url: str) -> None:
    """The first does the work, the others find it done."""
    program = (
        f"from tocsin.store import database, migration; print(flush=True); input(); migration.upgrade(database.Database({empty_url!r}))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, stderr=-1, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 3
    database = Database(empty_url)
    migration.require_current(database)
    database.close()
