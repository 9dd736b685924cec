"""The schema's revisions (alembic). The only way that a table comes to be or changes; a released revision is never edited."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from tocsin.errors import UnusableStoreError
from tocsin.store.database import Database

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Brings the schema to this program's revision; nothing happens when it is there already.

    Raises:
        UnusableStoreError: it is of a revision that this program does not know: a later program made it.
    """
    config = _config()
    with database.write(is_alone=True) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UnusableStoreError("the database is at a revision that this program does not know", hint="use a later program") from error


def is_empty(database: Database) -> bool:
    """Nobody ever made a schema in it."""
    return _revision(database) is None


def require_current(database: Database) -> None:
    """The schema is that of this program.

    Raises:
        UnusableStoreError: it is older or newer, or there is none.
    """
    have = _revision(database)
    want = ScriptDirectory.from_config(_config()).get_current_head()
    if have != want:
        state = "is empty" if have is None else f"is at revision {have}"
        raise UnusableStoreError(f"the database {state}, this program needs revision {want}", hint="restore it, or run: tocsin db upgrade")


def _revision(database: Database) -> str | None:
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
