"""`tocsin member`: who may log in, and as what."""

import secrets
import sys
from typing import Annotated

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import Json, open_exchange, show
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Role

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Members of organisations."""


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, with which it logs in.")],
    role: Annotated[str, typer.Option(help="administrator, analyst, peer or soc.")],
    organisation: Annotated[str, typer.Option(help="The organisation that it speaks for; without it, ours.")] = "",
    clearance: Annotated[str, typer.Option(help="clear, green, amber, amber+strict or red.")] = "green",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    as_json: Json = False,
) -> None:
    """Take in a member. Without --password-stdin a password is made, and shown once."""
    exchange = open_exchange(ctx)
    member = Caller(
        number=0,
        name=name,
        organisation=organisation or exchange.organisations.own().name,
        is_own=False,
        role=_role(role),
        clearance=_clearance(clearance),
    )
    password = _read_password() if password_stdin else secrets.token_urlsafe(18)
    made = exchange.members.add_member(member, password=password, now=exchange.now())
    result = {"name": made.name, "organisation": made.organisation, "role": role, "clearance": clearance}
    text = f"{name} is a member of {made.organisation}: {role}, cleared for TLP:{clearance.upper()}"
    if not password_stdin:
        result["password"] = password
        text += f"\nPassword: {password}   (shown this once)"
    show(result, text=text, as_json=as_json)


def _read_password() -> str:
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InvalidInputError("the password is not UTF-8", hint="write it in UTF-8") from error


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        raise InvalidInputError(f"there is no role {word!r}", hint=f"roles: {', '.join(Role)}") from error


def _clearance(word: str) -> Level:
    try:
        return Level.named(word)
    except ValueError as error:
        raise InvalidInputError(str(error), hint="give one of those") from error
