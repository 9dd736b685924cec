"""`tocsin token`: logins for machines. Tokens are called by the first digits of their hash, and shown once."""

from typing import Annotated, Any

import typer

from tocsin.faces.cli.console import Json, open_exchange, show
from tocsin.faces.cli.instant import At, Days, Never, instant_of
from tocsin.faces.cli.member import account_line, account_shape
from tocsin.model.account import Account
from tocsin.model.bucket import SECOND

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Tokens with which members log in.")

Token = Annotated[str, typer.Argument(metavar="ID", help="The token, as `tocsin token list` shows it.")]


@app.command("add")
def add(ctx: typer.Context, member: Annotated[str, typer.Argument(help="Whose token it is.")], as_json: Json = False) -> None:
    """Make a token for a member. It is shown this once, and stored only as a hash."""
    exchange = open_exchange(ctx)
    token = exchange.members.add_token(member, now=exchange.now())
    show({"token": token, "member": member}, text=token, as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the tokens, and whether they let anybody in."""
    exchange = open_exchange(ctx)
    now, tokens = exchange.now(), exchange.accounts.tokens()
    show([_shape(one, now) for one in tokens], text="\n".join(_line(one, now) for one in tokens), as_json=as_json)


@app.command("disable")
def disable(ctx: typer.Context, token: Token, as_json: Json = False) -> None:
    """Let a token in no longer, for good."""
    exchange = open_exchange(ctx)
    exchange.accounts.disable(exchange.accounts.find_token(token), now=exchange.now())
    _show(ctx, token, as_json=as_json)


@app.command("rotate")
def rotate(
    ctx: typer.Context,
    token: Token,
    grace: Annotated[float, typer.Option(help="Hours for which the old one still lets in.", min=0, max=8_760)] = 0,
    as_json: Json = False,
) -> None:
    """Make a new token for the same member, shown this once; the old one expires."""
    exchange = open_exchange(ctx)
    old, now = exchange.accounts.find_token(token), exchange.now()
    made = exchange.accounts.rotate_token(old, until=now + int(grace * 3_600) * SECOND, now=now)
    show({"token": made, "member": old.name, "replaces": old.id}, text=made, as_json=as_json)


@app.command("expire")
def expire(ctx: typer.Context, token: Token, at: At = "", days: Days = None, never: Never = False, as_json: Json = False) -> None:
    """Let a token in until an instant, and no longer."""
    exchange = open_exchange(ctx)
    until = instant_of(at, days, never, now=exchange.now())
    exchange.accounts.expire(exchange.accounts.find_token(token), until)
    _show(ctx, token, as_json=as_json)


def _show(ctx: typer.Context, token: str, *, as_json: bool) -> None:
    exchange = open_exchange(ctx)
    account, now = exchange.accounts.find_token(token), exchange.now()
    show(_shape(account, now), text=_line(account, now), as_json=as_json)


def _shape(token: Account, now: int) -> dict[str, Any]:
    return {"id": token.id, "member": token.name, "organisation": token.organisation, **account_shape(token, now)}


def _line(token: Account, now: int) -> str:
    return f"{token.id}  {token.name}: {account_line(token, now)} ({token.organisation})"
