"""`tocsin sync`: pull and push in one, once or again and again. What `pull` and `push` share with it is here too."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from tocsin.errors import TocsinError
from tocsin.faces.cli.console import PART_FAILED, PEER_FAILED, Json, open_exchange, show, tell
from tocsin.faces.cli.file import progress
from tocsin.faces.cli.layout import many
from tocsin.model.peer import Direction, Peer, Route, Tally
from tocsin.model.stamp import text_of
from tocsin.services.notification import Placed
from tocsin.services.sync import Errand
from tocsin.wiring import Exchange

app = typer.Typer(add_completion=False, rich_markup_mode=None)


AsMember = Annotated[str, typer.Option("--as", help="The member that does it; without it, the operator.")]
_TICK = 0.2  # seconds between two looks at what came in
_RETRY = 2.0  # seconds between two looks at alerts that are to be tried again
_PATIENCE = 10_000_000  # microseconds for which a push waits for the run that deals with the peer


@app.command()
def sync(
    ctx: typer.Context,
    peer: Annotated[str, typer.Argument(help="The peer; without it, all of them.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C: look after notifications, and send alerts too.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two passes.", min=0.1)] = 30.0,
    as_json: Json = False,
) -> None:
    """Pull from and push to peers. Safe to stop at any moment, and to run twice at once."""
    exchange = open_exchange(ctx)
    peers = chosen(exchange, peer)
    if not watch:
        finish(run(exchange, peers, Errand()), as_json=as_json)
        return
    bells = threading.Event(), threading.Event()  # something of ours is to go out at once
    for work in (lambda: _alert(exchange, bells[0]), lambda: _pass(exchange, peer, bell=bells[1], interval=interval)):
        threading.Thread(target=_again_and_again, args=(work,), daemon=True).start()
    _again_and_again(lambda: _tend(exchange, bells))


def _again_and_again(work: Callable[[], None]) -> None:
    """One of the three things that watching is: none waits for another, and one that fails begins again."""
    while True:
        try:
            work()
        except TocsinError as error:
            tell(f"tocsin: {error}")  # our own store is away, say: the next round finds it back
            time.sleep(1)
        except Exception as error:  # around one round, whatever it is
            tell(f"tocsin: this should not have happened: {type(error).__name__}: {error}")
            time.sleep(1)


def _tend(exchange: Exchange, bells: Sequence[threading.Event]) -> None:
    """Receipts, purges, overdue notifications."""
    for line in exchange.attendant.tend(now=exchange.now()):
        tell(line)
        for bell in bells:
            bell.set()
    time.sleep(_TICK)


def _alert(exchange: Exchange, bell: threading.Event) -> None:
    for alert in exchange.alerts.deliver():
        if alert.done is None:
            tell(f"alert {alert.kind} to {alert.target}: {alert.last_error}")
    bell.wait(_RETRY)
    bell.clear()


def _pass(exchange: Exchange, name: str, *, bell: threading.Event, interval: float) -> None:
    """Everything once, and until it is time for that again, what of ours is to go out."""
    until = time.monotonic() + interval
    _round(exchange, name, Errand())
    while bell.wait(max(0, until - time.monotonic())):
        bell.clear()
        _round(exchange, name, Errand(directions=frozenset({Direction.PUSH}), patience=_PATIENCE))


def _round(exchange: Exchange, name: str, errand: Errand) -> None:
    due = [one for one in chosen(exchange, name) if one.not_before <= exchange.now()]
    for tally in exchange.sync.run(due, errand):
        if tally.new or tally.refused or tally.error:
            tell(text_of_tally(tally))


def deliver(exchange: Exchange, placed: Placed) -> tuple[bool | None, str]:
    """Pushes an outbox at once over the routes that there are: whether it got there (None: nobody is to be pushed to), and in words."""
    whom = placed.organisation.name
    peers = [one for one, _ in _ways(exchange, placed.outbox.id) if not one.is_disabled]
    if not peers and not exchange.notifications.is_collected(placed, now=exchange.now()):
        return False, f"it lies in {placed.outbox.alias}, where nobody at {whom} may read it, and no route leads to them"
    if not peers:
        return None, f"it lies in {placed.outbox.alias}, where {whom} can read it"
    errand = Errand(directions=frozenset({Direction.PUSH}), collection=placed.outbox.id, patience=_PATIENCE)
    tallies = exchange.sync.run(peers, errand)
    refused = [each for one in tallies for each in one.refused]
    final = next((one for one in refused if not one.is_passing), None)
    if final is not None:
        return False, f"{whom} refuses {final.id}: {final.reason}"
    faults = [one.error for one in tallies if one.error] + [one.reason for one in refused]
    if faults:
        return False, f"not delivered to {whom} yet: {faults[0]}; it is tried again by tocsin sync --watch"
    return True, f"delivered to {whom}"


def obstacles(exchange: Exchange, outbox: str, *, ids: Collection[str]) -> list[str]:
    """What stands in the way from an outbox (its id) to the other side, of these objects."""
    found = list[str]()
    for peer, route in _ways(exchange, outbox):
        if peer.is_disabled:
            found.append(f"the peer {peer.name} is disabled")
        elif peer.failures:
            again = f"it is left alone until {text_of(peer.not_before)[:19]}Z"
            found.append(f"the peer {peer.name} has failed {many(peer.failures, 'time')} in a row; {again}")
        found += [f"the peer {peer.name} refuses {one.id}: {one.reason}" for one in exchange.peers.refused(route) if one.id in ids]
    return found


def _ways(exchange: Exchange, outbox: str) -> list[tuple[Peer, Route]]:
    """The routes over which an outbox is pushed."""
    routes = [(one, route) for one in exchange.peers.listing() for route in exchange.peers.routes(one)]
    return [(one, route) for one, route in routes if route.direction is Direction.PUSH and route.local == outbox]


def names_of(exchange: Exchange) -> dict[str, str]:
    """The names of organisations, by identity."""
    return {one.identity_id: one.name for one in exchange.organisations.listing()}


def chosen(exchange: Exchange, name: str) -> list[Peer]:
    """The peer of that name, or all that are not disabled."""
    return [exchange.peers.find(name)] if name else [one for one in exchange.peers.listing() if not one.is_disabled]


def run(exchange: Exchange, peers: Sequence[Peer], errand: Errand) -> list[Tally]:
    """One pass, with a bar that counts objects."""
    done: dict[int, int] = {}
    with progress("objects", None) as bar:

        def advance(tally: Tally) -> None:
            done[id(tally)] = tally.new + tally.known + tally.held_back + len(tally.refused)
            bar.update(bar.task_ids[0], completed=sum(done.values()))

        return exchange.sync.run(peers, replace(errand, watch=advance))


def finish(tallies: Sequence[Tally], *, as_json: bool) -> None:
    """Shows what a pass did; the exit code says whether a part failed, or everything at the other side."""
    show([_shape(one) for one in tallies], text="\n".join(map(text_of_tally, tallies)) or "there is nothing to do", as_json=as_json)
    if tallies and all(one.error for one in tallies):
        raise typer.Exit(PEER_FAILED)
    if any(one.error or one.refused for one in tallies):
        raise typer.Exit(PART_FAILED)


def text_of_tally(tally: Tally) -> str:
    """A line on a route, and one on each object that was refused."""
    arrow = "<-" if tally.direction is Direction.PULL else "->"
    held = f", {tally.held_back} held back (they came from there)" if tally.held_back else ""
    error = f"; ended early: {tally.error}" if tally.error else ""
    counts = f"{tally.new} new, {tally.known} known, {len(tally.refused)} refused{held}"
    line = f"{tally.peer}: {tally.local} {arrow} {tally.remote}: {counts}{error}"
    return "\n".join([line, *(f"  {each.id} {each.version}: {each.reason}" for each in tally.refused)])


def local_id(exchange: Exchange, name: str) -> str:
    """The id of a local collection named by alias or id; "" for none."""
    if not name:
        return ""
    return exchange.collections.find(exchange.members.find("operator"), name).id


def _shape(tally: Tally) -> dict[str, Any]:
    return {
        "peer": tally.peer,
        "direction": str(tally.direction),
        "local": tally.local,
        "remote": tally.remote,
        "new": tally.new,
        "known": tally.known,
        "held_back": tally.held_back,
        "refused": [{"id": one.id, "version": one.version, "reason": one.reason, "passing": one.is_passing} for one in tally.refused],
        "error": tally.error or None,
    }
