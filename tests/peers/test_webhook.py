"""A webhook against real receivers: what counts as delivered, and what a bad one cannot do."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests.adapters

from tests.peers.hostile import Answer, HostilePeer
from tests.support.certificate import certified
from tocsin.errors import InvalidInputError
from tocsin.model.alert import SECOND, Alert, Channel, Failure, Kind, signed_headers, webhook_secret
from tocsin.model.stamp import stamp_of
from tocsin.peers.interface import Limits
from tocsin.peers.session import USER_AGENT
from tocsin.peers.webhook import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = stamp_of("2026-01-31T09:30:00.750000Z")
HASTY = Limits(seconds_to_connect=0.3, seconds_to_read=0.3, seconds_per_request=0.5)
PATH = "/services/T00/s3cret-path"
ALERT = Alert(
    id="6f1d2c1e-6a52-4a5e-9a36-5d1f0a6b7c01",
    key="k",
    kind=Kind.NOTIFICATION_RECEIVED,
    created=NOW,
    payload=b'{"type":"notification.received","timestamp":"t","data":{"sender_name":"\xc3\x84"}}',
    channel=Channel.WEBHOOK,
    target="",
    attempts=1,
    next_try=NOW,
)


@pytest.fixture
def peer() -> Iterator[HostilePeer]:
    with HostilePeer() as peer:
        peer.routes[f"POST {PATH}"] = Answer(status=204)
        yield peer


def webhook(url: str, **options: Any) -> Webhook:
    return Webhook(url=url, key=webhook_secret(SECRET), **options)


def sent(peer: HostilePeer, answer: Any, *, limits: Limits = HASTY) -> Failure | None:
    """What comes of one try with this answer; no secret is ever in it."""
    peer.routes[f"POST {PATH}"] = answer
    failure = webhook(f"{peer.base}{PATH}", limits=limits).send(ALERT, now=NOW)
    assert "s3cret" not in repr(failure)
    return failure


def dripping(head: bytes, piece: bytes) -> Answer:
    def script(connection: Any) -> None:
        connection.sendall(head)
        with suppress(OSError):
            for _ in range(300):
                time.sleep(0.02)
                connection.sendall(piece)

    return Answer(script=script)


def test_the_receiver_gets_the_payload_signed(peer: HostilePeer) -> None:
    """To the byte, with the time of the try in whole seconds; a query stays where it is."""
    assert webhook(f"{peer.base}{PATH}?sig=1").send(ALERT, now=NOW) is None
    (seen,) = peer.seen
    assert (seen.method, seen.path, seen.query, seen.body) == ("POST", PATH, {"sig": "1"}, ALERT.payload)
    shown = {name: value for name, value in seen.headers.items() if name not in ("Host", "Content-Length", "Accept-Encoding")}
    signed = signed_headers(webhook_secret(SECRET), id=ALERT.id, seconds=1769851800, body=ALERT.payload)
    assert shown == {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_counts_as_delivered(peer: HostilePeer, status: int) -> None:
    assert sent(peer, Answer(status=status)) is None


@pytest.mark.parametrize("status", [400, 401, 404, 418, 429, 500, 502, 503])
def test_everything_else_is_tried_again(peer: HostilePeer, status: int) -> None:
    assert sent(peer, Answer(status=status, body=b"s3cret-path")) == Failure(reason=f"{peer.base} does not take it (HTTP {status})")


def test_a_receiver_that_is_gone_for_good_is_given_up(peer: HostilePeer) -> None:
    assert sent(peer, Answer(status=410)) == Failure(reason=f"{peer.base} does not take it (HTTP 410)", is_final=True)


@pytest.mark.parametrize(("asked", "wait"), [("7", 7), ("0", 0), ("-3", 0), ("soon", 0)])
def test_a_wait_that_is_asked_for_is_told(peer: HostilePeer, asked: str, wait: int) -> None:
    failure = sent(peer, Answer(status=429, headers={"Retry-After": asked}))
    assert failure is not None
    assert failure.wait == wait * SECOND


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(peer: HostilePeer, status: int) -> None:
    with HostilePeer() as other:
        failure = sent(peer, Answer(status=status, headers={"Location": f"{other.base}/elsewhere"}))
        assert failure == Failure(reason=f"{peer.base} redirects, and redirects are not followed (HTTP {status})")
        assert (len(peer.seen), other.seen) == (1, [])


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found", b"500 Oops"])
def test_an_endless_answer_is_not_read(peer: HostilePeer, status: bytes) -> None:
    """Its status is enough; the connection is cut before the first byte of the body counts."""
    written = []

    def script(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nLocation: /x\r\n\r\n")
        with suppress(OSError):
            for _ in range(2_000):
                connection.sendall(b"x" * 100_000)
                written.append(100_000)

    started = time.monotonic()
    failure = sent(peer, Answer(script=script))
    assert (failure is None) == (status == b"200 OK")
    assert time.monotonic() - started < 0.4
    time.sleep(0.2)
    assert sum(written) < 50_000_000


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["status", "header", "1xx"])
def test_a_receiver_that_drips_is_cut_off_at_the_deadline(peer: HostilePeer, head: bytes) -> None:
    started = time.monotonic()
    piece = head if b"100" in head else b"1"
    assert sent(peer, dripping(head, piece)) == Failure(reason=f"{peer.base} did not answer within 0.5 s")
    assert time.monotonic() - started < 2


def test_a_receiver_that_hangs_is_left(peer: HostilePeer) -> None:
    assert sent(peer, Answer(script=lambda _: time.sleep(1.0))) == Failure(reason=f"{peer.base} sent nothing for 0.3 s")


def test_a_receiver_that_hangs_up_is_told_so(peer: HostilePeer) -> None:
    assert sent(peer, Answer(script=lambda _: None)) == Failure(reason=f"{peer.base} broke the connection or does not speak HTTP")


def test_a_receiver_that_is_not_there_is_told_so() -> None:
    assert webhook("http://127.0.0.1:9/").send(ALERT, now=NOW) == Failure(reason="http://127.0.0.1:9 cannot be reached")


def test_a_receiver_that_fails_first_gets_it_at_the_next_try(peer: HostilePeer) -> None:
    """The same id, another time and so another signature."""
    peer.routes[f"POST {PATH}"] = [Answer(status=500), Answer(status=200)]
    ours = webhook(f"{peer.base}{PATH}")
    assert ours.send(ALERT, now=NOW) is not None
    assert ours.send(ALERT, now=NOW + 5 * SECOND) is None
    first, second = (one.headers for one in peer.seen)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]


def test_nothing_of_the_environment_goes_with_it(peer: HostilePeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a login of .netrc nor a proxy."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert sent(peer, Answer()) is None
    assert "Authorization" not in peer.seen[0].headers


def answering_tls(host: str, file: Path) -> tuple[int, list[bytes]]:
    """The port of a receiver that speaks TLS for one connection, and what it gets to read."""
    context, got = certified(host, file), list[bytes]()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            got.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1], got


@pytest.mark.parametrize(("host", "is_trusted"), [("127.0.0.1", False), ("other.example", True)], ids=["unknown", "another name"])
def test_a_certificate_that_does_not_prove_the_host_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, is_trusted: bool
) -> None:
    port, got = answering_tls(host, tmp_path / "hook.pem")
    if is_trusted:
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "hook.pem"))
    failure = webhook(f"https://127.0.0.1:{port}/").send(ALERT, now=NOW)
    assert failure == Failure(reason=f"no trusted TLS connection to https://127.0.0.1:{port}")
    assert got == []


def test_over_tls_a_receiver_that_is_trusted_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, got = answering_tls("127.0.0.1", tmp_path / "hook.pem")
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "hook.pem"))
    assert webhook(f"https://127.0.0.1:{port}/").send(ALERT, now=NOW) is None
    assert got[0].startswith(b"POST / HTTP/1.1\r\n")


def test_where_an_alert_goes_is_told_without_what_may_be_a_secret() -> None:
    """In the row, and in anything that shows the record."""
    ours = Webhook.of("https://hooks.example.org/services/s3cret?token=s3cret", SECRET)
    assert ours is not None
    assert ours.targets("soc@example.org") == ("https://hooks.example.org:443",)
    assert "s3cret" not in repr(ours)
    assert repr(ours.key) not in repr(ours)


def test_without_settings_there_is_no_webhook() -> None:
    assert Webhook.of("", "") is None


@pytest.mark.parametrize(
    ("url", "secret", "message"),
    [
        ("https://hooks.example.org/", "", "webhook_url and webhook_secret belong together"),
        ("", SECRET, "webhook_url and webhook_secret belong together"),
        ("http://hooks.example.org/", SECRET, "webhook_url is plain http to another machine"),
        ("http://127.0.0.1.example.org/", SECRET, "webhook_url is plain http to another machine"),
        ("hooks.example.org", SECRET, "webhook_url is no URL"),
        ("ftp://hooks.example.org/", SECRET, "webhook_url is no URL"),
        ("file:///etc/passwd", SECRET, "webhook_url is no URL"),
        ("https://[::1", SECRET, "webhook_url is no URL"),
        ("https://", SECRET, "webhook_url is no URL"),
        ("https://me:s3cret@hooks.example.org/", SECRET, "webhook_url holds a login, a fragment or odd characters"),
        ("https://hooks.example.org/#s3cret", SECRET, "webhook_url holds a login, a fragment or odd characters"),
        ("https://hooks.example.org/\n", SECRET, "webhook_url holds a login, a fragment or odd characters"),
        ("https://hooks.example.org/", "whsec_s3cret", "webhook_secret is not Base64"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(url: str, secret: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Webhook.of(url, secret)
    assert caught.value.message == message
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/", "https://hooks.example.org"])
def test_settings_that_can_be_used_are_taken(url: str) -> None:
    assert Webhook.of(url, SECRET) == webhook(url)
