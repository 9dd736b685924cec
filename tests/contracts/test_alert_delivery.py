"""From the outbox to real receivers: at least once whatever dies, once where nothing does, and no channel holds up another (ADR 0018)."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from tests.contracts.ground import Ground
from tests.peers.hostile import Answer, HostilePeer, Seen
from tests.support.mailbox import mail_server
from tocsin.errors import InvalidInputError
from tocsin.model.alert import SECOND, Alert, Channel, Failure, Kind
from tocsin.peers.mail import Relay
from tocsin.peers.webhook import Webhook
from tocsin.services.alert import LEASE, AlertService, Messenger
from tocsin.store import alert as store

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = "POST /hook"


class Clock:
    """One that is put on by hand."""

    now = 1_769_851_800 * SECOND

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND


@pytest.fixture(autouse=True)
def _empty(ground: Ground) -> None:
    with ground.database.write() as connection:
        connection.execute(delete(store.alert))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Iterator[HostilePeer]:
    with HostilePeer() as peer:
        peer.routes[HOOK] = Answer()
        yield peer


def webhook(receiver: HostilePeer) -> Messenger:
    made = Webhook.of(f"{receiver.base}/hook", SECRET)
    assert made is not None
    return made


def relay(port: int, *, desk: str = "desk@acme.example") -> Messenger:
    made = Relay.of(f"smtp://127.0.0.1:{port}", sender="tocsin@acme.example", desk=desk)
    assert made is not None
    return made


def service(ground: Ground, clock: Clock, **channels: Messenger) -> AlertService:
    return AlertService(database=ground.database, channels={Channel(name): one for name, one in channels.items()}, now=clock)


def raised(alerts: AlertService, key: str, **options: Any) -> int:
    with alerts.database.write() as connection:
        data = {"notification": key}
        return alerts.raise_alert(connection, Kind.NOTIFICATION_OVERDUE, data, key=key, now=alerts.now(), **options)


def ids(receiver: HostilePeer) -> Counter[str]:
    return Counter(one.headers["webhook-id"] for one in receiver.seen)


def test_an_alert_goes_once_to_each_target_of_each_channel(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """Webhook, our desk, and the contact that is named; raised again it goes nowhere, in whatever state it is."""
    with mail_server() as mailbox:
        alerts = service(ground, clock, webhook=webhook(receiver), mail=relay(mailbox.port))
        counts = [raised(alerts, "n", mail_to="soc@ai.example"), raised(alerts, "n", mail_to="soc@ai.example")]
        assert sorted(one.target for one in alerts.deliver()) == ["desk@acme.example", f"{receiver.base}", "soc@ai.example"]
        counts += [raised(alerts, "n", mail_to="soc@ai.example"), raised(alerts, "n", mail_to="other@ai.example")]
        assert len(alerts.deliver()) == 1
    assert counts == [3, 0, 0, 1]
    assert len(receiver.seen) == 1
    assert sorted(mailbox.recipients) == [["desk@acme.example"], ["other@ai.example"], ["soc@ai.example"]]
    assert alerts.listing() == []


def test_without_channels_nothing_is_queued_and_nothing_sent(ground: Ground, clock: Clock) -> None:
    """And no desk alone makes one; a contact does."""
    alerts = service(ground, clock)
    assert raised(alerts, "n", mail_to="soc@ai.example") == 0
    assert (alerts.deliver(), alerts.listing()) == ([], [])
    alerts = service(ground, clock, mail=relay(9, desk=""))
    assert (raised(alerts, "n"), raised(alerts, "n", mail_to="soc@ai.example")) == (0, 1)


def test_a_receiver_that_fails_first_gets_it_when_the_time_has_come(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """Not before; under the same id, and with the reason kept in between."""
    receiver.routes[HOOK] = [Answer(status=500), Answer(status=503), Answer()]
    alerts = service(ground, clock, webhook=webhook(receiver))
    raised(alerts, "n")
    reasons = [one.last_error for _ in range(3) for one in alerts.deliver()]
    assert reasons == [f"{receiver.base} does not take it (HTTP 500)"]
    for seconds in (7, 37):
        clock.wait(seconds)
        assert len(alerts.deliver()) == 1
    assert list(ids(receiver).values()) == [3]
    assert alerts.listing() == []


def test_an_alert_that_nobody_takes_is_given_up_after_eight_tries_and_stays_in_the_list(
    ground: Ground, clock: Clock, receiver: HostilePeer
) -> None:
    """A bit more than a day after the first one."""
    receiver.routes[HOOK] = Answer(status=500)
    alerts = service(ground, clock, webhook=webhook(receiver))
    raised(alerts, "n")
    start = clock.now
    while (left := alerts.listing()[0]).next_try is not None:
        clock.now = left.next_try
        alerts.deliver()
    assert (left.attempts, len(receiver.seen), left.last_error) == (8, 8, f"{receiver.base} does not take it (HTTP 500)")
    assert 24 * 3_600 < (clock.now - start) // SECOND < 40 * 3_600
    clock.wait(10**6)
    assert alerts.deliver() == []


def test_an_alert_that_is_not_wanted_any_more_is_given_up_at_once(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    receiver.routes[HOOK] = Answer(status=410)
    alerts = service(ground, clock, webhook=webhook(receiver))
    raised(alerts, "n")
    assert [one.next_try for one in alerts.deliver()] == [None]
    assert [(one.attempts, one.last_error) for one in alerts.listing()] == [(1, f"{receiver.base} does not take it (HTTP 410)")]


def test_many_that_wait_are_all_sent_in_one_call(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """As long as none fails."""
    alerts = service(ground, clock, webhook=webhook(receiver))
    for number in range(50):
        raised(alerts, str(number))
    assert len(alerts.deliver()) == 50
    assert set(ids(receiver).values()) == {1}


def test_a_channel_that_is_away_does_not_hold_up_the_other_one(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """Nor the caller: of a hundred mails that cannot go, eight are tried in a call; what is new goes by webhook in the same call."""
    for number in range(100):
        raised(service(ground, clock, mail=relay(9)), str(number))
    alerts = service(ground, clock, webhook=webhook(receiver), mail=relay(9, desk=""))
    raised(alerts, "new")
    assert Counter(one.channel for one in alerts.deliver()) == {Channel.MAIL: 8, Channel.WEBHOOK: 1}
    assert len(receiver.seen) == 1


def test_a_channel_that_is_slow_is_left_for_the_next_call(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """Whoever watches has other things to do; nothing failed, and the rest is still due."""

    def answered(_seen: Seen) -> Answer:
        clock.wait(40)
        return Answer()

    receiver.routes[HOOK] = answered
    alerts = service(ground, clock, webhook=webhook(receiver))
    for number in range(20):
        raised(alerts, str(number))
    assert [len(alerts.deliver()) for _ in range(4)] == [8, 8, 4, 0]


class Broken:
    """A channel with a bug."""

    def targets(self, _contact: str | None) -> tuple[str, ...]:
        return ("t",)

    def send(self, alert: Alert, *, now: int) -> Failure | None:
        raise KeyError("x")


def test_a_channel_with_a_bug_stops_only_itself(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """What happened is kept as the reason."""
    alerts = service(ground, clock, webhook=webhook(receiver), mail=Broken())
    raised(alerts, "n")
    alerts.deliver()
    assert len(receiver.seen) == 1
    assert [one.last_error for one in alerts.listing()] == ["this should not have happened: KeyError: 'x'"]


def test_a_channel_that_is_not_configured_any_more_keeps_its_alerts(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    """Configured again, it sends them to where it points then."""
    with HostilePeer() as old:
        raised(service(ground, clock, webhook=webhook(old)), "n")
        assert service(ground, clock, mail=relay(9)).deliver() == []
        assert len(service(ground, clock, webhook=webhook(receiver)).deliver()) == 1
        assert (len(receiver.seen), old.seen) == (1, [])


def test_a_test_goes_through_every_channel_and_past_the_outbox(ground: Ground, clock: Clock, receiver: HostilePeer) -> None:
    receiver.routes[HOOK] = Answer(status=500)
    with mail_server() as mailbox:
        alerts = service(ground, clock, webhook=webhook(receiver), mail=relay(mailbox.port))
        results = [(one.kind, one.target, failure and failure.reason) for one, failure in alerts.test()]
    assert results == [
        (Kind.TEST, receiver.base, f"{receiver.base} does not take it (HTTP 500)"),
        (Kind.TEST, "desk@acme.example", None),
    ]
    assert str(mailbox.messages[0]["Subject"]) == "Tocsin: this is a test, nothing has happened"
    assert alerts.listing() == []
    with pytest.raises(InvalidInputError, match="nowhere to go"):
        service(ground, clock).test()


def started(ground: Ground, receiver: HostilePeer, fate: str) -> subprocess.Popen[str]:
    """A process that is ready to deliver."""
    command = [sys.executable, "-m", "tests.contracts.alert_sender", str(ground.database.url), f"{receiver.base}/hook", SECRET, fate]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    return running


def test_processes_that_deliver_at_once_send_each_alert_once(ground: Ground, receiver: HostilePeer) -> None:
    """All of them get some; none is sent twice."""
    now = Clock()
    now.now = time.time_ns() // 1000
    alerts = service(ground, now, webhook=webhook(receiver))
    for number in range(60):
        raised(alerts, str(number))
    running = [started(ground, receiver, "lives") for _ in range(3)]
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    counts = [int(one.communicate(timeout=60)[0]) for one in running]
    assert (sum(counts), len(ids(receiver)), set(ids(receiver).values())) == (60, 60, {1})


def test_a_process_that_dies_between_sending_and_noting_so_leaves_the_alert_to_be_sent_again(ground: Ground, receiver: HostilePeer) -> None:
    """At least once, and under the same id, so that the receiver can tell; not before the claim of the dead is over."""
    clock = Clock()
    clock.now = time.time_ns() // 1000
    alerts = service(ground, clock, webhook=webhook(receiver))
    raised(alerts, "n")
    doomed = started(ground, receiver, "dies")
    doomed.communicate("go\n", timeout=60)
    clock.now = time.time_ns() // 1000
    assert (doomed.returncode, list(ids(receiver).values()), alerts.deliver()) == (-9, [1], [])
    clock.now += LEASE
    assert [one.attempts for one in alerts.deliver()] == [2]
    assert list(ids(receiver).values()) == [2]
    assert alerts.listing() == []
