"""Mail against a real server: what it gets, what it must offer first, and what becomes of its answers."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.certificate import certified
from tests.support.mailbox import LOGIN, Mailbox, mail_server
from tocsin.errors import InvalidInputError
from tocsin.model.alert import Alert, Channel, Failure, Kind, letter_of, payload_of
from tocsin.model.stamp import stamp_of
from tocsin.peers.mail import Relay

NOW = stamp_of("2026-01-31T09:30:00.750000Z")
HOST = "mail.example.org"
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
AUTH = f"{LOGIN[0]}:{quote(LOGIN[1], safe='')}@"


def alert(target: str = "soc@ai.example.org", **data: Any) -> Alert:
    kind = Kind.NOTIFICATION_OVERDUE
    return Alert(
        id="6f1d2c1e-6a52-4a5e-9a36-5d1f0a6b7c01",
        key="k",
        kind=kind,
        created=NOW,
        payload=payload_of(kind, data, now=NOW),
        channel=Channel.MAIL,
        target=target,
        attempts=1,
    )


def relay(url: str, **options: Any) -> Relay:
    made = Relay.of(url, sender="tocsin@acme.example", desk="desk@acme.example")
    assert made is not None
    return Relay(**{name: getattr(made, name) for name in made.__dataclass_fields__} | options)


def send(mailbox: Mailbox, letter: Alert | None = None) -> Failure | None:
    return relay(f"smtp://127.0.0.1:{mailbox.port}").send(letter or alert(), now=NOW)


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    for kept in (server.senders, server.recipients, server.bodies, server.logins, server.answers):
        kept.clear()
    return server


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """TLS of a server that HOST leads to, which is not this machine by its name, and whose certificate is trusted."""
    look_up = socket.getaddrinfo

    def looked_up(host: Any, *rest: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if host == HOST else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "relay.pem"))
    return certified(HOST, tmp_path / "relay.pem")


def test_the_relay_gets_this_message(mailbox: Mailbox) -> None:
    """Headers, text and envelope, whole."""
    assert send(mailbox, alert(sender_name="Société Ä", urgency="high")) is None
    (message,) = mailbox.messages
    assert (mailbox.senders, mailbox.recipients) == (["tocsin@acme.example"], [["soc@ai.example.org"]])
    assert {name: str(value) for name, value in message.items()} == {
        "Date": "Sat, 31 Jan 2026 09:30:00 +0000",
        "Message-ID": "<6f1d2c1e-6a52-4a5e-9a36-5d1f0a6b7c01@acme.example>",
        "From": "tocsin@acme.example",
        "To": "soc@ai.example.org",
        "Subject": "Tocsin: a notification was not acknowledged in time (Société Ä, high)",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert message.get_content().replace("\r\n", "\n") == letter_of(alert(sender_name="Société Ä", urgency="high").payload)[1]
    assert mailbox.bodies[0].isascii()


def test_a_message_that_is_sent_again_is_the_same(mailbox: Mailbox) -> None:
    """To the byte, so that a mailbox can tell."""
    assert [send(mailbox), send(mailbox)] == [None, None]
    assert mailbox.bodies[0] == mailbox.bodies[1]


HEADERS = ["Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
NAMES = st.text(st.characters(codec="utf-8")) | st.text(st.sampled_from("=?utf8qb0ADx: \r\n_<>@\u2028"), max_size=60)


@given(name=NAMES)
@example(name="x\r\nBcc: mallory@example.net")
@example(name="=?utf-8?q?x=0ABcc:_mallory@example.net?=")
@example(name="=?utf-8?q?x=0D=0ABcc:_mallory@example.net?=")
@example(name="=?utf-8?b?DQpCY2M6IG1hbGxvcnlAZXhhbXBsZS5uZXQ=?=")
def test_no_name_writes_a_header_of_its_own(server: Mailbox, name: str) -> None:
    """Whatever somebody calls itself, the headers are those above; what hides in encoded words stays hidden."""
    assert send(server, alert(sender_name=name)) is None
    head = server.bodies[-1].partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ").replace("\r\n", "\n")
    assert [line.partition(":")[0] for line in re.split(r"[\r\n]", head)] == HEADERS


@pytest.mark.parametrize("target", ["", "soc", "soc@ai.example.org\r\nDATA", "a@b.example,c@d.example", "<a@b.example>"])
def test_a_target_that_is_no_address_is_given_up(mailbox: Mailbox, target: str) -> None:
    assert send(mailbox, alert(target)) == Failure(reason="that is no mail address", is_final=True)
    assert mailbox.bodies == []


# Login and TLS


def test_a_login_is_shown_where_there_is_one() -> None:
    """On this machine without TLS; percent-encoded in the URL."""
    with mail_server(auth_required=True, auth_require_tls=False) as mailbox:
        assert relay(f"smtp://{AUTH}127.0.0.1:{mailbox.port}").send(alert(), now=NOW) is None
        assert (mailbox.logins, len(mailbox.bodies)) == ([LOGIN], 1)


def test_a_login_that_is_not_accepted_is_told_without_the_password() -> None:
    with mail_server(auth_required=True, auth_require_tls=False) as mailbox:
        place = f"127.0.0.1:{mailbox.port}"
        assert relay(f"smtp://me:s3cret@{place}").send(alert(), now=NOW) == Failure(reason=f"{place} does not accept the login (535)")
        assert mailbox.bodies == []


def test_a_relay_that_knows_no_login_is_told_so(mailbox: Mailbox) -> None:
    place = f"127.0.0.1:{mailbox.port}"
    failure = relay(f"smtp://{AUTH}{place}").send(alert(), now=NOW)
    assert failure == Failure(reason=f"{place} offers no STARTTLS, or no login that we know")


def test_another_machine_gets_login_and_message_after_starttls(elsewhere: Any) -> None:
    with mail_server(tls_context=elsewhere, require_starttls=True, auth_required=True) as mailbox:
        assert relay(f"smtp://{AUTH}{HOST}:{mailbox.port}").send(alert(), now=NOW) is None
        assert (mailbox.logins, len(mailbox.bodies)) == ([LOGIN], 1)


def test_another_machine_that_offers_no_starttls_gets_neither(elsewhere: Any) -> None:
    """Somebody on the way may have taken the offer out."""
    with mail_server(auth_required=True, auth_require_tls=False) as mailbox:
        failure = relay(f"smtp://{AUTH}{HOST}:{mailbox.port}").send(alert(), now=NOW)
        assert failure == Failure(reason=f"{HOST}:{mailbox.port} offers no STARTTLS, or no login that we know")
        assert (mailbox.logins, mailbox.bodies) == ([], [])


def test_tls_from_the_first_byte_is_spoken_to_smtps(elsewhere: Any) -> None:
    with mail_server(ssl_context=elsewhere, auth_required=True, auth_require_tls=False) as mailbox:
        assert relay(f"smtps://{AUTH}{HOST}:{mailbox.port}").send(alert(), now=NOW) is None
        assert (mailbox.logins, len(mailbox.bodies)) == ([LOGIN], 1)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("fault", ["unknown", "another name"])
def test_a_certificate_that_does_not_prove_the_host_gets_nothing(
    elsewhere: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, fault: str
) -> None:
    """Neither login nor message."""
    context = certified("other.example", tmp_path / "other.pem")
    if fault == "another name":
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    options = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context}
    with mail_server(**options, auth_required=True, auth_require_tls=False) as mailbox:
        failure = relay(f"{scheme}://{AUTH}{HOST}:{mailbox.port}").send(alert(), now=NOW)
        reason = f"no trusted TLS connection to {HOST}:{mailbox.port}: check its name and its certificate"
        assert failure == Failure(reason=reason)
        assert (mailbox.logins, mailbox.bodies) == ([], [])


# Answers


@pytest.mark.parametrize(
    ("command", "answer", "reason", "is_final"),
    [
        ("RCPT", "450 greylisted", "refuses the address (450): 'greylisted'", False),
        ("RCPT", "550 no such user", "refuses the address (550): 'no such user'", True),
        ("MAIL", "451 later", "refuses the message (451): 'later'", False),
        ("MAIL", "553 not you", "refuses the message (553): 'not you'", False),
        ("DATA", "451 later", "refuses the message (451): 'later'", False),
        ("DATA", "554 spam", "refuses the message (554): 'spam'", True),
        ("DATA", f"554 {'x' * 400}", f"refuses the message (554): '{'x' * 120}'", True),
    ],
)
def test_what_is_refused_for_good_is_given_up_and_all_else_tried_again(
    mailbox: Mailbox, command: str, answer: str, reason: str, is_final: bool
) -> None:
    """A sender that is refused is a mistake in the settings, which somebody may correct."""
    mailbox.answers[command] = answer
    assert send(mailbox) == Failure(reason=f"127.0.0.1:{mailbox.port} {reason}", is_final=is_final)


def test_a_relay_that_is_not_there_is_told_so() -> None:
    assert relay("smtp://127.0.0.1:9").send(alert(), now=NOW) == Failure(reason="127.0.0.1:9 cannot be reached")


@contextmanager
def speaking(script: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does as the script has it, for one connection."""

    def serve() -> None:
        with listener, suppress(OSError), listener.accept()[0] as connection:
            script(connection)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("scheme", "head", "piece"),
    [("smtp", b"", b"2"), ("smtp", b"", b"220-hello\r\n"), ("smtps", b"\x16\x03\x03\x10\x00", b"\x02")],
    ids=["greeting", "lines", "handshake"],
)
def test_a_relay_that_drips_is_cut_off_at_the_deadline(scheme: str, head: bytes, piece: bytes) -> None:
    """Its greeting never ends, or its handshake does not; each byte is in time for a timeout of one."""

    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(300):
            time.sleep(0.02)
            connection.sendall(piece)

    with speaking(script) as port:
        started = time.monotonic()
        failure = relay(f"{scheme}://127.0.0.1:{port}", seconds=0.5).send(alert(), now=NOW)
        assert time.monotonic() - started < 2
    assert failure == Failure(reason=f"127.0.0.1:{port} did not take the message within 0.5 s")


