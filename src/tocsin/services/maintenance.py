"""What the operator does to the store as a whole: bring its schema up to date, look it over, fold its projections again."""

from dataclasses import dataclass

from tocsin.store import check, migration
from tocsin.store.database import Database


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

    def close(self) -> None:
        """Closes the store's idle connections."""
        self.database.close()
