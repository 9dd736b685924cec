"""Two providers on loopback: one publishes, the other pulls, pushes back, is killed in between, and both end equal."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.exchange import TOCSIN, RunningExchange, tocsin
from tests.support.objects import indicator
from tests.support.pair import add_peer, befriend, contents, submit, sync

PUBLISHED = 8_000


def say(line: str) -> None:
    print(line, flush=True)


def told(exchange: RunningExchange) -> None:
    """One pass of the second provider, route by route."""
    for one in sync(exchange, check=False):
        arrow = "from" if one["direction"] == "pull" else "to"
        say(
            f"     {one['direction']} {arrow} {one['peer']}: {one['new']} new, {one['known']} known already"
            + (f" ({one['error']})" if one["error"] else "")
        )


def killed_on_the_way(exchange: RunningExchange) -> None:
    """Starts a pull, and kills it with SIGKILL as soon as something has arrived."""
    running = subprocess.Popen(
        [TOCSIN, "--home", str(exchange.home), "pull"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + 60
    while not contents(exchange, "indicators") and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()


def main(folder: Path) -> bool:
    say("1. Alpha AI and Beta AI each start an exchange of their own.")
    alpha, beta = RunningExchange.make(folder / "alpha").start(), RunningExchange.make(folder / "beta").start()
    say(f"     Alpha: {alpha.discovery}   Beta: {beta.discovery}")
    say("2. Alpha takes Beta in as a peer, and gives it a token. Beta adds Alpha: it will pull indicators and push sightings.")
    token = befriend(alpha, beta, name="beta")
    add_peer(beta, alpha, name="alpha", token=token, routes=["--pull=indicators=indicators", "--push=sightings=sightings"])
    say(f"3. Alpha publishes {PUBLISHED} indicators (invented, on reserved names).")
    submit(alpha, "indicators", [indicator(number) for number in range(PUBLISHED)])
    say("4. Beta pulls, and is killed in the middle of it (kill -9).")
    killed_on_the_way(beta)
    say(f"     Beta has {len(contents(beta, 'indicators'))} of {PUBLISHED}: whole pages, and it knows where it stopped.")
    say("5. Beta goes on where it stopped.")
    told(beta)
    say("6. Beta has seen three of them, and says so; Alpha's server is killed and started again meanwhile.")
    submit(beta, "sightings", [sighting(number) for number in range(3)])
    alpha.kill()
    say("     While Alpha is away:")
    told(beta)
    alpha.start()
    say("     Alpha is back:")
    told(beta)
    equal = all(contents(alpha, alias) == contents(beta, alias) for alias in ("indicators", "sightings"))
    say(f"7. {'Both hold the same, byte for byte, and nothing twice.' if equal else 'They differ: this is a fault.'}")
    for exchange in (alpha, beta):
        counts = [f"{len(contents(exchange, alias))} {alias}" for alias in ("indicators", "sightings")]
        say(f"     {exchange.home.name}: {', '.join(counts)}")
        tocsin("db", "check", home=exchange.home)
        exchange.stop()
    return equal


def sighting(number: int) -> dict[str, object]:
    """Beta saw the indicator of that number."""
    seen = indicator(number)
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--{seen['id'].partition('--')[2]}",
        "created": seen["created"],
        "modified": seen["modified"],
        "sighting_of_ref": seen["id"],
        "count": 1,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as place:
        sys.exit(0 if main(Path(place)) else 1)
