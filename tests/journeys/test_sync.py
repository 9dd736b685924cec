"""Two exchanges that stay in step, whatever is killed in between."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.command import refused
from tests.support.exchange import TOCSIN, RunningExchange, tocsin
from tests.support.objects import attack_pattern, domain_name, indicator
from tests.support.pair import add_peer, befriend, contents, submit, sync
from tests.support.postgres import new_database

ROUTES = ["--pull=indicators=indicators", "--push=sightings=sightings"]
PER_ROUND = 1_500
NUMBERS = count(1)


class Couple:
    """Two exchanges: `guest` pulls `indicators` from `host`, and pushes `sightings` to it."""

    def __init__(self, folder: Path, *, databases: tuple[str, str]) -> None:
        self.host = RunningExchange.make(folder / "host", database=databases[0]).start()
        self.guest = RunningExchange.make(folder / "guest", database=databases[1])
        add_peer(self.guest, self.host, name="host", token=befriend(self.host, self.guest, name="guest"), routes=ROUTES)

    def publish(self, exchange: RunningExchange, alias: str, *, amount: int) -> None:
        """New objects, some without versions."""
        numbers = [next(NUMBERS) for _ in range(amount)]
        made = [domain_name(one) if one % 5 == 0 else indicator(one) if one % 2 else attack_pattern(one) for one in numbers]
        submit(exchange, alias, made)

    def disturb(self, chance: random.Random) -> None:
        """A sync during which one side is killed."""
        command = [TOCSIN, "--home", str(self.guest.home), "sync"]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(chance.uniform(0.5, 1.5))
        if chance.random() < 0.5:
            self.host.kill()
            running.wait(timeout=60)
            self.host.start()
        else:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(timeout=60)

    def settle(self) -> None:
        """Runs until a pass says that there was nothing to do."""
        for _ in range(30):
            tallies = sync(self.guest, check=False)
            if not any(one["error"] or one["new"] or one["known"] for one in tallies):
                return
            time.sleep(1.0 if any(one["error"] for one in tallies) else 0.0)
        raise AssertionError(tallies)

    def assert_equal(self) -> None:
        """Both hold the same, byte for byte, and nothing twice."""
        for alias in ("indicators", "sightings"):
            assert contents(self.guest, alias) == contents(self.host, alias)

    def stop(self) -> None:
        self.host.stop()


def storm(couple: Couple, *, rounds: int) -> None:
    """New objects on both sides, and a kill, each round."""
    chance = random.Random(20261124)
    for number in range(rounds):
        if number % 2 == 0:
            couple.publish(couple.host, "indicators", amount=PER_ROUND)
        else:
            couple.publish(couple.guest, "sightings", amount=PER_ROUND)
        couple.disturb(chance)
    couple.settle()
    couple.assert_equal()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Couple]:
    couple = Couple(tmp_path, databases=("", ""))
    yield couple
    couple.stop()


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[Couple]:
    couple = Couple(tmp_path, databases=(new_database(), new_database()))
    yield couple
    couple.stop()


def test_twelve_kills_lose_nothing_and_double_nothing_on_sqlite(on_sqlite: Couple) -> None:
    """kill -9 of the server or of the sync at random points of pull and push."""
    storm(on_sqlite, rounds=12)


def test_eight_kills_lose_nothing_and_double_nothing_on_postgresql(on_postgres: Couple) -> None:
    """The same on the other database."""
    storm(on_postgres, rounds=8)


@pytest.mark.soak
def test_five_hundred_kills_lose_nothing_and_double_nothing(on_sqlite: Couple) -> None:
    """The long form."""
    storm(on_sqlite, rounds=500)


def test_what_a_peer_gave_is_never_given_back_to_it(on_sqlite: Couple) -> None:
    """A collection that is pulled and pushed both ways holds back what came from there."""
    routes = ["--pull=indicators=indicators", "--push=indicators=indicators"]
    token = befriend(on_sqlite.host, on_sqlite.guest, name="second")
    add_peer(on_sqlite.guest, on_sqlite.host, name="again", token=token, routes=routes)
    on_sqlite.publish(on_sqlite.host, "indicators", amount=50)
    pulled, pushed = sync(on_sqlite.guest, "again")
    assert (pulled["new"], pushed["new"], pushed["held_back"]) == (50, 0, 50)


def test_a_peer_that_is_away_stops_only_itself(on_sqlite: Couple) -> None:
    """The other one is dealt with in the same pass."""
    on_sqlite.publish(on_sqlite.host, "indicators", amount=10)
    tocsin("peer", "add", "away", "--url", "http://127.0.0.1:1/taxii2/", *ROUTES[:1], home=on_sqlite.guest.home)
    away, here, _push = sync(on_sqlite.guest, check=False)
    assert "cannot be reached" in away["error"]
    assert (here["new"], here["error"]) == (10, None)


def test_watching_somebody_who_is_no_peer_ends_at_once(on_sqlite: Couple) -> None:
    """A slip of the finger must not look like a quiet watch."""
    line = refused("sync", "hots", "--watch", home=on_sqlite.guest.home)
    assert line == "there is no peer 'hots'; list them with: tocsin peer list"


def test_two_runs_at_once_share_the_work(on_sqlite: Couple) -> None:
    """The second one leaves the peer to the first; in the end everything is there once."""
    on_sqlite.publish(on_sqlite.host, "indicators", amount=3_000)
    command = [TOCSIN, "--home", str(on_sqlite.guest.home), "sync"]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(3)]
    codes = sorted(one.wait(timeout=60) for one in running)
    on_sqlite.settle()
    on_sqlite.assert_equal()
    assert codes[0] == 0


def test_a_version_that_was_deleted_here_is_not_brought_back(on_sqlite: Couple) -> None:
    """A second pull from the very start finds it known."""
    on_sqlite.publish(on_sqlite.host, "indicators", amount=3)
    sync(on_sqlite.guest)
    before = contents(on_sqlite.guest, "indicators")
    doomed = next(iter(before))[0]
    on_sqlite.guest.start().delete("indicators", doomed)
    on_sqlite.guest.stop()
    tocsin("pull", "host", "--since", "2020-01-01T00:00:00Z", home=on_sqlite.guest.home)
    assert contents(on_sqlite.guest, "indicators").keys() == {key for key in before if key[0] != doomed}
