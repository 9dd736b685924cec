"""Two exchanges in step: how fast one pulls from the other, and how soon it has what is new under `sync --watch`."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.measure import Row
from benchmarks.rows import Effort
from benchmarks.servers import COLLECTION, Filled
from tests.support.exchange import TOCSIN, RunningExchange
from tests.support.objects import indicator
from tests.support.pair import add_peer, befriend, submit, sync

SYNC = (8_000.0, 15_000.0)
_INTERVAL = 0.2  # seconds between two passes


def pulling(filled: Filled, folder: Path, effort: Effort) -> Iterator[Row]:
    """A new exchange pulls the whole collection, as often as there are rounds: judged, durable, checkpoints included."""
    rates = []
    for number in range(min(effort.rounds, 3)):
        guest = _guest(filled, folder / f"guest{number}", name=f"guest{number}")
        began = time.perf_counter()
        (tally,) = sync(guest)
        rates.append(tally["new"] / (time.perf_counter() - began))
        assert (tally["new"], tally["refused"]) == (filled.size, [])
    rates.sort()
    name = "judged and durable"
    yield Row(group=_group(filled), name=name, value=median(rates), low=rates[0], high=rates[-1], unit="/s", floor=SYNC[0], aim=SYNC[1])


def watching(filled: Filled, folder: Path, effort: Effort) -> Iterator[Row]:
    """From the publication of one object to the page of the peer that watches."""
    guest = _guest(filled, folder / "watcher", name="watcher")
    sync(guest)
    guest.start()
    command = [TOCSIN, "--home", str(guest.home), "sync", "--watch", "--interval", str(_INTERVAL)]
    watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        waits = sorted(_wait(filled, guest, number) for number in range(effort.rounds))
    finally:
        watcher.terminate()
        watcher.wait()
        guest.stop()
    name = f"from publication to the peer's page, --watch --interval {_INTERVAL}"
    middle, low, high = (1000 * one for one in (median(waits), waits[0], waits[-1]))
    yield Row(group=_group(filled), name=name, value=middle, low=low, high=high, unit=" ms", floor=None, aim=None)


def _guest(filled: Filled, home: Path, *, name: str) -> RunningExchange:
    guest = RunningExchange.make(home)
    token = befriend(filled.exchange, guest, name=name)
    add_peer(guest, filled.exchange, name="host", token=token, routes=[f"--pull={COLLECTION}={COLLECTION}"])
    return guest


def _wait(filled: Filled, guest: RunningExchange, number: int) -> float:
    item = indicator(10**9 + number)
    submit(filled.exchange, COLLECTION, [item])
    began = time.perf_counter()
    while not guest.has(COLLECTION, str(item["id"])) and time.perf_counter() - began < 60:
        time.sleep(0.005)
    return time.perf_counter() - began


def _group(filled: Filled) -> str:
    return f"sync of {filled.size:,} objects between two exchanges"
