"""One sender as a process of its own: `python -m tests.contracts.alert_sender DATABASE WEBHOOK SECRET FATE`, told to go by a line on stdin.

It delivers what is due. With the fate "dies" it kills itself between the first answer of the receiver and the note of it.
"""

import os
import signal
import sys
import time

from tocsin.model.alert import Alert, Channel, Failure
from tocsin.peers.webhook import Webhook
from tocsin.services.alert import AlertService, Messenger
from tocsin.store.database import Database


class Doomed:
    """A webhook whose process does not live to hear what came of it."""

    def __init__(self, webhook: Messenger) -> None:
        self.webhook = webhook

    def targets(self, contact: str | None) -> tuple[str, ...]:
        return self.webhook.targets(contact)

    def send(self, alert: Alert, *, now: int) -> Failure | None:
        self.webhook.send(alert, now=now)
        os.kill(os.getpid(), signal.SIGKILL)
        return None


def main(url: str, webhook: str, secret: str, fate: str) -> None:
    """Prints how many were delivered."""
    real = Webhook.of(webhook, secret)
    assert real is not None
    channel: Messenger = Doomed(real) if fate == "dies" else real
    service = AlertService(database=Database(url), channels={Channel.WEBHOOK: channel}, now=lambda: time.time_ns() // 1000)
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(one.done is not None for one in service.deliver()))


if __name__ == "__main__":
    main(*sys.argv[1:])
