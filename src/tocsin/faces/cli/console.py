"""What every command shares: the exchange it is about, how results are printed, which exit code each kind of error has."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tocsin.config import load_config
from tocsin.errors import ForbiddenError, InvalidInputError, PeerError, StoreError, TocsinError, UnauthenticatedError, UnusableStoreError
from tocsin.wiring import Exchange, build_exchange

EXIT_CODES: dict[type[TocsinError], int] = {
    UnusableStoreError: 2,
    PeerError: 4,
    StoreError: 5,
    ForbiddenError: 3,
    UnauthenticatedError: 3,
}  # every other error is wrong input: 2
PART_FAILED = 1
WRONG_INPUT = 2
OURS = 5

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
    home: Path | None = ctx.obj
    if home is None:
        raise InvalidInputError("which exchange?", hint="give --home FOLDER before the command, or set TOCSIN_HOME")
    return build_exchange(load_config(home))


def show(result: Any, *, text: str, as_json: bool) -> None:
    """One result on stdout: as JSON for programs, as text for people."""
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else text)


def tell(line: str) -> None:
    """Progress and remarks, on stderr."""
    typer.echo(line, err=True)


def fail(error: TocsinError) -> NoReturn:
    """One line on stderr, and the exit code of the error's kind."""
    tell(f"tocsin: {printable(str(error))}")
    sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), WRONG_INPUT))


def printable(text: str) -> str:
    """Text from outside without what a terminal would obey: control characters are shown, not sent."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
