"""Collections: what a caller may see of them, and bringing definitions into the store (docs/collections.md)."""

import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.errors import ConflictError, InvalidInputError
from tocsin.model.collection import Collection, from_definition
from tocsin.model.member import Caller
from tocsin.services import access
from tocsin.store.collection import define_collection, free_names, list_collections
from tocsin.store.database import Database

REMEMBERED_SECONDS = 1.0  # how long a process may go by definitions that another one has changed meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What applying a definition does, or would do."""

    alias: str
    kind: str  # "new", "changed" or "unchanged"
    fields: tuple[str, ...] = ()  # of a changed one: "read: analyst -> analyst, peer"


@dataclass(slots=True, kw_only=True)
class CollectionService:
    """The collections of this exchange."""

    database: Database
    _remembered: tuple[float, dict[str, Collection]] = field(default=(0.0, {}), init=False)

    def find(self, caller: Caller, name: str) -> Collection:
        """The collection of that id or alias.

        Raises:
            NotFoundError: there is none that the caller may read or write.
        """
        return access.require_known(caller, self._by_name().get(name.lower()))

    def listing(self, caller: Caller) -> list[Collection]:
        """The collections that the caller may read or write, by title."""
        everything = dict.fromkeys(self._by_name().values())
        return [one for one in everything if one.may_read(caller) or one.may_write(caller)]

    def everything(self) -> list[Collection]:
        """All collections, by title: for the operator."""
        with self.database.read() as connection:
            return list_collections(connection)

    def apply(self, definitions: Sequence[Collection], *, is_dry_run: bool = False) -> list[Change]:
        """Makes the store's definitions those given, and leaves collections that are not among them alone.

        Raises:
            ConflictError: two collections would have one alias or title; nothing is changed.
        """
        with self.database.write(is_alone=True) as connection:
            there = {one.id: one for one in list_collections(connection)}
            ids = {one.id for one in definitions}
            _require_distinct([*definitions, *(one for one in there.values() if one.id not in ids)])
            changes = [_change(there.get(one.id), one) for one in definitions]
            due = [] if is_dry_run else [(one, change.kind) for one, change in zip(definitions, changes, strict=True)]
            free_names(connection, [one for one, kind in due if kind == "changed"])
            for one, kind in due:
                if kind != "unchanged":
                    define_collection(connection, one, is_new=kind == "new")
        self._remembered = (0.0, {})
        return changes

    def _by_name(self) -> dict[str, Collection]:
        read_at, by_name = self._remembered
        if time.monotonic() - read_at > REMEMBERED_SECONDS:
            everything = self.everything()
            by_name = {one.id: one for one in everything} | {one.alias: one for one in everything}
            self._remembered = (time.monotonic(), by_name)
        return by_name


def read_definitions(folder: Path) -> list[Collection]:
    """The definitions in a folder's `*.toml` files, by file name.

    Raises:
        InvalidInputError: names the file, and what is wrong in it; or there is no such folder, or no file in it.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise InvalidInputError(f"{folder} holds no collection files", hint="give a folder with *.toml files")
    return [_read_definition(file) for file in files]


def _read_definition(file: Path) -> Collection:
    try:
        return from_definition(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(f"{file}: {error}", hint="write it as TOML") from error
    except InvalidInputError as error:
        raise InvalidInputError(f"{file}: {error.message}", hint=error.hint) from error


def _require_distinct(collections: Sequence[Collection]) -> None:
    for name in ("id", "alias", "title"):
        values = [getattr(one, name) for one in collections]
        for value in values:
            if values.count(value) > 1:
                raise ConflictError(f"two collections have the {name} {value!r}", hint=f"change the {name} of one of them")


def _change(before: Collection | None, after: Collection) -> Change:
    if before is None:
        return Change(alias=after.alias, kind="new")
    if before == after:
        return Change(alias=after.alias, kind="unchanged")
    names = ("alias", "title", "description", "max_tlp", "read", "write")
    fields = tuple(
        f"{name}: {_shown(getattr(before, name))} -> {_shown(getattr(after, name))}"
        for name in names
        if getattr(before, name) != getattr(after, name)
    )
    return Change(alias=after.alias, kind="changed", fields=fields)


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else getattr(value, "label", str(value))