def test_a_relay_that_hangs_is_left() -> None:
    with speaking(lambda connection: time.sleep(1.0)) as port:
        failure = relay(f"smtp://127.0.0.1:{port}", seconds=0.3).send(alert(), now=NOW)
    assert failure == Failure(reason=f"127.0.0.1:{port} did not take the message within 0.3 s")


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\x00\xfe\r\n", b"220 " + b"x" * 100_000 + b"\r\n"])
def test_what_is_no_mail_server_is_told_so(greeting: bytes) -> None:
    with speaking(lambda connection: connection.sendall(greeting)) as port:
        failure = relay(f"smtp://127.0.0.1:{port}", seconds=2.0).send(alert(), now=NOW)
    assert failure is not None
    assert not failure.is_final
    assert "this should not" not in failure.reason


def taking(connection: socket.socket) -> None:
    """A server that takes the message, and then says nothing to QUIT."""
    with connection.makefile("rb") as lines:
        connection.sendall(b"220 hello\r\n")
        for answer in (b"250 hello", b"250 from", b"250 to", b"354 go on"):
            lines.readline()
            connection.sendall(answer + b"\r\n")
        while lines.readline() != b".\r\n":
            pass
        connection.sendall(b"250 taken\r\n")
        lines.readline()
        time.sleep(1.0)


