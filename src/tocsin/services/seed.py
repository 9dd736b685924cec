"""Loading seed bundles into collections, idempotently: objects that are there already stay as they are.

A folder of seeds holds bundles and an `index.toml` that names the collections (by alias) into which each goes.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import InvalidInputError
from tocsin.model import strict_json
from tocsin.model.collection import Collection
from tocsin.model.member import Caller
from tocsin.model.status import Status
from tocsin.services.object import ObjectService

INDEX = "index.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One bundle and where it goes."""

    file: Path
    alias: str


def list_seeds(folder: Path) -> list[Seed]:
    """What a folder's index names, in its order; nothing where there is no index.

    Raises:
        InvalidInputError: the index is malformed, or names a file that is not there.
    """
    index = folder / INDEX
    if not index.is_file():
        return []
    try:
        named = tomllib.loads(index.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(f"{index}: {error}", hint="write it as TOML") from error
    return list(_seeds(folder, named))


def _seeds(folder: Path, named: dict[str, object]) -> Iterator[Seed]:
    for name, aliases in named.items():
        if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
            raise InvalidInputError(f"{folder / INDEX}: {name} names no collections", hint='write "file.json" = ["alias"]')
        if Path(name).name != name or not (folder / name).is_file():
            raise InvalidInputError(f"{folder / INDEX}: there is no file {name!r} beside it", hint="name a bundle in this folder")
        yield from (Seed(file=folder / name, alias=alias) for alias in aliases)


def load_seed(objects: ObjectService, operator: Caller, *, seed: Seed, collection: Collection, now: int) -> Status:
    """Puts one bundle into its collection; its status tells what became of each object.

    Raises:
        InvalidInputError: the file cannot be read, or holds no objects; names it.
    """
    try:
        bodies = strict_json.cut_file(seed.file.read_bytes())
    except OSError as error:
        raise InvalidInputError(f"{seed.file}: {error.strerror}", hint="give a file that can be read") from error
    except InvalidInputError as error:
        raise InvalidInputError(f"{seed.file}: {error.message}", hint=error.hint) from error
    if not bodies:
        raise InvalidInputError(f"{seed.file} holds no objects", hint="write a bundle with some, or leave it out of the index")
    return objects.add(operator, collection, bodies, now=now)[0]
