"""`tocsin db`: care of the database."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tocsin.faces.cli.console import PART_FAILED, Json, open_config, open_exchange, open_unchecked, printable, show
from tocsin.faces.cli.file import progress
from tocsin.services.maintenance import Restore
from tocsin.wiring import build_maintenance, read_secret, write_secret

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


@app.command("backup")
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    with_secret: Annotated[
        bool, typer.Option("--with-secret", help="Put the root secret in too: then the file opens peers' logins and shared keys.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write everything that the database holds into one file, while the exchange serves."""
    config = open_config(ctx)
    secret = read_secret(config.secret_path) if with_secret else None
    with _watched("rows") as watch:
        entries = build_maintenance(config).backup(file.absolute(), secret=secret, watch=watch)
    text = f"{file}: {entries} entries{', and the secret: keep it as safe as the secret itself' if with_secret else ''}"
    show({"file": str(file), "entries": entries, "secret": with_secret}, text=text, as_json=as_json)


@app.command("restore")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `tocsin db backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Give up what the database holds now.")] = False,
    with_secret: Annotated[bool, typer.Option("--with-secret", help="Take the root secret from the backup too.")] = False,
    damaged: Annotated[bool, typer.Option("--damaged", help="Take the backup though entries in it are damaged.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of what the database holds, and start a new epoch: every `next` handed out so far ends with 400."""
    os.umask(0o077)  # a database that is made here holds what others on this machine must not read
    config = open_config(ctx)
    wish = Restore(file=file, scratch=config.home, is_replacing=replace, takes_damaged=damaged, needs_secret=with_secret)
    with _watched("rows") as watch:
        restored = build_maintenance(config).restore(wish, watch=watch)
    if with_secret and restored.secret:
        write_secret(config.secret_path, restored.secret)
    result = {"file": str(file), "entries": restored.entries, "secret": with_secret, "faults": list(restored.faults)}
    lines = [f"{restored.entries} entries restored", *(["and the secret: restart the exchange"] if with_secret else []), *restored.faults]
    show(result, text="\n".join(lines), as_json=as_json)
    if restored.faults:
        raise typer.Exit(PART_FAILED)


@contextmanager
def _watched(title: str) -> Iterator[Callable[[int, int], None]]:
    with progress(title, None) as bar:
        yield lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total)