def test_a_message_that_was_taken_counts_however_they_part() -> None:
    """Sent again, it would come twice."""
    with speaking(taking) as port:
        assert relay(f"smtp://127.0.0.1:{port}", seconds=0.5).send(alert(), now=NOW) is None


# Settings


def test_mail_goes_to_the_desk_and_to_the_contact_each_once() -> None:
    ours = relay("smtp://127.0.0.1")
    assert ours.targets(None) == ("desk@acme.example",)
    assert ours.targets("soc@ai.example.org") == ("desk@acme.example", "soc@ai.example.org")
    assert ours.targets("desk@acme.example") == ("desk@acme.example",)
    assert relay("smtp://127.0.0.1", desk="").targets(None) == ()


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, False),
        ("smtps://mail.example.org/", "mail.example.org", 465, True),
        ("smtp://[::1]:25", "::1", 25, False),
        ("smtp://u:p%40%2F%25@mail.example.org:2525", "mail.example.org", 2525, False),
    ],
)
def test_settings_that_can_be_used_are_taken(url: str, host: str, port: int, is_tls: bool) -> None:
    ours = relay(url)
    assert (ours.host, ours.port, ours.is_tls) == (host, port, is_tls)
    assert (ours.user, ours.password) == (("u", "p@/%") if "@" in url else ("", ""))
    assert "p@/%" not in repr(ours)


def test_without_settings_there_is_no_mail() -> None:
    assert Relay.of("", sender="", desk="") is None


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org", "http://mail.example.org", "smtp://", "smtp://:25", "smtp://mail.example.org:port", "smtp://mail.example.org:99999",
        "smtp://me:s3cret@mail.example.org/inbox", "smtp://me:s3cret@mail.example.org?tls=no", "smtp://me:s3cret@mail.example.org#x",
        "smtp://me@mail.example.org", "smtp://:s3cret@mail.example.org", "smtp://me:s3cret%FF@mail.example.org", "smtp://me:s3cret%0D@mail.example.org",
        "smtp://me:s3cret%C3%A4@mail.example.org", "smtp://mail example.org", "smtp://bücher.example", "smtp://[::1",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInputError, match="mail_url cannot be used: ") as caught:
        relay(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "sender", "desk", "message"),
    [
        ("", "", "desk@acme.example", "mail needs both mail_url and mail_from"),
        ("", "tocsin@acme.example", "", "mail needs both mail_url and mail_from"),
        ("smtp://127.0.0.1", "", "desk@acme.example", "mail needs both mail_url and mail_from"),
        ("smtp://127.0.0.1", "Tocsin <tocsin@acme.example>", "", "mail_from is no mail address"),
        ("smtp://127.0.0.1", "tocsin@acme.example", "desk", "mail_to is no mail address"),
    ],
)
def test_settings_that_do_not_belong_together_are_refused(url: str, sender: str, desk: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Relay.of(url, sender=sender, desk=desk)
