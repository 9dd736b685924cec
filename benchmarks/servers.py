"""The servers that are compared: an exchange filled with objects, and the bare application, each in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bare, data
from benchmarks.client import Target
from tests.support.exchange import RunningExchange, free_port
from tests.support.postgres import new_database
from tocsin.config import load_config
from tocsin.model.stamp import text_of
from tocsin.wiring import build_exchange

COLLECTION = "indicators"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A running exchange whose collection holds `size` objects, and stamps to ask with."""

    exchange: RunningExchange
    size: int
    collection_id: str
    middle: str  # timestamps: half of the objects was added before this one,
    end: str  # and all before this one

    @property
    def worker(self) -> int:
        """The process that answers: the only child of the one that was started."""
        assert self.exchange.process is not None
        return worker_of(self.exchange.process.pid)

    def target(self, query: str = "") -> Target:
        """The collection's objects; without a query, where to post."""
        path = f"/api/collections/{self.collection_id}/objects/{query and '?'}{query}"
        return Target(port=self.exchange.port, path=path, login=self.exchange.admin)


@dataclass(slots=True, kw_only=True)
class Bare:
    """The bare application; it serves files of its folder."""

    folder: Path
    port: int = field(default_factory=free_port)

    def target(self, like: Target, *, answer: bytes) -> Target:
        """The same request, to which this application will give the same bytes."""
        name = f"{abs(hash(answer)):x}"
        (self.folder / name).write_bytes(answer)
        return Target(port=self.port, path=f"/{name}", login=like.login)


@contextmanager
def filled(home: Path, size: int, *, database: str) -> Iterator[Filled]:
    """Makes an exchange, fills it through its services, and serves it with one process."""
    limit = {"TOCSIN_REQUESTS_PER_SECOND": "1000000"}  # never reached, and counted all the same
    exchange = RunningExchange.make(home, database=new_database() if database == "postgres" else "", environment=limit)
    middle, end = _fill(home, size)
    exchange.start()
    try:
        yield Filled(exchange=exchange, size=size, collection_id=exchange.collection_id(COLLECTION), middle=middle, end=end)
    finally:
        exchange.stop()


@contextmanager
def bare_server(folder: Path) -> Iterator[Bare]:
    """Serves the bare application with one process."""
    folder.mkdir()
    served = Bare(folder=folder)
    environment = os.environ | {bare.FOLDER: str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", str(served.port)], cwd=ROOT, env=environment)
    try:
        _await(served.port)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def worker_of(server: int) -> int:
    """The one worker process of a server process."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    workers = [int(child) for child in children if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert len(workers) == 1, f"{len(workers)} workers"
    return workers[0]


def _fill(home: Path, size: int) -> tuple[str, str]:
    """Timestamps between which, and after which, one half of the objects was added and the other."""
    exchange = build_exchange(load_config(home))
    caller = exchange.members.find("admin")
    collection = exchange.collections.find(caller, COLLECTION)
    marks = []
    for half in range(2):
        for first in range(half * size // 2, (half + 1) * size // 2, data.PER_ENVELOPE):
            bodies = data.objects(first, min(data.PER_ENVELOPE, (half + 1) * size // 2 - first))
            status, _ = exchange.objects.add(caller, collection, bodies, now=exchange.now())
            assert not status.failures, status.failures[0]
        time.sleep(0.01)  # stamps follow the clock, but for the last one's rounding
        marks.append(text_of(exchange.now()))
    exchange.maintenance.close()
    return marks[0], marks[1]


def _await(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the bare application does not answer")
