"""`tocsin pull`: the objects of a collection of any TAXII 2.1 server, as JSON lines."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.client import Client
from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import Json, show, tell
from tocsin.faces.cli.file import progress

app = typer.Typer(add_completion=False)


@app.command()
def pull(
    collection: Annotated[str, typer.Option(help="The collection: alias, id or title.")],
    from_: Annotated[str, typer.Option("--from", help="Discovery or API root URL of the server; the token is TOCSIN_TOKEN.")],
    since: Annotated[str, typer.Option(help="Only what was added after this stamp, such as the `last` of an earlier pull.")] = "",
    output: Annotated[Path | None, typer.Option(help="The file to write; without it, standard output.")] = None,
    as_json: Json = False,
) -> None:
    """Get the objects of a collection, one a line, each as it arrived. Tells on stderr where it ended, for the next `--since`."""
    if as_json and output is None:
        raise InvalidInputError("--json is about the result, and the objects are on standard output", hint="give --output as well")
    count, last = 0, since
    try:
        stream = output.open("wb") if output else sys.stdout.buffer
    except OSError as error:
        raise InvalidInputError(f"{output}: {error.strerror}", hint="give a file that can be written") from error
    with stream, progress("pulling", None) as bar, Client(from_, os.environ.get("TOCSIN_TOKEN")) as client:
        for page in client.pull(collection, since=since or None):
            stream.writelines(b" ".join(body.splitlines()) + b"\n" for body in page.bodies)
            count, last = count + len(page.bodies), page.last or last
            bar.advance(bar.task_ids[0], len(page.bodies))
    text = f"{count} objects" + (f", up to {last}" if last else "")
    if as_json:
        show({"objects": count, "last": last or None, "file": str(output)}, text=text, as_json=True)
    else:
        tell(text)
