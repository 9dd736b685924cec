"""What the operator does to the store as a whole: bring its schema up to date, look it over, fold its projections again."""

from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import InvalidInputError
from tocsin.store import check, migration
from tocsin.store.backup import Watch, opened_backup, restore_backup, secret_in, write_backup
from tocsin.store.collection import last_stamps, read_clock
from tocsin.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """What is to be restored, and what is put up with for it."""

    file: Path
    scratch: Path  # a folder with room for a copy of the file
    is_replacing: bool = False  # what the store holds is given up
    takes_damaged: bool = False  # entries that are not what they should be are taken too
    needs_secret: bool = False  # the backup must hold the root secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a backup held."""

    entries: int
    secret: str | None  # the root secret, if it is there
    faults: tuple[str, ...]  # none, but where damage was put up with


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceService:
    """Care of the store."""

    database: Database

    def upgrade(self) -> None:
        """Brings the schema to this program's revision."""
        migration.upgrade(self.database)

    def require_ready(self) -> None:
        """The store answers, and its schema is that of this program.

        Raises:
            StoreError: it does not, or it is not.
        """
        migration.require_current(self.database)

    def faults(self) -> list[str]:
        """Everything that is wrong in the store, a sentence each; empty when it is whole."""
        damage = self.database.fault()
        with self.database.snapshot() as connection:
            return [*([f"the database file: {damage}"] if damage else []), *check.faults(connection)]

    def rebuild(self) -> None:
        """Drops every projection and folds the log again, in one transaction."""
        with self.database.write() as connection:
            check.fold(connection)

    def backup(self, file: Path, *, secret: str | None, watch: Watch) -> int:
        """Writes everything into one file, of one moment, while the exchange serves; gives the number of entries.

        Args:
            secret: the root secret, to be in it; None to leave it out.
            watch: called now and then with rows done, and rows in all.

        Raises:
            ConflictError: the file is there already.
            InvalidInputError: it cannot be written there.
            StoreError: the store or the disk of the file fails; no file is left.
        """
        migration.require_current(self.database)
        return write_backup(self.database, file, secret=secret, watch=watch)

    def restore(self, wish: Restore, *, watch: Watch) -> Restored:
        """Puts a backup in the place of everything that the store holds, and starts a new epoch in every collection.

        Raises:
            InvalidInputError: the file is no backup, is damaged, or holds no secret.
            ConflictError: the store holds entries, and is not to be replaced.
            StoreError: the store fails, or is of another revision. In each case nothing was changed.
        """
        with opened_backup(wish.file, scratch=wish.scratch) as source:
            secret = secret_in(source)
            if wish.needs_secret and secret is None:
                raise InvalidInputError(f"{wish.file} holds no secret", hint="leave out --with-secret, or take one made with it")
            with source.snapshot() as connection:
                faults = tuple(check.faults(connection))
            if faults and not wish.takes_damaged:
                raise InvalidInputError(
                    f"{wish.file} is damaged in {len(faults)} places: {faults[0]}", hint="take another, or this as it is with --damaged"
                )
            entries = restore_backup(source, self.database, is_replacing=wish.is_replacing, watch=watch)
            return Restored(entries=entries, secret=secret, faults=faults)

    def facts(self) -> dict[str, str]:
        """What kind of database it is, of which version, and the settings on which it rests that an acknowledged object is on disk."""
        return self.database.facts()

    def clocks(self) -> tuple[int, dict[str, int]]:
        """The database's clock as a stamp, and the last stamp of each collection by alias."""
        with self.database.read() as connection:
            return read_clock(connection, self.database), last_stamps(connection)

    def close(self) -> None:
        """Closes the store's idle connections."""
        self.database.close()
