"""`tocsin organisation`: who is on this exchange."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import Json, open_exchange, show
from tocsin.model.member import Organisation
from tocsin.model.signature import published

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
    remarks = {True: "  (ours)", False: ""}
    text = "\n".join(f"{one.name}  {one.identity_id}{'  (off-boarded)' if one.offboarded else remarks[one.is_own]}" for one in everything)
    show([_shape(one) for one in everything], text=text, as_json=as_json)


@app.command("offboard")
def offboard(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The organisation that leaves.")], as_json: Json = False) -> None:
    """End every login and every peer of an organisation, at once. Its objects stay."""
    exchange = open_exchange(ctx)
    revoked = exchange.organisations.offboard(name, now=exchange.now())
    tokens = [{"id": one.id, "member": one.name} for one in revoked.tokens]
    lines = [
        f"{name} is off-boarded; what it published stays",
        *(f"disabled: member {one}" for one in revoked.members),
        *(f"disabled: token {one.id} of {one.name}" for one in revoked.tokens),
        *(f"disabled: peer {one}" for one in revoked.peers),
    ]
    result = {"name": name, "members": revoked.members, "tokens": tokens, "peers": revoked.peers}
    show(result, text="\n".join(lines), as_json=as_json)


@app.command("readmit")
def readmit(
    ctx: typer.Context, name: Annotated[str, typer.Argument(help="The organisation that comes back.")], as_json: Json = False
) -> None:
    """Let an organisation take part again. Its members and peers stay disabled until each is enabled; its tokens for good."""
    open_exchange(ctx).organisations.readmit(name)
    show({"name": name, "state": "active"}, text=f"{name} takes part again; enable its members one by one", as_json=as_json)


@app.command("publish")
def publish(
    ctx: typer.Context,
    rotate_key: Annotated[bool, typer.Option("--rotate-key", help="Sign with a new key from now on; the old ones stay published.")] = False,
    as_json: Json = False,
) -> None:
    """Put our identity into `providers`, with the keys that we sign with and where to find us; again only when something changed."""
    exchange = open_exchange(ctx)
    if rotate_key:
        exchange.signing.rotate(now=exchange.now())
    identity = exchange.signing.identity(now=exchange.now())
    own, keys = exchange.organisations.own(), published(identity.keys)
    lines = [
        f"{own.identity_id} {'is published anew' if identity.is_new else 'is published as it is'}",
        *(
            f"key {key['key_id']}  from {key['valid_from']}{'  until ' + key['valid_until'] if 'valid_until' in key else ''}"
            for key in keys
        ),
    ]
    result = {"identity": own.identity_id, "is_new": identity.is_new, "public_keys": keys}
    show(result, text="\n".join(lines), as_json=as_json)


def _shape(organisation: Organisation) -> dict[str, Any]:
    return {
        "name": organisation.name,
        "domain": organisation.domain,
        "identity": organisation.identity_id,
        "is_own": organisation.is_own,
        "state": "active" if organisation.offboarded is None else "off-boarded",
    }


def _read(file: Path | None) -> bytes | None:
    try:
        return file.read_bytes() if file else None
    except OSError as error:
        raise InvalidInputError(f"{file}: {error.strerror}", hint="give a file that can be read") from error
