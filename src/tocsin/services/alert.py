"""Alerts go out: queued with what they tell of, sent by whoever watches, tried again until they are taken (ADR 0018).

At least once: a process that dies after it sent and before it noted that sends again, under the same id.
"""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from tocsin.errors import InvalidInputError
from tocsin.model.alert import SECOND, Alert, Channel, Failure, Kind, Value, after_try, payload_of
from tocsin.store import alert as store
from tocsin.store.database import Connection, Database

TOGETHER = 8  # alerts that one process sends at once on one channel
PATIENCE = 10 * SECOND  # after which `deliver` begins no further batch
LEASE = 120 * SECOND  # for which a process has what it claimed; longer than any channel takes


class Messenger(Protocol):
    """A channel as it is configured."""

    def targets(self, contact: str | None) -> tuple[str, ...]:
        """Where an alert goes; `contact` is the mail address of a peer that is to know too."""
        ...

    def send(self, alert: Alert, *, now: int) -> Failure | None:
        """One try, which ends well before LEASE; None when the other side took it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertService:
    """The outbox of alerts, and the channels that are configured; without any, nothing is queued and nothing sent."""

    database: Database
    channels: Mapping[Channel, Messenger]
    now: Callable[[], int]

    def raise_alert(
        self, connection: Connection, kind: Kind, data: Mapping[str, Value], *, key: str, mail_to: str | None = None, now: int
    ) -> int:
        """Queues an alert for every target of every channel, in the caller's transaction; gives how many are new.

        Args:
            key: what it is about; the same kind with the same key goes to the same target once and never again.
            mail_to: the contact of a peer that gets the mail too.

        Raises:
            InvalidInputError: the data hold what no alert carries.
        """
        return sum(store.add(connection, one) for one in self._alerts(kind, data, key=key, mail_to=mail_to, now=now))

    def deliver(self) -> list[Alert]:
        """Sends what is due, and gives each alert as it stands then. Other processes may do the same at the same time."""
        with self.database.read() as connection:  # most of the time there is nothing, and nobody has to write
            due = [channel for channel in self.channels if store.is_due(connection, channel, now=self.now())]
        if not due:
            return []
        with ThreadPoolExecutor(max_workers=len(due)) as pool:  # each by itself: one that is away does not hold up the other
            return [one for tried in pool.map(self._drain, due) for one in tried]

    def listing(self) -> list[Alert]:
        """What was not sent: waiting for its next try, or given up; oldest first."""
        with self.database.read() as connection:
            return store.list_open(connection)

    def test(self) -> list[tuple[Alert, Failure | None]]:
        """Sends a test through every channel, past the outbox, and gives what came of each.

        Raises:
            InvalidInputError: no channel is configured.
        """
        alerts = self._alerts(Kind.TEST, {}, key=uuid4().hex, mail_to=None, now=self.now())
        if not alerts:
            raise InvalidInputError("alerts have nowhere to go", hint="set webhook_url, or mail_url with mail_to, in tocsin.toml")
        return [(one, self._send(one)) for one in alerts]

    def _alerts(self, kind: Kind, data: Mapping[str, Value], *, key: str, mail_to: str | None, now: int) -> list[Alert]:
        payload = payload_of(kind, data, now=now)
        return [
            Alert(
                id=str(uuid4()),
                key="|".join((kind, key, channel, target)),
                kind=kind,
                created=now,
                payload=payload,
                channel=channel,
                target=target,
                next_try=now,
            )
            for channel, messenger in self.channels.items()
            for target in messenger.targets(mail_to)
        ]

    def _drain(self, channel: Channel) -> list[Alert]:
        """Batch after batch, until one is not full or has a failure in it, or the caller has waited long enough: the rest stays due."""
        tried: list[Alert] = []
        start = self.now()
        while self.now() - start <= PATIENCE:
            now = self.now()
            with self.database.write() as connection:
                batch = store.claim(connection, channel, now=now, until=now + LEASE, limit=TOGETHER)
            with ThreadPoolExecutor(max_workers=TOGETHER) as pool:
                tried += pool.map(self._try, batch)
            if len(batch) < TOGETHER or any(one.done is None for one in tried):
                break
        return tried

    def _try(self, claimed: Alert) -> Alert:
        tried = after_try(claimed, self._send(claimed), now=self.now(), luck=random.random())  # noqa: S311 - spreads, hides nothing
        with self.database.write() as connection:
            store.settle(connection, tried)
        return tried

    def _send(self, alert: Alert) -> Failure | None:
        try:
            return self.channels[alert.channel].send(alert, now=self.now())
        except Exception as error:  # around one alert of a run: whatever it is, the others go on
            return Failure(reason=f"this should not have happened: {type(error).__name__}: {error}")
