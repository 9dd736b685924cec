"""What every command shares: the exchange it is about, how results are printed, which exit code each kind of error has."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tocsin.config import Config, load_config
from tocsin.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PeerError,
    PeerRefusalError,
    StoreError,
    TocsinError,
    UnauthenticatedError,
    UnusableStoreError,
)
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.model.member import Caller
from tocsin.wiring import Exchange, build_exchange

PART_FAILED = 1
WRONG_INPUT = 2
PEER_FAILED = 4
OURS = 5
EXIT_CODES: dict[type[TocsinError], int] = {
    UnusableStoreError: WRONG_INPUT,
    PeerRefusalError: 3,
    PeerError: PEER_FAILED,
    StoreError: OURS,
    ForbiddenError: 3,
    UnauthenticatedError: 3,
}  # the first that fits; every other error is wrong input: 2

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def open_exchange(ctx: typer.Context) -> Exchange:
    """The exchange in --home or TOCSIN_HOME, its schema checked.

    Raises:
        InvalidInputError: none was given, or there is none.
        StoreError: the database cannot be read, or is of another revision.
    """
    exchange = open_unchecked(ctx)
    exchange.maintenance.require_ready()
    return exchange


def open_unchecked(ctx: typer.Context) -> Exchange:
    """The same without a look at the schema: for what mends it."""
    return build_exchange(open_config(ctx))


def open_config(ctx: typer.Context) -> Config:
    """The settings alone: for what has to work where the secret or the database is lost.

    Raises:
        InvalidInputError: no exchange was named, or there is none.
    """
    home: Path | None = ctx.obj
    if home is None:
        raise InvalidInputError("no exchange is named", hint="give --home FOLDER before the command, or set TOCSIN_HOME")
    return load_config(home)


def find_collection(exchange: Exchange, caller: Caller, name: str) -> Collection:
    """The collection of that alias or id.

    Raises:
        NotFoundError: there is none that the caller may read or write.
    """
    try:
        return exchange.collections.find(caller, name)
    except NotFoundError as error:
        raise NotFoundError(f"there is no collection {name!r} that {caller.name} may use", hint="see: tocsin collection list") from error


def show(result: Any, *, text: str, as_json: bool) -> None:
    """One result on stdout: as JSON for programs, as text for people; both made printable."""
    whole = json.dumps(result, ensure_ascii=False, indent=2) if as_json else text
    typer.echo("\n".join(printable(line) for line in whole.split("\n")))


def tell(line: str) -> None:
    """Progress and remarks, on stderr, made printable."""
    typer.echo(printable(line), err=True)


def fail(error: TocsinError) -> NoReturn:
    """One line on stderr, and the exit code of the error's kind."""
    tell(f"tocsin: {error}")
    sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), WRONG_INPUT))


def read_secret() -> str:
    """A password or token from the first line of standard input.

    Raises:
        InvalidInputError: it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InvalidInputError("the secret is not UTF-8", hint="write it in UTF-8") from error


def clearance_of(word: str) -> Level:
    """The TLP level that an option names.

    Raises:
        InvalidInputError: there is none of that name.
    """
    try:
        return Level.named(word)
    except ValueError as error:
        raise InvalidInputError(str(error), hint="give one of those") from error


def printable(text: str) -> str:
    """Text from outside without what a terminal would obey: control characters are shown as JSON writes them, not sent."""
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
