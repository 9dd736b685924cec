"""Exchanges that are each other's peers, and the question whether they hold the same."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from pysqlite3 import dbapi2 as sqlite

from tests.support.command import typed, typed_json
from tests.support.exchange import RunningExchange

_ENTRIES = (
    "SELECT entry.id, entry.version, entry.body FROM entry JOIN collection ON collection = number WHERE alias = {} AND body IS NOT NULL"
)


def befriend(host: RunningExchange, guest: RunningExchange, *, name: str, clearance: str = "green") -> str:
    """The guest's organisation and machine on the host, and the token with which the guest comes."""
    typed_json("organisation", "add", f"{name} org", home=host.home)
    machine = f"{name} machine"
    typed_json("member", "add", machine, "--role", "peer", "--organisation", f"{name} org", "--clearance", clearance, home=host.home)
    return str(typed_json("token", "add", machine, home=host.home)["token"])


def add_peer(guest: RunningExchange, host: RunningExchange, *, name: str, token: str, routes: Iterable[str]) -> None:
    """The host as a peer of the guest; routes are options, such as "--pull=indicators=indicators"."""
    typed_json("peer", "add", name, "--url", host.discovery, "--token-stdin", *routes, home=guest.home, stdin=f"{token}\n".encode())


def sync(exchange: RunningExchange, *arguments: str, check: bool = True) -> list[dict[str, Any]]:
    """One pass, as JSON."""
    done = typed("sync", *arguments, "--json", home=exchange.home)
    assert not check or done.returncode == 0, done
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def submit(exchange: RunningExchange, alias: str, objects: Iterable[dict[str, Any]]) -> None:
    """Objects into one of its collections, as its operator."""
    file = exchange.home / "new.json"
    file.write_text(json.dumps(list(objects)))
    typed_json("submit", str(file), "--collection", alias, home=exchange.home)


def contents(exchange: RunningExchange, alias: str) -> dict[tuple[str, str], str]:
    """What a collection holds: content by id and version, straight from the database. Fails when one is there twice."""
    found: dict[tuple[str, str], str] = {}
    for item, version, body in _rows(exchange, alias):
        digest = hashlib.sha256(bytes(body)).hexdigest()
        key = (item, digest if '"modified"' not in bytes(body).decode() else version)
        assert key not in found, f"{key} is there twice"
        found[key] = digest
    return found


def _rows(exchange: RunningExchange, alias: str) -> list[tuple[str, str, bytes]]:
    if exchange.database:
        with psycopg.connect(exchange.database) as connection:
            return connection.execute(_ENTRIES.format("%s"), (alias,)).fetchall()  # type: ignore[arg-type]
    path = Path(exchange.home) / "tocsin.db"
    with closing(sqlite.connect(str(path))) as connection:
        return connection.execute(_ENTRIES.format("?"), (alias,)).fetchall()
