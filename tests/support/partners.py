"""Providers that notify each other over the network: each knows the others by their domains, and pushes its outboxes to their inboxes."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.support.command import typed_json
from tests.support.exchange import TOCSIN, RunningExchange
from tests.support.office import NUMBERS, lantern, report_id
from tocsin.model.identifier import identity_id

Found = TypeVar("Found")
ALIKE = ("state", "times", "seconds", "verdict", "outcome", "count")  # what both sides tell of a notification


def name_of(exchange: RunningExchange) -> str:
    """Of the provider whose exchange lies in this folder."""
    return f"{exchange.home.name.title()} AI"


def provider(folder: Path, word: str, **options: Any) -> RunningExchange:
    """An exchange of "Alpha AI" at alpha.example, when its word is "alpha"; nothing is served yet."""
    return RunningExchange.make(folder / word, init=("--organisation", f"{word.title()} AI", "--domain", f"{word}.example"), **options)


def admit(host: RunningExchange, word: str) -> str:
    """Another provider, and the member with which its program comes; the token of that."""
    organisation = f"{word.title()} AI"
    typed_json("organisation", "add", organisation, "--domain", f"{word}.example", home=host.home)
    options = ["--role", "peer", "--organisation", organisation, "--clearance", "amber"]
    typed_json("member", "add", f"{word}-machine", *options, home=host.home)
    return str(typed_json("token", "add", f"{word}-machine", home=host.home)["token"])


def connect(here: RunningExchange, there: RunningExchange, *, token: str, routes: Sequence[str]) -> None:
    """The other one as a peer; its organisation is known already."""
    known = ["--organisation", name_of(there), "--clearance", "amber", "--token-stdin", *routes]
    typed_json("peer", "add", there.home.name, "--url", there.discovery, *known, home=here.home, stdin=f"{token}\n".encode())


def acquaint(one: RunningExchange, other: RunningExchange) -> None:
    """Both take each other in, and push what they lay out for each other."""
    tokens = [admit(host, guest.home.name) for host, guest in ((other, one), (one, other))]
    for here, there, token in ((one, other, tokens[0]), (other, one, tokens[1])):
        connect(here, there, token=token, routes=[f"--push=outbox-{there.home.name}-ai=inbox"])


def hold_case(exchange: RunningExchange, *, more: Sequence[dict[str, Any]] = ()) -> int:
    """A new case in its `submissions`, which nobody else reads; the number."""
    number = next(NUMBERS)
    report, *rest = lantern(identity_id(f"{exchange.home.name}.example"), number)
    report["object_refs"] += [one["id"] for one in more]
    file = exchange.home / "case.json"
    file.write_text(json.dumps([report, *rest, *more]))
    typed_json("submit", str(file), "--collection", "submissions", home=exchange.home)
    return number


def draft(sender: RunningExchange, recipient: RunningExchange, number: int, *options: str) -> str:
    """The id of a notification that is not sent yet."""
    made = typed_json("notify", "draft", "--to", name_of(recipient), "--case", report_id(number), *options, home=sender.home)
    return str(made["id"])


def seen(exchange: RunningExchange, identifier: str) -> dict[str, Any]:
    """A notification as one side tells it; empty where it does not know it."""
    known = [*typed_json("notify", "list", home=exchange.home), *typed_json("inbox", "list", home=exchange.home)["notifications"]]
    return next((one for one in known if one["id"] == identifier), {})


def same(one: RunningExchange, other: RunningExchange, identifier: str) -> dict[str, Any]:
    """What both sides tell alike: state, instants, verdict, outcome. Fails where they differ."""
    told = [{name: each for name, each in seen(side, identifier).items() if name in ALIKE} for side in (one, other)]
    assert told[0] == told[1]
    return told[0]


def until(look: Callable[[], Found], *, seconds: float = 30) -> Found:
    """The first thing found that is true; fails after a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {found}")


def start(exchange: RunningExchange, *command: str) -> subprocess.Popen[bytes]:
    """A command in a process of its own; what it tells goes into a file beside the server's log."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    with (exchange.home / "command.log").open("ab") as log:
        return subprocess.Popen([TOCSIN, "--home", str(exchange.home), *command], stdout=log, stderr=log, env=clean, start_new_session=True)


def watch(exchange: RunningExchange, *, interval: str = "0.5") -> subprocess.Popen[bytes]:
    """What looks after notifications by itself."""
    return start(exchange, "sync", "--watch", "--interval", interval)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


@contextmanager
def watching(*exchanges: RunningExchange, interval: str = "0.5") -> Iterator[None]:
    """All of them watch."""
    processes = [watch(one, interval=interval) for one in exchanges]
    try:
        yield
    finally:
        for one in processes:
            kill(one)
