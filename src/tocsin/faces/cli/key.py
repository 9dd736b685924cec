"""`tocsin key`: keys that providers share, and accounts hashed with them. A secret is shown by `new` and `export` alone."""

import sys
from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import PART_FAILED, Json, open_exchange, read_secret, show, tell
from tocsin.model.hashed_account import KINDS, user_id
from tocsin.model.key import Key, KnownKey, quarter_of
from tocsin.model.stamp import text_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Keys that providers share to hash accounts with.")

Name = Annotated[str, typer.Argument(help="The key.")]


@app.command("new")
def new(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Make a key, and show it: hand it over by a safe channel, to those alone who are to hold it."""
    exchange = open_exchange(ctx)
    made = exchange.keys.new(name, now=exchange.now())
    show({**_shape(made), "key": made.text}, text=made.text, as_json=as_json)


@app.command("import")
def import_(ctx: typer.Context, as_json: Json = False) -> None:
    """Take over a key from the first line of standard input."""
    exchange = open_exchange(ctx)
    taken = exchange.keys.take(read_secret(), now=exchange.now())
    show(_shape(taken), text=f"{taken.name}  {taken.fingerprint}", as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the keys and their fingerprints."""
    keys = open_exchange(ctx).keys.listing()
    result = [
        {"name": one.name, "fingerprint": one.fingerprint, "created": text_of(one.created)}
        | {"retired": None if one.retired is None else text_of(one.retired)}
        for one in keys
    ]
    show(result, text="\n".join(map(_line, keys)), as_json=as_json)


@app.command("export")
def export(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show a key, to hand it over: whoever reads it holds it."""
    text = open_exchange(ctx).keys.reveal(name)
    show({"name": name, "key": text}, text=text, as_json=as_json)


@app.command("retire")
def retire(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Use a key no longer unless it is named. It is kept, so that what was hashed with it can still be searched."""
    exchange = open_exchange(ctx)
    exchange.keys.retire(name, now=exchange.now())
    show({"name": name, "state": "retired"}, text=f"{name} is retired", as_json=as_json)


@app.command("hash")
def hash_(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"What the values are: {', '.join(KINDS)}.")],
    key: Annotated[str | None, typer.Option(help="The key; without it, the only one in use.")] = None,
    epoch: Annotated[str, typer.Option(help="The epoch, such as 2026q4; without it, the quarter that we are in.")] = "",
    as_json: Json = False,
) -> None:
    """Hash accounts from standard input, one a line, in that order: to search your own logs for what others published."""
    if kind not in KINDS:
        raise InvalidInputError(f"there is no kind of account {kind[:40]!r}", hint=f"kinds: {', '.join(KINDS)}")
    exchange = open_exchange(ctx)
    found = exchange.keys.find(key)
    epoch = epoch or quarter_of(exchange.now())
    key_id, derived = found.key_id(epoch), found.derived(epoch)
    made: list[str] = []
    for number, line in enumerate(_lines(), 1):
        try:
            made.append(user_id(kind, line, key=derived, key_id=key_id))
        except InvalidInputError as error:
            tell(f"line {number}: {error}")
            made.append("")
    result = [{"line": number, "user_id": one or None} for number, one in enumerate(made, 1)]
    show(result, text="\n".join(made), as_json=as_json)
    if not all(made):
        raise typer.Exit(PART_FAILED)


def _lines() -> list[str]:
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidInputError("the values are not UTF-8", hint="write them in UTF-8, one a line") from error


def _shape(key: Key) -> dict[str, Any]:
    return {"name": key.name, "fingerprint": key.fingerprint}


def _line(key: KnownKey) -> str:
    shown = key.fingerprint or "cannot be opened: it was stored under another root secret"
    return f"{key.name}  {shown}{'' if key.retired is None else f'  (retired {text_of(key.retired)[:10]})'}"
