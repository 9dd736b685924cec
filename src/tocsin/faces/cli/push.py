"""`tocsin push`: to peers, what they have not got yet."""

from typing import Annotated

import typer

from tocsin.faces.cli.console import Json, open_exchange
from tocsin.faces.cli.sync import chosen, finish, local_id, run
from tocsin.model.peer import Direction
from tocsin.services.sync import Errand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def push(
    ctx: typer.Context,
    peer: Annotated[str, typer.Argument(help="The peer; without it, all of them.")] = "",
    collection: Annotated[str, typer.Option(help="Only this collection of ours: alias or id.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be sent.")] = False,
    as_json: Json = False,
) -> None:
    """Push to peers what they have not got yet, and never what came from them."""
    exchange = open_exchange(ctx)
    errand = Errand(directions=frozenset({Direction.PUSH}), collection=local_id(exchange, collection), is_dry_run=dry_run)
    finish(run(exchange, chosen(exchange, peer), errand), as_json=as_json)
