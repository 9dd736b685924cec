"""`tocsin member`: who may log in, as what, and for how long."""

from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import Json, clearance_of, open_exchange, read_secret, show
from tocsin.faces.cli.instant import At, Days, Never, instant_of
from tocsin.model.account import Account
from tocsin.model.member import Caller, Role
from tocsin.model.secret import new_password
from tocsin.model.stamp import text_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Members of organisations.")

Name = Annotated[str, typer.Argument(help="The member.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, with which it logs in.")],
    role: Annotated[str, typer.Option(help="administrator, analyst, peer or soc.")],
    organisation: Annotated[str, typer.Option(help="The organisation that it speaks for; without it, ours.")] = "",
    clearance: Annotated[str, typer.Option(help="clear, green, amber, amber+strict or red.")] = "green",
    password_stdin: PasswordStdin = False,
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
        clearance=clearance_of(clearance),
    )
    password = read_secret() if password_stdin else new_password()
    made = exchange.members.add_member(member, password=password, now=exchange.now())
    result = {"name": made.name, "organisation": made.organisation, "role": role, "clearance": clearance}
    text = f"{name} is a member of {made.organisation}: {role}, cleared for TLP:{clearance.upper()}"
    if not password_stdin:
        result["password"] = password
        text += f"\nPassword: {password}   (shown this once)"
    show(result, text=text, as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the members, and whether they may log in."""
    exchange = open_exchange(ctx)
    now, members = exchange.now(), exchange.accounts.members()
    show([_shape(one, now) for one in members], text="\n".join(_line(one, now) for one in members), as_json=as_json)


@app.command("disable")
def disable(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Let a member in no longer, with its password or any token."""
    exchange = open_exchange(ctx)
    exchange.accounts.disable(exchange.accounts.find_member(name), now=exchange.now())
    _show(ctx, name, as_json=as_json)


@app.command("enable")
def enable(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Let a disabled member in again, with what it had."""
    exchange = open_exchange(ctx)
    exchange.accounts.enable(exchange.accounts.find_member(name))
    _show(ctx, name, as_json=as_json)


@app.command("rotate")
def rotate(ctx: typer.Context, name: Name, password_stdin: PasswordStdin = False, as_json: Json = False) -> None:
    """Give a member a new password. Without --password-stdin it is made, and shown once. Its tokens stay."""
    exchange = open_exchange(ctx)
    member = exchange.accounts.find_member(name)
    password = read_secret() if password_stdin else new_password()
    exchange.accounts.rotate_password(member, password)
    result = {"name": name} if password_stdin else {"name": name, "password": password}
    text = f"{name} has a new password" + ("" if password_stdin else f"\nPassword: {password}   (shown this once)")
    show(result, text=text, as_json=as_json)


@app.command("expire")
def expire(ctx: typer.Context, name: Name, at: At = "", days: Days = None, never: Never = False, as_json: Json = False) -> None:
    """Let a member in until an instant, and no longer."""
    exchange = open_exchange(ctx)
    until = instant_of(at, days, never, now=exchange.now())
    exchange.accounts.expire(exchange.accounts.find_member(name), until)
    _show(ctx, name, as_json=as_json)


def account_shape(account: Account, now: int) -> dict[str, Any]:
    """What members and tokens have in common."""
    stamps = {"created": account.created, "last_used": account.last_used, "expires": account.expires}
    return {"state": account.state(now), **{name: None if stamp is None else text_of(stamp) for name, stamp in stamps.items()}}


def account_line(account: Account, now: int) -> str:
    """The same for people."""
    used = f"used {text_of(account.last_used)[:10]}" if account.last_used is not None else "never used"
    expiry = f", expires {text_of(account.expires)[:19]}Z" if account.expires is not None else ""
    return f"{account.state(now)}, made {text_of(account.created)[:10]}, {used}{expiry}"


def _show(ctx: typer.Context, name: str, *, as_json: bool) -> None:
    exchange = open_exchange(ctx)
    member, now = exchange.accounts.find_member(name), exchange.now()
    show(_shape(member, now), text=_line(member, now), as_json=as_json)


def _shape(member: Account, now: int) -> dict[str, Any]:
    named = {"name": member.name, "organisation": member.organisation}
    return {**named, "role": str(member.role), "clearance": member.clearance.label, **account_shape(member, now)}


def _line(member: Account, now: int) -> str:
    what = f"{member.organisation}, {member.role}, TLP:{member.clearance.label.upper()}"
    return f"{member.name}: {account_line(member, now)} ({what})"


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        raise InvalidInputError(f"there is no role {word!r}", hint=f"roles: {', '.join(Role)}") from error
