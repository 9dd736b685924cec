"""`tocsin alert`: what did not get through, and a test of the ways that alerts take."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.hostile import Answer, HostilePeer
from tests.support.command import refused, typed, typed_json
from tests.support.mailbox import LOGIN, mail_server
from tocsin.config import load_config
from tocsin.model.alert import SECOND, Kind
from tocsin.model.stamp import stamp_of, text_of
from tocsin.wiring import Exchange, build_exchange

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = stamp_of("2026-01-31T09:30:00Z")
HOOK = "POST /s3cret-path"


@pytest.fixture
def receiver() -> Iterator[HostilePeer]:
    with HostilePeer() as peer:
        peer.routes[HOOK] = Answer()
        yield peer


def configured(home: Path, **settings: Any) -> Exchange:
    """These settings in its file."""
    (home / "tocsin.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in settings.items()))
    return build_exchange(load_config(home))


def webhook(receiver: HostilePeer) -> dict[str, str]:
    return {"webhook_url": f"{receiver.base}/s3cret-path", "webhook_secret": SECRET}


def raised(exchange: Exchange, key: str, *, mail_to: str | None = None, now: int = NOW) -> None:
    with exchange.alerts.database.write() as connection:
        exchange.alerts.raise_alert(connection, Kind.NOTIFICATION_RECEIVED, {}, key=key, mail_to=mail_to, now=now)


def test_an_exchange_without_alerts_says_so(home: Path) -> None:
    assert typed("alert", "list", home=home).stdout == "every alert was delivered\n"
    assert typed_json("alert", "list", home=home) == []


def test_the_list_has_what_waits_and_what_was_given_up(fresh: Path, receiver: HostilePeer) -> None:
    """Each with its reason; what was delivered is not in it."""
    exchange = configured(fresh, **webhook(receiver))
    for status in (204, 410, 500):
        receiver.routes[HOOK] = Answer(status=status)
        raised(exchange, str(status), now=NOW + status)
        exchange.alerts.deliver()
    gone, waiting = typed_json("alert", "list", home=fresh)
    common = {"kind": "notification.received", "channel": "webhook", "target": receiver.base, "created": text_of(NOW + 410), "attempts": 1}
    assert {name: gone[name] for name in common} == common
    assert (gone["next_try"], gone["error"]) == (None, f"{receiver.base} does not take it (HTTP 410)")
    assert (waiting["attempts"], waiting["error"]) == (1, f"{receiver.base} does not take it (HTTP 500)")
    assert stamp_of(waiting["next_try"]) > exchange.now() - 60 * SECOND
    lines = typed("alert", "list", home=fresh).stdout.splitlines()
    head = f"notification.received of 2026-01-31T09:30:00Z to {receiver.base}, tried 1 time, "
    assert lines == [
        f"{head}given up: {receiver.base} does not take it (HTTP 410)",
        f"{head}next try {waiting['next_try'][:19]}Z: {receiver.base} does not take it (HTTP 500)",
    ]


def test_what_was_not_tried_yet_has_no_reason(fresh: Path, receiver: HostilePeer) -> None:
    raised(configured(fresh, **webhook(receiver)), "n")
    (one,) = typed_json("alert", "list", home=fresh)
    assert (one["attempts"], one["next_try"], one["error"]) == (0, text_of(NOW), None)


def test_a_target_of_somebody_elses_making_does_nothing_to_a_terminal(fresh: Path) -> None:
    """An address that is none is kept as it was given, and given up."""
    exchange = configured(fresh, mail_url="smtp://127.0.0.1:9", mail_from="tocsin@acme.example")
    raised(exchange, "n", mail_to="\x1b[2Jx")
    exchange.alerts.deliver()
    assert typed("alert", "list", home=fresh).stdout.endswith("to \\u001b[2Jx, tried 1 time, given up: that is no mail address\n")


def test_a_test_is_sent_through_every_channel(fresh: Path, receiver: HostilePeer) -> None:
    """Settings from the file and from the environment alike."""
    with mail_server(auth_required=True, auth_require_tls=False) as mailbox:
        url = f"smtp://{LOGIN[0]}:pa%3Ass%2Fw%40rd%20%25@127.0.0.1:{mailbox.port}"
        configured(fresh, **webhook(receiver), mail_from="tocsin@acme.example", mail_url="smtp://127.0.0.1:9")
        done = typed("alert", "test", home=fresh, TOCSIN_MAIL_URL=url, TOCSIN_MAIL_TO="desk@acme.example")
    assert done.stdout == f"webhook {receiver.base}: delivered\nmail desk@acme.example: delivered\n"
    assert (done.returncode, len(receiver.seen), mailbox.recipients) == (0, 1, [["desk@acme.example"]])


@pytest.mark.parametrize(("status", "code"), [(204, 1), (500, 4)])
def test_the_exit_code_says_whether_a_part_failed_or_all(fresh: Path, receiver: HostilePeer, status: int, code: int) -> None:
    receiver.routes[HOOK] = Answer(status=status)
    mail = {"mail_url": "smtp://me:s3cret@127.0.0.1:9", "mail_from": "tocsin@acme.example", "mail_to": "desk@acme.example"}
    configured(fresh, **webhook(receiver), **mail)
    done = typed("alert", "test", "--json", home=fresh)
    assert done.returncode == code
    assert '"error": "127.0.0.1:9 cannot be reached"' in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert typed_json("alert", "list", home=fresh) == []


def test_without_a_channel_a_test_says_what_to_set(home: Path) -> None:
    line = refused("alert", "test", home=home)
    assert line == "alerts have nowhere to go; set webhook_url, or mail_url with mail_to, in tocsin.toml"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"webhook_url": "https://hooks.example.org/s3cret"}, "webhook_url and webhook_secret belong together; set both, or none"),
        (
            {"webhook_url": "http://hooks.example.org/s3cret", "webhook_secret": SECRET},
            "webhook_url is plain http to another machine; use https",
        ),
        (
            {"mail_url": "smtp://me:s3cret@mail.example.org"},
            "mail needs both mail_url and mail_from; set both, or neither these nor mail_to",
        ),
        ({"mail_to": "desk@acme.example"}, "mail needs both mail_url and mail_from; set both, or neither these nor mail_to"),
    ],
)
def test_settings_that_cannot_be_used_are_named_by_every_command(fresh: Path, settings: dict[str, str], line: str) -> None:
    """Without what is secret in them."""
    (fresh / "tocsin.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in settings.items()))
    for command in (["alert", "list"], ["serve"]):
        assert refused(*command, home=fresh) == line


def test_the_settings_do_not_show_what_is_secret_in_them(fresh: Path, receiver: HostilePeer) -> None:
    """In whatever is made of them."""
    exchange = configured(fresh, **webhook(receiver), mail_url="smtp://me:s3cret@127.0.0.1:9", mail_from="tocsin@acme.example")
    assert "s3cret" not in repr(exchange)
    assert SECRET[6:] not in repr(exchange)
