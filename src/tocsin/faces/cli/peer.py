"""`tocsin peer`: other exchanges, and the routes to and from them."""

from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.faces.cli.console import Json, clearance_of, open_exchange, read_secret, show
from tocsin.model.peer import Direction, Peer, Route
from tocsin.model.stamp import text_of
from tocsin.services.peer import NewPeer
from tocsin.wiring import Exchange

app = typer.Typer(help="Other exchanges, and the routes to and from them.", add_completion=False, rich_markup_mode=None)


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="How you call it.")],
    url: Annotated[str, typer.Option(help="Its discovery or API root URL.")],
    organisation: Annotated[str, typer.Option(help="Whose it is; without it, an organisation of the peer's name, made if need be.")] = "",
    clearance: Annotated[str, typer.Option(help="Up to which TLP level we push to it.")] = "green",
    user: Annotated[str, typer.Option(help="The name with which we log in there.")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read that name's password from standard input.")] = False,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read a token from standard input.")] = False,
    pull: Annotated[list[str] | None, typer.Option(help="REMOTE=LOCAL, a collection to pull; may be repeated.")] = None,
    push: Annotated[list[str] | None, typer.Option(help="LOCAL=REMOTE, a collection to push; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Take in a peer. Nothing is asked of it yet: `tocsin peer test` does."""
    if bool(user) != password_stdin or (password_stdin and token_stdin):
        raise InvalidInputError("the login is not clear", hint="give --user with --password-stdin, or --token-stdin, or nothing")
    exchange = open_exchange(ctx)
    secret = read_secret() if password_stdin or token_stdin else ""
    _require_organisation(exchange, organisation, default=name)
    new = NewPeer(name=name, url=url, organisation=organisation or name, clearance=clearance_of(clearance), user=user, secret=secret)
    made = exchange.peers.add(new, pull=_pairs(pull), push=_pairs(push), now=exchange.now())
    show(_shape(exchange, made), text=_text(exchange, made), as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the peers and their routes."""
    exchange = open_exchange(ctx)
    peers = exchange.peers.listing()
    show([_shape(exchange, one) for one in peers], text="\n".join(_text(exchange, one) for one in peers), as_json=as_json)


@app.command("show")
def show_(ctx: typer.Context, name: str, as_json: Json = False) -> None:
    """Show a peer, how far its routes have got, and what was refused on them."""
    exchange = open_exchange(ctx)
    peer = exchange.peers.find(name)
    refused = [(route, one) for route in exchange.peers.routes(peer) for one in exchange.peers.refused(route)]
    lines = [
        (f"  refused{' for now' if one.is_passing else ''} on {route.direction} {route.remote}: {one.id} {one.version}: {one.reason}")
        for route, one in refused
    ]
    result = {
        **_shape(exchange, peer),
        "refused": [
            {"direction": str(route.direction), "remote": route.remote, "id": one.id, "version": one.version}
            | {"reason": one.reason, "passing": one.is_passing}
            for route, one in refused
        ],
    }
    show(result, text="\n".join([_text(exchange, peer), *lines]), as_json=as_json)


@app.command("test")
def test(ctx: typer.Context, name: str, as_json: Json = False) -> None:
    """Log in at a peer now, and see which collections it shows us."""
    exchange = open_exchange(ctx)
    seen = exchange.peers.look(exchange.peers.find(name))
    rights = {(True, True): "read, write", (True, False): "read", (False, True): "write", (False, False): "nothing"}
    lines = [(f"{one.alias or one.id}: {one.title} ({rights[one.can_read, one.can_write]})") for one in seen]
    result = [{"id": one.id, "alias": one.alias, "title": one.title, "can_read": one.can_read, "can_write": one.can_write} for one in seen]
    show(result, text="\n".join(lines) or "it shows us no collection", as_json=as_json)


@app.command("disable")
def disable(ctx: typer.Context, name: str, as_json: Json = False) -> None:
    """Leave a peer alone until it is enabled again."""
    _switch(ctx, name, is_disabled=True, as_json=as_json)


@app.command("enable")
def enable(ctx: typer.Context, name: str, as_json: Json = False) -> None:
    """Take up a peer again, where it was left."""
    _switch(ctx, name, is_disabled=False, as_json=as_json)


@app.command("remove")
def remove(ctx: typer.Context, name: str, as_json: Json = False) -> None:
    """Forget a peer, its login and its routes. What came from it stays."""
    exchange = open_exchange(ctx)
    exchange.peers.remove(exchange.peers.find(name))
    show({"removed": name}, text=f"{name} is no longer a peer", as_json=as_json)


def _switch(ctx: typer.Context, name: str, *, is_disabled: bool, as_json: bool) -> None:
    exchange = open_exchange(ctx)
    exchange.peers.disable(exchange.peers.find(name), is_disabled=is_disabled)
    word = "disabled" if is_disabled else "enabled"
    show({"name": name, "disabled": is_disabled}, text=f"{name} is {word}", as_json=as_json)


def _require_organisation(exchange: Exchange, name: str, *, default: str) -> None:
    """The organisation that is named must exist; the one of the peer's own name is made."""
    known = {one.name for one in exchange.organisations.listing()}
    if name and name not in known:
        raise NotFoundError(f"there is no organisation {name!r}", hint=f"organisations here: {', '.join(sorted(known))}")
    if not name and default not in known:
        exchange.organisations.add(default, domain="", identity=None, now=exchange.now())


def _pairs(given: list[str] | None) -> list[tuple[str, str]]:
    pairs = [tuple(one.split("=", 1)) for one in given or []]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise InvalidInputError("a route is not of the form A=B", hint="write --pull REMOTE=LOCAL and --push LOCAL=REMOTE")
    return [(left, right) for left, right in pairs]


def _shape(exchange: Exchange, peer: Peer) -> dict[str, Any]:
    aliases = {one.id: one.alias for one in exchange.collections.everything()}
    return {
        "name": peer.name,
        "url": peer.url,
        "organisation": peer.organisation,
        "disabled": peer.is_disabled,
        "failures": peer.failures,
        "routes": [_route_shape(one, aliases) for one in exchange.peers.routes(peer)],
    }


def _route_shape(route: Route, aliases: dict[str, str]) -> dict[str, Any]:
    reached = route.since if route.direction is Direction.PULL else text_of(route.position) if route.position else ""
    return {"direction": str(route.direction), "local": aliases[route.local], "remote": route.remote, "reached": reached or None}


def _text(exchange: Exchange, peer: Peer) -> str:
    shape = _shape(exchange, peer)
    state = " (disabled)" if peer.is_disabled else f" (failed {peer.failures} times in a row)" if peer.failures else ""
    arrows = {"pull": "<-", "push": "->"}
    lines = [
        f"  {one['local']} {arrows[one['direction']]} {one['remote']}, reached {one['reached'] or 'nothing yet'}" for one in shape["routes"]
    ]
    return "\n".join([f"{peer.name}{state}: {peer.url}, {peer.organisation}", *lines])
