"""Two providers on loopback: one notifies the other, which is killed meanwhile, finds the actor in its own logs, acts and answers."""

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.support.exchange import RunningExchange, tocsin
from tests.support.pair import contents
from tests.support.partners import acquaint, provider, same, seen, until, watching

CASE = Path(__file__).with_name("lantern.yaml")
LINES = 5_000  # of Beta's log


def say(line: str) -> None:
    print(line, flush=True)


def run(exchange: RunningExchange, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command as its user types it, and what it says."""
    shown = " ".join(f'"{word}"' if " " in word else word.removeprefix(f"{exchange.home}/") for word in command)
    say(f"     {exchange.home.name}$ tocsin {shown}")
    done = tocsin(*command, home=exchange.home, check=check)
    for line in (done.stdout + done.stderr).splitlines():
        say(f"       {line.replace(f'{exchange.home}/', '')}")
    return done


def write_log(file: Path) -> None:
    """What Beta logs of its users: a few of them come from the address in the case."""
    addresses = ["192.0.2.45" if number in (777, 2_345, 4_001) else f"198.51.100.{number % 250}" for number in range(LINES)]
    lines = [
        json.dumps({"timestamp": f"2026-11-23T{number // 600:02}:{number // 10 % 60:02}:00Z", "user": f"u{number}", "client_ip": address})
        for number, address in enumerate(addresses)
    ]
    file.write_text("\n".join(lines) + "\n")


def publish(alpha: RunningExchange) -> None:
    """The case, as its analyst wrote it."""
    shutil.copy(CASE, alpha.home)
    run(alpha, "case", "submit", f"{alpha.home}/{CASE.name}", "--collection", "restricted")


def notify(alpha: RunningExchange, beta: RunningExchange) -> str:
    """Sent while Beta is away; its id."""
    bundle = str((alpha.home / CASE.name).with_suffix(".json"))
    words = ["--summary", "They moved to you last week.", "--urgency", "high"]
    identifier = run(alpha, "notify", "draft", "--to", "Beta AI", "--case", bundle, *words).stdout.split()[0]
    say("4. Beta's server is killed (kill -9), and Alpha sends all the same: signed, laid out, and tried again until it arrives.")
    beta.kill()
    run(alpha, "notify", "send", short(identifier), check=False)
    say("5. Beta is back, and says so by telephone. Alpha's watching process delivers, Beta's gives the receipt; no person does anything.")
    beta.start()
    run(alpha, "peer", "enable", "beta")
    until(lambda: seen(alpha, identifier)["state"] == "delivered", seconds=60)
    return identifier


def verify(beta: RunningExchange, identifier: str) -> None:
    """Beta sees for itself, in its own log, and says what it found."""
    log, sightings = beta.home / "access.jsonl", beta.home / "seen.json"
    write_log(log)
    run(beta, "match", str(log), "--sightings", str(sightings))
    found = ["--verdict", "successful-attempt", "--count", "3", "--sightings", str(sightings)]
    run(beta, "inbox", "verify", short(identifier), *found)


def short(identifier: str) -> str:
    return identifier.removeprefix("grouping--")[:8]


def main(folder: Path) -> bool:
    say("1. Alpha AI and Beta AI each run an exchange: a server, and a process that watches.")
    alpha, beta = provider(folder, "alpha").start(), provider(folder, "beta").start()
    say("2. Each takes the other in, and pushes what it lays out for the other into the other's inbox.")
    acquaint(alpha, beta)
    with ExitStack() as stack:
        stack.enter_context(watching(alpha, beta))
        say("3. Alpha found a group that wrote phishing kits with its model. Its analyst publishes a case, and drafts a notification.")
        publish(alpha)
        identifier = notify(alpha, beta)
        say("6. What Beta's analyst sees: evidence and a question, no order. She takes it on.")
        run(beta, "inbox", "list")
        run(beta, "inbox", "ack", short(identifier))
        say(f"7. She looks for the evidence in {LINES} lines of Beta's own log, and sends what she saw with the verdict.")
        verify(beta, identifier)
        say("8. Under Beta's own policies, the accounts are closed, and Alpha is told so. Alpha's watching process closes the matter.")
        run(beta, "inbox", "act", short(identifier), "--action", "account-disabled", "--count", "3")
        until(lambda: seen(alpha, identifier)["state"] == seen(beta, identifier)["state"] == "closed", seconds=60)
    say("9. The story as Alpha's log tells it. Beta's tells the same.")
    run(alpha, "notify", "show", short(identifier))
    same(alpha, beta, identifier)
    sightings = [key for key in contents(alpha, "inbox") if key[0].startswith("sighting--")]
    for exchange in (alpha, beta):
        tocsin("db", "check", home=exchange.home)
        exchange.stop()
    say(f"10. {len(sightings)} sighting of Beta's is with Alpha; both databases are as they should be.")
    return len(sightings) == 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as place:
        sys.exit(0 if main(Path(place)) else 1)
