"""`tocsin organisation`: who is on this exchange."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import Json, open_exchange, show
from tocsin.model.member import Organisation

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Organisations on this exchange.")


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    domain: Annotated[str, typer.Option(help="Its DNS domain, from which its identity's id follows.")] = "",
    identity: Annotated[Path | None, typer.Option(help="A file with its own STIX identity object.")] = None,
    as_json: Json = False,
) -> None:
    """Take in an organisation: its identity is published in `providers`, and it gets an outbox that only it reads."""
    exchange = open_exchange(ctx)
    organisation, outbox = exchange.organisations.add(name, domain=domain, identity=_read(identity), now=exchange.now())
    result = {**_shape(organisation), "outbox": {"id": outbox.id, "alias": outbox.alias}}
    show(result, text=f"{name} is {organisation.identity_id}; what is addressed to it goes into {outbox.alias}", as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the organisations."""
    everything = open_exchange(ctx).organisations.listing()
    text = "\n".join(f"{one.name}  {one.identity_id}{'  (ours)' if one.is_own else ''}" for one in everything)
    show([_shape(one) for one in everything], text=text, as_json=as_json)


def _shape(organisation: Organisation) -> dict[str, Any]:
    return {
        "name": organisation.name,
        "domain": organisation.domain,
        "identity": organisation.identity_id,
        "is_own": organisation.is_own,
    }


def _read(file: Path | None) -> bytes | None:
    try:
        return file.read_bytes() if file else None
    except OSError as error:
        raise InvalidInputError(f"{file}: {error.strerror}", hint="give a file that can be read") from error
