"""`tocsin doctor`: looks at everything that an exchange rests on, and says what to do about what is not well."""

import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from tocsin.errors import NotFoundError, StoreError, TocsinError
from tocsin.faces.cli.console import PART_FAILED, Json, open_config, printable, show
from tocsin.model.member import Role
from tocsin.model.peer import Peer
from tocsin.model.stamp import text_of
from tocsin.services.collection import read_definitions
from tocsin.services.maintenance import MaintenanceService
from tocsin.wiring import Exchange, build_exchange, build_maintenance

OK, WARNING, PROBLEM = "ok", "warning", "problem"
SECOND = 1_000_000  # of a stamp
DAY = 86_400  # seconds
LITTLE_ROOM, NO_ROOM = 2_000_000_000, 200_000_000  # bytes
CERTIFICATE_DAYS = 21  # the shortest-lived ones in wide use are renewed well before
SHOWN = 10  # faults of the log
WAITING_SECONDS = 10.0
SAFE = {  # settings of a database without which an acknowledged object could be lost
    "journal_mode": ("wal",),
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, how it is, and what to do."""

    topic: str
    state: str  # ok, warning, problem
    text: str
    advice: str = ""


@app.command()
def doctor(
    ctx: typer.Context,
    network: Annotated[bool, typer.Option("--network", help="Also log in at every peer, and look at certificates.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Also read every entry of every log, as `tocsin db check` does.")] = False,
    as_json: Json = False,
) -> None:
    """Look at the exchange, and say what is not well and what to do. Changes nothing. Exit code 1 when there is a problem."""
    findings = list(_look(ctx, is_deep=deep, is_networked=network))
    lines = [f"{one.state:8}{one.topic}: {one.text}{f'; {one.advice}' if one.advice else ''}" for one in findings]
    show([asdict(one) for one in findings], text="\n".join(map(printable, lines)), as_json=as_json)
    if any(one.state == PROBLEM for one in findings):
        raise typer.Exit(PART_FAILED)


def _look(ctx: typer.Context, *, is_deep: bool, is_networked: bool) -> Iterator[Finding]:
    """What needs the database is looked at where it can be used; one broken part does not hide the others."""
    config = open_config(ctx)
    yield from _files(config.home, config.secret_path)
    yield _room(config.home)
    try:
        exchange = build_exchange(config)
        maintenance = exchange.maintenance
    except TocsinError as error:
        yield Finding(topic="secret", state=PROBLEM, text=error.message, advice=error.hint)
        exchange, maintenance = None, build_maintenance(config)
    try:
        yield from _database(maintenance, is_deep=is_deep)
        if exchange is not None:
            yield from _collections(exchange)
            for peer in exchange.peers.listing():
                yield _peer(exchange, peer, is_networked=is_networked)
    except StoreError as error:
        yield Finding(topic="database", state=PROBLEM, text=error.message, advice=error.hint)
        return
    if is_networked:
        peers = exchange.peers.listing() if exchange else []
        for url in dict.fromkeys((config.base_url, *(one.url for one in peers if not one.is_disabled))):
            if url.startswith("https:"):
                yield _certificate(url)


def _files(home: Path, secret: Path) -> Iterator[Finding]:
    for path in (home, home / "tocsin.toml", secret, *sorted(home.glob("tocsin.db*"))):
        try:
            mode = path.stat().st_mode & 0o777
        except OSError:
            continue  # what is missing and needed is told below
        needed = os.R_OK | os.W_OK if path != secret else os.R_OK
        if mode & 0o077:
            advice = f"chmod {'700' if path.is_dir() else '600'} {path}"
            yield Finding(topic="files", state=PROBLEM, text=f"others on this machine may use {path} (mode {mode:o})", advice=advice)
        elif not os.access(path, needed):
            yield Finding(topic="files", state=PROBLEM, text=f"this user may not use {path}", advice="run as its owner")
        else:
            yield Finding(topic="files", state=OK, text=f"{path} is its owner's alone")


def _room(home: Path) -> Finding:
    free = shutil.disk_usage(home).free
    state = PROBLEM if free < NO_ROOM else WARNING if free < LITTLE_ROOM else OK
    advice = "" if state == OK else "make room: without it, writes end with 503"
    return Finding(topic="disk", state=state, text=f"{free / 1e9:.1f} GB free for {home}", advice=advice)


def _database(maintenance: MaintenanceService, *, is_deep: bool) -> Iterator[Finding]:
    facts = maintenance.facts()
    risky = [name for name, safe in SAFE.items() if facts.get(name, safe[0]) not in safe]
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    advice = f"set {', '.join(risky)} back: an acknowledged object could be lost" if risky else ""
    yield Finding(topic="database", state=PROBLEM if risky else OK, text=told, advice=advice)
    maintenance.require_ready()
    yield Finding(topic="schema", state=OK, text="the database has this program's schema")
    yield from _clock(maintenance)
    if is_deep:
        faults = maintenance.faults()
        for fault in faults[:SHOWN]:
            yield Finding(topic="log", state=PROBLEM, text=fault, advice="restore a backup, or what the text says")
        text = f"{len(faults)} faults in all" if faults else "every entry is what it claims to be"
        yield Finding(topic="log", state=PROBLEM if faults else OK, text=text)


def _clock(maintenance: MaintenanceService) -> Iterator[Finding]:
    now, last = maintenance.clocks()
    apart = abs(now // SECOND - time.time())
    state = PROBLEM if apart > DAY else WARNING if apart > 5 else OK
    advice = "" if state == OK else "let both machines keep time (NTP)"
    yield Finding(topic="clock", state=state, text=f"the database's clock and this one are {apart:.0f} s apart", advice=advice)
    for alias, stamp in last.items():
        ahead = (stamp - now) / SECOND
        if ahead > 60:
            advice = "correct the clock if it is behind; else leave it, stamps go on in small steps and no reader misses anything"
            text = f"the last stamp of {alias}, {text_of(stamp)}, is {ahead:.0f} s ahead of the clock"
            yield Finding(topic="clock", state=PROBLEM if ahead > DAY else WARNING, text=text, advice=advice)


def _collections(exchange: Exchange) -> Iterator[Finding]:
    folder = exchange.config.home / "collections"
    try:
        defined = read_definitions(folder)
        changes = [one for one in exchange.collections.apply(defined, is_dry_run=True) if one.kind != "unchanged"]
    except StoreError:
        raise
    except TocsinError as error:
        yield Finding(topic="collections", state=PROBLEM, text=error.message, advice=error.hint)
        return
    for change in changes:
        text = f"{change.alias} is {change.kind} in {folder}: {'; '.join(change.fields) or 'not in effect yet'}"
        yield Finding(topic="collections", state=WARNING, text=text, advice="tocsin collection apply")
    there = exchange.collections.everything()
    for one in there:
        for right, words in (("read", one.read), ("write", one.write)):
            if not any(_names_somebody(exchange, word) for word in words):
                text = f"nobody may {right} {one.alias}: {', '.join(words) or 'its list is empty'}"
                yield Finding(topic="collections", state=WARNING, text=text, advice=f"say who may, under {right}, and apply it")
    if not changes:
        yield Finding(topic="collections", state=OK, text=f"{len(there)}, as their files say")


def _names_somebody(exchange: Exchange, word: str) -> bool:
    if word in ("*", "anonymous", *Role) or word in {one.name for one in exchange.organisations.listing()}:
        return True
    with suppress(NotFoundError):
        return bool(exchange.members.find(word))
    return False


def _peer(exchange: Exchange, peer: Peer, *, is_networked: bool) -> Finding:
    """Whether its login can be opened and, where asked, whether it lets us in now; else what the last runs found."""
    if peer.is_disabled:
        return Finding(topic="peers", state=OK, text=f"{peer.name} is disabled")
    try:
        if is_networked:
            seen = exchange.peers.look(peer)
            return Finding(topic="peers", state=OK, text=f"{peer.name} lets us in and shows {len(seen)} collections")
        exchange.peers.client(peer).close()
    except StoreError:
        raise
    except TocsinError as error:
        return Finding(topic="peers", state=PROBLEM, text=f"{peer.name}: {error.message}", advice=error.hint)
    if peer.failures:
        text = f"{peer.name} failed {peer.failures} times in a row"
        return Finding(topic="peers", state=WARNING, text=text, advice=f"tocsin peer test {peer.name}")
    refused = sum(len(exchange.peers.refused(route)) for route in exchange.peers.routes(peer))
    if refused:
        text = f"{peer.name}: {refused} objects were refused on the way"
        return Finding(topic="peers", state=WARNING, text=text, advice=f"tocsin peer show {peer.name}")
    return Finding(topic="peers", state=OK, text=f"{peer.name} has not failed lately")


def _certificate(url: str) -> Finding:
    """As a client sees it: chain, name and time."""
    parts = urlsplit(url)
    place = (str(parts.hostname), parts.port or 443)
    try:
        with (
            socket.create_connection(place, timeout=WAITING_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=place[0]) as secured,
        ):
            expires = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or error
        return Finding(topic="certificates", state=PROBLEM, text=f"{url}: {reason}", advice="see to the certificate, or to the way there")
    days = int((expires - time.time()) // DAY)
    state = WARNING if days < CERTIFICATE_DAYS else OK
    advice = "" if state == OK else "renew it"
    return Finding(topic="certificates", state=state, text=f"the certificate of {url} is good for {days} days", advice=advice)
