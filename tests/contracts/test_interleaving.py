"""Several processes write to one collection while others page through it: nothing missed, nothing repeated, in order (ADR 0004)."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.ground import EVERYTHING, Ground
from tocsin.model.collection import Collection
from tocsin.model.query import ManifestEntry, ObjectQuery
from tocsin.services.maintenance import MaintenanceService

ROOT = Path(__file__).parents[2]
WRITERS = 3


@contextmanager
def writing(ground: Ground, shelf: Collection, *, seconds: float) -> Iterator[list[subprocess.Popen[str]]]:
    """Writers that all start at once, each in a process of its own."""
    arguments = [[ground.database.url, shelf.alias, str(number), str(seconds)] for number in range(1, WRITERS + 1)]
    command = [sys.executable, "-m", "tests.contracts.writer"]
    writers = [subprocess.Popen([*command, *each], cwd=ROOT, stdin=-1, stdout=-1, text=True) for each in arguments]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()


def poll(
    ground: Ground, shelf: Collection, query: ObjectQuery, *, by_token: bool, writers: list[subprocess.Popen[str]]
) -> list[ManifestEntry]:
    """Pages of random sizes until the writers have ended and nothing is left."""
    dice, got, token = random.Random(by_token), list[ManifestEntry](), None
    while True:
        is_over = all(writer.poll() is not None for writer in writers)
        answer = ground.ask(shelf, query, limit=dice.choice((1, 2, 3, 10, 100)), token=token)
        got.extend(answer.page.items)
        query = replace(query, added_after=answer.page.last or query.added_after)
        token = answer.next if by_token else None
        if not answer.page.items and is_over:
            return got


def run(ground: Ground, *, seconds: float) -> None:
    """Writers, and three pollers beside them; then what was polled is compared with what is there."""
    shelf = ground.collection()
    last = ObjectQuery(versions=("last",))
    with writing(ground, shelf, seconds=seconds) as writers, ThreadPoolExecutor() as pool:
        ways = [(EVERYTHING, True), (EVERYTHING, False), (last, False)]
        polls = [pool.submit(poll, ground, shelf, query, by_token=by_token, writers=writers) for query, by_token in ways]
        by_token, by_stamp, of_last = (each.result(timeout=seconds * 10 + 60) for each in polls)
        acknowledged = [int(writer.stdout.read()) for writer in writers if writer.stdout is not None]
    there = ground.manifest(shelf)
    assert min(acknowledged) > 0, acknowledged
    assert by_token == there
    assert by_stamp == there
    assert of_last == sorted(set(of_last), key=lambda one: one.added)
    assert set(ground.manifest(shelf, last)) <= set(of_last)
    assert len({(one.id, one.version) for one in there}) == len(there) == len(ground.rows(shelf))
    assert MaintenanceService(database=ground.database).faults() == []


def test_pollers_beside_writing_processes_miss_nothing_and_repeat_nothing(ground: Ground) -> None:
    """By `next`, by `added_after` alone, and with last versions alone, in pages of any size."""
    run(ground, seconds=2.5)


@pytest.mark.soak
def test_pollers_beside_writing_processes_for_minutes(ground: Ground) -> None:
    """The same, long enough for rare interleavings."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        run(ground, seconds=20)
