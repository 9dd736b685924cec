"""`tocsin submit`: STIX objects from a file into a collection, of this exchange or of any other TAXII 2.1 server."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Protocol

import typer

from tocsin.client import Client
from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import PART_FAILED, Json, find_collection, open_exchange, show, tell
from tocsin.faces.cli.file import batches, progress, read_objects
from tocsin.model.member import OPERATOR

app = typer.Typer(add_completion=False, rich_markup_mode=None)

To = Annotated[str, typer.Option("--to", help="Discovery or API root URL of another server; the token is TOCSIN_TOKEN.")]
AsMember = Annotated[str, typer.Option("--as", help="The member that submits; without it, the operator.")]


class Fate(Protocol):
    """What became of one object, here or elsewhere."""

    @property
    def id(self) -> str: ...
    @property
    def message(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Into which collection, of which server."""

    collection: str
    url: str  # empty: ours
    member: str  # who submits to ours


@app.command()
def submit(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A bundle, an envelope, a list of objects, or JSON lines.")],
    collection: Annotated[str, typer.Option(help="The collection: alias or id (elsewhere also its title).")],
    to: To = "",
    as_member: AsMember = OPERATOR,
    as_json: Json = False,
) -> None:
    """Put STIX objects into a collection. What is refused is named, one line an id, and the exit code is 1."""
    put(ctx, file, read_objects(file), Destination(collection=collection, url=to, member=as_member), as_json=as_json)


def put(ctx: typer.Context, file: Path, objects: Sequence[bytes], destination: Destination, *, as_json: bool) -> None:
    """Puts the objects of a file into a collection, and shows what became of them.

    Raises:
        InvalidInputError: the destination contradicts itself.
    """
    if destination.url and destination.member != OPERATOR:
        raise InvalidInputError("--as names a member of our exchange, and --to another server", hint="log in there with TOCSIN_TOKEN")
    taken, refused = _push(destination, objects) if destination.url else _add(ctx, destination, objects)
    for (object_id, message), times in Counter((one.id, one.message or "") for one in refused).items():
        tell(f"{file}: {object_id}: {message}" + (f" ({times} times)" if times > 1 else ""))
    result = {
        "file": str(file),
        "collection": destination.collection,
        "total": len(taken) + len(refused),
        "taken": len(taken),
        "refused": len(refused),
        "failures": [{"id": one.id, "message": one.message or ""} for one in refused],
    }
    show(result, text=f"{len(taken)} taken, {len(refused)} refused", as_json=as_json)
    if refused:
        raise typer.Exit(PART_FAILED)


def _add(ctx: typer.Context, destination: Destination, objects: Sequence[bytes]) -> tuple[list[Fate], list[Fate]]:
    exchange = open_exchange(ctx)
    caller = exchange.members.find(destination.member)
    collection = find_collection(exchange, caller, destination.collection)
    taken, refused = list[Fate](), list[Fate]()
    with progress("storing", len(objects)) as bar:
        for batch in batches(objects):
            status, _resource = exchange.objects.add(caller, collection, batch, now=exchange.now())
            taken += status.successes
            refused += status.failures
            bar.advance(bar.task_ids[0], len(batch))
    return taken, refused


def _push(destination: Destination, objects: Sequence[bytes]) -> tuple[list[Fate], list[Fate]]:
    taken, refused = list[Fate](), list[Fate]()
    with progress("pushing", len(objects)) as bar, Client(destination.url, os.environ.get("TOCSIN_TOKEN") or None) as client:
        for batch in batches(objects):
            status = client.push(destination.collection, batch)
            taken += status.successes
            refused += (
                *status.failures,
                *(replace(one, message="the server had not decided yet; submit it again") for one in status.pendings),
            )
            bar.advance(bar.task_ids[0], len(batch))
    return taken, refused
