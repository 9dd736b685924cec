"""Instants as options of a command: --at, --in and --never."""

from typing import Annotated

import typer

from tocsin.errors import InvalidInputError
from tocsin.model.bucket import SECOND
from tocsin.model.stamp import stamp_of

At = Annotated[str, typer.Option("--at", help="An instant, such as 2026-12-31T23:59:59Z.")]
Days = Annotated[float | None, typer.Option("--in", help="Days from now.", min=0, max=36_500)]
Never = Annotated[bool, typer.Option("--never", help="Not at all: what was said before no longer counts.")]


def instant_of(at: str, days: float | None, never: bool, *, now: int) -> int | None:
    """The stamp that the options name; None for never.

    Raises:
        InvalidInputError: not exactly one is given, or `at` is no instant.
    """
    if bool(at) + (days is not None) + never != 1:
        raise InvalidInputError("it is not clear when it expires", hint="give --at INSTANT, --in DAYS or --never")
    if never:
        return None
    return stamp_of(at) if days is None else now + int(days * 86_400) * SECOND
