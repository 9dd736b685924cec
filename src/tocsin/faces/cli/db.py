"""`tocsin db`: care of the database."""

import typer

from tocsin.faces.cli.console import PART_FAILED, Json, open_exchange, open_unchecked, printable, show

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Care of the database.")


@app.command("check")
def check(ctx: typer.Context, as_json: Json = False) -> None:
    """Look at every entry of every log: is it what it claims to be?"""
    faults = open_exchange(ctx).maintenance.faults()
    text = "\n".join(printable(fault) for fault in faults) or "everything is as it should be"
    show({"faults": faults}, text=text, as_json=as_json)
    if faults:
        raise typer.Exit(PART_FAILED)


@app.command("rebuild")
def rebuild(ctx: typer.Context, as_json: Json = False) -> None:
    """Drop everything that follows from the logs, and make it again from them."""
    open_exchange(ctx).maintenance.rebuild()
    show({"rebuilt": True}, text="rebuilt", as_json=as_json)


@app.command("upgrade")
def upgrade(ctx: typer.Context, as_json: Json = False) -> None:
    """Bring the database to the schema of this program."""
    open_unchecked(ctx).maintenance.upgrade()
    show({"upgraded": True}, text="the database has this program's schema", as_json=as_json)
