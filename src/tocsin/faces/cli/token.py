"""`tocsin token`: logins for machines."""

from typing import Annotated

import typer

from tocsin.faces.cli.console import Json, open_exchange, show

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Tokens with which members log in."""


@app.command("add")
def add(ctx: typer.Context, member: Annotated[str, typer.Argument(help="Whose token it is.")], as_json: Json = False) -> None:
    """Make a token for a member. It is shown this once, and stored only as a hash."""
    exchange = open_exchange(ctx)
    token = exchange.members.add_token(member, now=exchange.now())
    show({"token": token, "member": member}, text=token, as_json=as_json)
