"""How soon a notification is known at the other side: from the call of `tocsin notify send` to the recipient's webhook.

Two exchanges with a server each and a watching process each, on this machine; what is timed begins before the command's process is made
and ends when the recipient's own receiver has the alert.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.measure import Row
from benchmarks.rows import Effort
from tests.peers.hostile import Answer, HostilePeer, Seen
from tests.support.exchange import TOCSIN, RunningExchange
from tests.support.partners import acquaint, draft, hold_case, provider, watching

WEBHOOK = (2_000.0, 1_000.0)  # milliseconds, of the slowest in a hundred
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_PATIENCE = 60  # seconds


class _Receiver(HostilePeer):
    """Remembers when it was told of which notification."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, float] = {}
        self.routes["POST /hook"] = Answer()

    def answer(self, seen: Seen) -> Answer:
        if seen.path == "/hook":
            event = json.loads(seen.body)
            self.heard.setdefault(f"{event['type']} {event['data'].get('notification')}", time.perf_counter())
        return super().answer(seen)

    def await_heard(self, identifier: str) -> float:
        """When it heard that this notification has come in."""
        until = time.perf_counter() + _PATIENCE
        while time.perf_counter() < until:
            if (at := self.heard.get(f"notification.received {identifier}")) is not None:
                return at
            time.sleep(0.001)
        raise AssertionError(f"{identifier} was not heard of in {_PATIENCE} s")


def notifying(folder: Path, effort: Effort) -> Iterator[Row]:
    """Notifications of one case each, one after the other; the slowest in a hundred, and the one in the middle."""
    with ExitStack() as stack:
        receiver = stack.enter_context(_Receiver())
        sender, recipient = (stack.enter_context(_serving(folder, word)) for word in ("sender", "recipient"))
        acquaint(sender, recipient)
        with (recipient.home / "tocsin.toml").open("a") as settings:
            settings.write(f'webhook_url = "{receiver.base}/hook"\nwebhook_secret = "{_SECRET}"\n')
        drafts = [draft(sender, recipient, hold_case(sender)) for _ in range(effort.notifications)]
        stack.enter_context(watching(sender, recipient, interval="30"))
        waits = sorted(_wait(sender, receiver, identifier) for identifier in drafts)
    yield _row("99 in 100 within", waits, value=waits[-1 - len(waits) // 100], goal=WEBHOOK)
    yield _row("half of them within", waits, value=median(waits))


def _row(name: str, waits: Sequence[float], *, value: float, goal: tuple[float, float] | None = None) -> Row:
    group, detail = "from `notify send` to the recipient's webhook", f"{len(waits)} notifications"
    middle, low, high = (1000 * seconds for seconds in (value, waits[0], waits[-1]))
    floor, aim = goal or (None, None)
    return Row(group=group, name=name, value=middle, low=low, high=high, unit=" ms", floor=floor, aim=aim, detail=detail)


def _wait(sender: RunningExchange, receiver: _Receiver, identifier: str) -> float:
    command = [TOCSIN, "--home", str(sender.home), "notify", "send", identifier]
    began = time.perf_counter()
    sending = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    heard = receiver.await_heard(identifier)
    assert sending.wait() == 0
    return heard - began


@contextmanager
def _serving(folder: Path, word: str) -> Iterator[RunningExchange]:
    exchange = provider(folder, word).start()
    try:
        yield exchange
    finally:
        exchange.stop()
