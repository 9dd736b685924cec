"""`tocsin pull`: from our peers into our collections; or a collection of any TAXII 2.1 server, as JSON lines, with no exchange of ours."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Annotated

import typer

from tocsin.client import Client, Page
from tocsin.errors import InvalidInputError, PeerError
from tocsin.faces.cli.console import Json, open_exchange, printable, show, tell
from tocsin.faces.cli.file import progress
from tocsin.faces.cli.sync import chosen, finish, local_id, run
from tocsin.model.peer import Direction
from tocsin.model.stamp import stamp_of, text_of
from tocsin.services.sync import Errand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def pull(
    ctx: typer.Context,
    peer: Annotated[str, typer.Argument(help="The peer; without it, all of them.")] = "",
    from_: Annotated[str, typer.Option("--from", help="Instead: discovery or API root URL of a server; the token is TOCSIN_TOKEN.")] = "",
    collection: Annotated[str, typer.Option(help="Only this collection of ours; with --from, the server's: alias, id or title.")] = "",
    since: Annotated[str, typer.Option(help="Only what was added there after this stamp.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would come.")] = False,
    output: Annotated[Path | None, typer.Option(help="With --from, the file to write; without it, standard output.")] = None,
    as_json: Json = False,
) -> None:
    """Pull from peers what is new there. With --from, get a server's collection, one object a line, each as it arrived."""
    if from_:
        if peer or dry_run or not collection:
            raise InvalidInputError("--from takes one collection of one server", hint="give --from URL --collection NAME alone")
        _get(from_, collection, since=since, output=output, as_json=as_json)
        return
    if output is not None:
        raise InvalidInputError("--output is for --from: what peers give goes into our collections", hint="leave --output out")
    exchange = open_exchange(ctx)
    errand = Errand(
        directions=frozenset({Direction.PULL}),
        collection=local_id(exchange, collection),
        since=text_of(stamp_of(since)) if since else "",
        is_dry_run=dry_run,
    )
    finish(run(exchange, chosen(exchange, peer), errand), as_json=as_json)


def _get(url: str, collection: str, *, since: str, output: Path | None, as_json: bool) -> None:
    """Tells on stderr where it ended, for the next `--since`."""
    if as_json and output is None:
        raise InvalidInputError("--json is about the result, and the objects are on standard output", hint="give --output as well")
    count, last = 0, since
    try:
        with Client(url, os.environ.get("TOCSIN_TOKEN") or None) as client:
            for page in _written(client.pull(collection, since=since or None), output):
                count, last = count + len(page.bodies), page.last or last
    except PeerError:
        if count:
            tell(_text(count, last))  # what was written is good, and the next pull can go on behind it
        raise
    if as_json:
        show({"objects": count, "last": last or None, "file": str(output)}, text="", as_json=True)
    else:
        tell(_text(count, last))


def _written(pages: Iterator[Page], output: Path | None) -> Iterator[Page]:
    """Each page once its objects are written. The first is asked for before the file is opened: who fails at once leaves it as it was."""
    first: Iterable[Page] = [page for page in (next(pages, None),) if page is not None]
    with _opened(output) as stream, progress("pulling", None) as bar:
        for page in chain(first, pages):
            stream.writelines(_line(body, is_shown=stream.isatty()) for body in page.bodies)
            stream.flush()
            bar.advance(bar.task_ids[0], len(page.bodies))
            yield page


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        stream = output.open("wb")
    except OSError as error:
        raise InvalidInputError(f"{output}: {error.strerror}", hint="give a file that can be written") from error
    with stream:
        yield stream


def _line(body: bytes, *, is_shown: bool) -> bytes:
    """One object on one line: exactly as it arrived, but where it is shown on a terminal, without what that would obey."""
    line = b" ".join(body.splitlines())
    return (printable(line.decode(errors="replace")).encode() if is_shown else line) + b"\n"


def _text(count: int, last: str) -> str:
    return f"{count} objects" + (f", up to {last}" if last else "")
