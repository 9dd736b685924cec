"""`tocsin serve`: the exchange on the network (granian; ADR 0005)."""

import ctypes
import os
import socket
from pathlib import Path
from typing import Annotated

import typer
from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from tocsin.config import load_config
from tocsin.errors import InvalidInputError
from tocsin.faces.app import create_app
from tocsin.faces.cli.collection import described
from tocsin.faces.cli.console import open_exchange, tell
from tocsin.services.collection import read_definitions

_M_ARENA_MAX = -8  # malloc.h
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Server processes.", min=1, max=64)] = 1,
) -> None:
    """Serve TAXII 2.1 until SIGTERM or Ctrl-C; requests under way are finished."""
    exchange = open_exchange(ctx)
    address = _free_address(host, port)
    for change in exchange.collections.apply(read_definitions(exchange.config.home / "collections")):
        if change.kind != "unchanged":
            tell(f"collection {described(change)}")
    exchange.maintenance.close()  # connections open in the workers, never across a fork
    base_url = exchange.config.base_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    os.environ |= {"TOCSIN_HOME": str(exchange.config.home), "TOCSIN_BASE_URL": base_url}
    tell(f"TAXII 2.1 discovery: {base_url}/taxii2/")
    tell(f"API root:            {base_url}/api/")
    if not exchange.config.base_url and address in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        tell("base_url is not set: machines elsewhere cannot follow these addresses")
    Granian(
        f"{__name__}:make_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=address,
        port=port,
        workers=workers,
        respawn_failed_workers=True,
        log_level="error",  # type: ignore[arg-type]
    ).serve()


def _free_address(host: str, port: int) -> str:
    """The numeric address of a host, where nobody listens on that port.

    The server shares its port with whoever also allows that, so a second one would quietly take half of the first one's requests.

    Raises:
        InvalidInputError: it cannot be listened on.
    """
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier server that still close do not count
            probe.bind(address)
            probe.listen()
    except (OSError, UnicodeError) as error:
        raise InvalidInputError(
            f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}", hint="choose another --host or --port"
        ) from error
    return str(address[0])


def _use_one_heap() -> None:
    """Where the C library is glibc: one heap for all threads.

    Pages are made by ever other threads. With a heap each, memory goes back to the system after a page and is faulted in again for the
    next: that cost a fifth of the pages a second, and half as much memory again (docs/performance.md).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def make_app() -> Flask:
    """Called in each worker process."""
    _use_one_heap()
    return create_app(load_config(Path(os.environ["TOCSIN_HOME"])))
