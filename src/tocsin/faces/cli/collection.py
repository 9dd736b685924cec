"""`tocsin collection`: the collections of this exchange, from their files."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.faces.cli.console import Json, open_exchange, printable, show
from tocsin.services.collection import Change, read_definitions

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Collections and their rights.")


@app.command("apply")
def apply(
    ctx: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="A folder of *.toml files; without it, HOME/collections.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the definitions in a folder into effect. Collections without a file stay as they are."""
    exchange = open_exchange(ctx)
    definitions = read_definitions(folder or exchange.config.home / "collections")
    changes = exchange.collections.apply(definitions, is_dry_run=dry_run)
    result = [{"alias": change.alias, "change": change.kind, "fields": list(change.fields)} for change in changes]
    show(result, text="\n".join(described(change) for change in changes), as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the collections and who may read and write them."""
    everything = open_exchange(ctx).collections.everything()
    result = [
        {
            "id": one.id,
            "alias": one.alias,
            "title": one.title,
            "max_tlp": one.max_tlp.label,
            "rights": {"read": list(one.read), "write": list(one.write)},
        }
        for one in everything
    ]
    text = "\n".join(
        f"{one.alias}  {one.id}  up to TLP:{one.max_tlp.label.upper()}  read: {', '.join(one.read)}  write: {', '.join(one.write)}"
        for one in everything
    )
    show(result, text=text, as_json=as_json)


def described(change: Change) -> str:
    """One line on a change."""
    return printable(f"{change.alias}: {change.kind}" + (f" ({'; '.join(change.fields)})" if change.fields else ""))
