"""What a hostile peer tries on the level of HTTP, and what comes of it."""

import gzip
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.peers.hostile import TAXII, Answer, HostilePeer, page, thing
from tocsin.client import Client, Limits
from tocsin.errors import InvalidInputError, PeerError
from tocsin.peers.credential import Credential
from tocsin.peers.session import PeerSession, origin_of, require_peer_url
from tocsin.peers.watch import WatchedAdapter

TOKEN = "s3cret-token-of-ours"
OBJECT = thing(1)


@pytest.fixture
def peer() -> Iterator[HostilePeer]:
    with HostilePeer() as peer:
        yield peer


def client(peer: HostilePeer, **limits: Any) -> Client:
    return Client(peer.url, TOKEN, limits=Limits(**{"retries": 0, **limits}))


def pulled(peer: HostilePeer, **limits: Any) -> list[Any]:
    with client(peer, **limits) as ours:
        return [each for page in ours.pull("indicators") for each in page.objects]


def error_of(peer: HostilePeer, **limits: Any) -> PeerError:
    with pytest.raises(PeerError) as caught:
        pulled(peer, **limits)
    assert caught.value.hint
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return caught.value


def drip(head: bytes, piece: bytes) -> Answer:
    def script(connection: Any) -> None:
        connection.sendall(head)
        for _ in range(400):
            time.sleep(0.02)
            connection.sendall(piece)

    return Answer(script=script)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed_and_names_where_it_led(peer: HostilePeer, status: int, method: str) -> None:
    with HostilePeer() as other:
        peer.routes[f"{method} {peer.objects}"] = Answer(status=status, headers={"Location": f"{other.base}{peer.objects}"})
        with pytest.raises(PeerError, match=other.base.removeprefix("http://")), client(peer) as ours:
            list(ours.pull("indicators")) if method == "GET" else ours.push("indicators", [OBJECT])
        assert other.seen == []
        assert len(peer.asked(peer.objects, method)) == 1


def test_a_redirect_with_an_endless_body_is_not_read_to_its_end(peer: HostilePeer) -> None:
    peer.pages(drip(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x" * 100_000))
    assert "more than 1,000,000 bytes" in error_of(peer, bytes_per_response=1_000_000).message


def test_a_redirect_to_nowhere_is_an_error_of_the_peer(peer: HostilePeer) -> None:
    peer.pages(Answer(status=302, headers={"Location": "http://[::1"}))
    assert "redirects (HTTP 302)" in error_of(peer).message


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Type: " + TAXII.encode() + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b""],
    ids=["body", "header", "status line"],
)
def test_a_peer_that_drips_is_cut_off_at_the_deadline(peer: HostilePeer, head: bytes) -> None:
    peer.pages(drip(head, b"1"))
    started = time.monotonic()
    assert "did not finish its answer within 0.5 s" in error_of(peer, seconds_per_request=0.5).message
    assert time.monotonic() - started < 2


def test_a_tls_handshake_that_drips_is_cut_off_at_the_deadline() -> None:
    """The head of a TLS record, and then its content byte by byte, each in time for the read timeout."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip_a_handshake, args=(listener,), daemon=True).start()
        started = time.monotonic()
        with pytest.raises(PeerError, match=r"within 0\.5 s"):
            Client(f"https://127.0.0.1:{listener.getsockname()[1]}/", limits=Limits(seconds_per_request=0.5, retries=0)).collections()
    assert time.monotonic() - started < 2


def drip_a_handshake(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.sendall(b"\x16\x03\x03\x10\x00")
        for _ in range(400):
            time.sleep(0.02)
            connection.sendall(b"\x02")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(PeerError, match="no trusted TLS connection"):
        threading.Thread(target=serve_tls, args=(listener, self_signed(tmp_path)), daemon=True).start()
        Client(f"https://127.0.0.1:{listener.getsockname()[1]}/", TOKEN, limits=Limits(retries=0)).collections()


def self_signed(folder: Path) -> ssl.SSLContext:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    today = datetime.now(UTC)
    builder = builder.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(address, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (folder / "peer.pem").write_bytes(certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "peer.pem")
    return context


def serve_tls(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: " + TAXII.encode() + b'\r\nContent-Length: 9\r\n\r\n{"a": 1} ')


def test_over_tls_the_body_is_read_as_well(tmp_path: Path) -> None:
    """The same session as everywhere, told to trust this one certificate."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve_tls, args=(listener, self_signed(tmp_path)), daemon=True).start()
        origin = f"https://127.0.0.1:{listener.getsockname()[1]}"
        session = PeerSession(origin, credential=None, limits=Limits(), adapter=WatchedAdapter())
        session.verify = str(tmp_path / "peer.pem")
        assert session.get(f"{origin}/").content == b'{"a": 1} '


def test_a_request_to_another_origin_is_never_sent(peer: HostilePeer) -> None:
    session = PeerSession("http://127.0.0.1:9", credential=Credential.of(TOKEN), limits=Limits(), adapter=WatchedAdapter())
    with pytest.raises(PeerError, match="another origin"):
        session.get(peer.url)
    assert peer.seen == []


def test_a_silent_peer_is_left_after_the_read_timeout(peer: HostilePeer) -> None:
    peer.pages(Answer(script=lambda connection: time.sleep(1)))
    assert "sent nothing for 0.2 s" in error_of(peer, seconds_to_read=0.2).message


def test_a_peer_that_stalls_in_its_body_is_left_after_the_read_timeout(peer: HostilePeer) -> None:
    def script(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: " + TAXII.encode() + b"\r\nContent-Length: 9\r\n\r\n{")
        time.sleep(1)

    peer.pages(Answer(script=script))
    assert "sent nothing for 0.2 s" in error_of(peer, seconds_to_read=0.2).message


def test_a_response_above_the_limit_is_not_read(peer: HostilePeer) -> None:
    peer.pages(Answer(body=b" " * 300_000))
    assert "more than 100,000 bytes" in error_of(peer, bytes_per_response=100_000).message


def test_a_decompression_bomb_is_cut_off_at_the_limit(peer: HostilePeer) -> None:
    peer.pages(Answer(body=gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"}))
    assert "more than 100,000 bytes" in error_of(peer, bytes_per_response=100_000).message


def test_the_bytes_of_a_whole_pull_are_limited(peer: HostilePeer) -> None:
    peer.pages(lambda seen: page({**OBJECT, "x": "x" * 3000}, more=True, cursor=str(len(peer.seen))))
    assert "more than" in error_of(peer, bytes_per_pull=20_000).message
    assert len(peer.asked(peer.objects)) < 8


def test_gzip_is_understood(peer: HostilePeer) -> None:
    peer.pages(Answer(body=gzip.compress(b'{"objects":[{"id":"a"}]}'), headers={"Content-Encoding": "gzip"}))
    assert pulled(peer) == [{"id": "a"}]


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "x-own"])
def test_a_coding_that_was_not_offered_is_refused(peer: HostilePeer, coding: str) -> None:
    peer.pages(Answer(body={}, headers={"Content-Encoding": coding}))
    assert repr(coding) in error_of(peer).message


def test_a_body_that_is_not_the_gzip_it_claims_to_be_is_an_error_of_the_peer(peer: HostilePeer) -> None:
    peer.pages(Answer(body=b"{}", headers={"Content-Encoding": "gzip"}))
    assert "not the gzip" in error_of(peer).message


def test_a_truncated_body_is_an_error_of_the_peer(peer: HostilePeer) -> None:
    peer.pages(
        Answer(script=lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: " + TAXII.encode() + b"\r\nContent-Length: 99\r\n\r\n{}"))
    )
    assert "broke the connection" in error_of(peer).message


def test_what_is_not_http_is_an_error_of_the_peer(peer: HostilePeer) -> None:
    peer.pages(Answer(script=lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9\r\n")))
    assert "does not speak HTTP" in error_of(peer).message


def test_a_peer_that_is_not_there_is_an_error_of_the_peer() -> None:
    with HostilePeer() as gone:
        url = gone.url
    with pytest.raises(PeerError, match="cannot be reached"):
        Client(url).collections()


def test_a_missing_content_type_is_an_error_of_the_peer(peer: HostilePeer) -> None:
    peer.pages(Answer(body={}, headers={"Content-Type": None}))
    assert "without a Content-Type" in error_of(peer).message


@pytest.mark.parametrize(
    "given", ["text/html", "application/json", "application/taxii+json;version=2.0", "application/vnd.oasis.taxii+json"]
)
def test_another_content_type_is_an_error_of_the_peer(peer: HostilePeer, given: str) -> None:
    peer.pages(Answer(body={}, headers={"Content-Type": given}))
    assert given in error_of(peer).message


@pytest.mark.parametrize(
    "given", ["application/taxii+json; version=2.1", 'Application/TAXII+json;Version="2.1";charset=utf-8', "application/taxii+json"]
)
def test_every_spelling_of_the_content_type_is_understood(peer: HostilePeer, given: str) -> None:
    peer.pages(Answer(body={"objects": [OBJECT]}, headers={"Content-Type": given}))
    assert pulled(peer) == [OBJECT]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "does not accept the request"),
        (401, "does not accept the credential"),
        (403, "does not allow this"),
        (404, "knows no such resource"),
        (406, "does not serve TAXII 2.1"),
        (413, "too large"),
        (418, "refuses the request"),
        (429, "fewer requests"),
        (500, "failed at its side"),
        (503, "cannot take requests now"),
    ],
)
def test_every_status_has_its_sentence(peer: HostilePeer, status: int, sentence: str) -> None:
    peer.pages(Answer(status=status, body={"title": "Because", "description": "of this"}))
    error = error_of(peer)
    assert sentence in error.message
    assert error.message.endswith(f"(HTTP {status}): 'Because: of this'")


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'{"title": 1}', b""])
def test_an_error_without_a_taxii_body_is_told_as_well(peer: HostilePeer, body: bytes) -> None:
    peer.pages(Answer(status=500, body=body, headers={"Content-Type": "text/html"}))
    assert error_of(peer).message.endswith("(HTTP 500)")


def test_a_peer_that_echoes_the_credential_does_not_bring_it_into_the_message(peer: HostilePeer) -> None:
    peer.pages(lambda seen: Answer(status=403, body={"title": seen.headers["Authorization"]}))
    assert error_of(peer).message.endswith("(HTTP 403)")


def test_retry_after_is_waited_for(peer: HostilePeer) -> None:
    peer.pages(Answer(status=429, headers={"Retry-After": "1"}), page(OBJECT))
    started = time.monotonic()
    assert pulled(peer, retries=1) == [OBJECT]
    assert 1 <= time.monotonic() - started < 2


def test_a_retry_after_beyond_the_limit_is_an_error_at_once(peer: HostilePeer) -> None:
    peer.pages(Answer(status=503, headers={"Retry-After": "3600"}), page(OBJECT))
    assert error_of(peer, retries=3).hint == "it asks to wait 3600 s"
    assert len(peer.asked(peer.objects)) == 1


@pytest.mark.parametrize("asked", ["soon", "-1", "9" * 400, "Fri, 31 Dec 1999 23:59:59 GMT"])
def test_an_odd_retry_after_does_no_harm(peer: HostilePeer, asked: str) -> None:
    peer.pages(Answer(status=503, headers={"Retry-After": asked}))
    assert "cannot take requests now" in error_of(peer, retries=1).message


def test_retries_end(peer: HostilePeer) -> None:
    peer.pages(Answer(status=429, headers={"Retry-After": "0"}))
    assert "fewer requests" in error_of(peer, retries=3).message
    assert len(peer.asked(peer.objects)) == 4


def test_waits_count_against_the_time_of_the_call(peer: HostilePeer) -> None:
    peer.pages(Answer(status=429, headers={"Retry-After": "1"}))
    started = time.monotonic()
    error_of(peer, retries=50, seconds_per_call=1.5)
    assert time.monotonic() - started < 2


def test_a_get_over_a_broken_connection_is_repeated(peer: HostilePeer) -> None:
    peer.pages(Answer(script=lambda connection: None), page(OBJECT))
    assert pulled(peer, retries=1) == [OBJECT]


@pytest.mark.parametrize(("answer", "posts"), [(Answer(script=lambda c: None), 1), (Answer(status=500), 1), (Answer(status=503), 2)])
def test_a_post_is_repeated_only_when_the_peer_says_that_it_was_not_taken(peer: HostilePeer, answer: Answer, posts: int) -> None:
    peer.routes[f"POST {peer.objects}"] = answer
    with pytest.raises(PeerError), client(peer, retries=1) as ours:
        ours.push("indicators", [OBJECT])
    assert len(peer.asked(peer.objects, "POST")) == posts


def test_the_environment_gives_no_credential_and_no_proxy(peer: HostilePeer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    Client(peer.url).collections()
    assert all("Authorization" not in each.headers for each in peer.seen)


def test_cookies_are_not_kept(peer: HostilePeer) -> None:
    peer.pages(Answer(body={"objects": [OBJECT], "more": True, "next": "n"}, headers={"Set-Cookie": "a=b; Path=/"}), page(OBJECT))
    pulled(peer)
    assert all("Cookie" not in each.headers for each in peer.seen)


def test_one_connection_serves_a_whole_pull(peer: HostilePeer) -> None:
    """Watching a connection must not cost its reuse."""
    peer.pages(page(OBJECT, more=True, cursor="a"), page(OBJECT, more=True, cursor="b"), page(OBJECT))
    with client(peer) as ours:
        list(ours.pull("indicators"))
        pools = ours._peer._adapter.poolmanager.pools  # type: ignore[attr-defined]
        assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118


def test_nothing_is_logged_of_the_credential(peer: HostilePeer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    peer.pages(Answer(status=401))
    error_of(peer)
    assert TOKEN not in caplog.text


def test_the_credential_is_sent_as_bearer_or_basic(peer: HostilePeer) -> None:
    Client(peer.url, TOKEN).collections()
    Client(peer.url, user="ana", password="grün").collections()
    assert {each.headers["Authorization"] for each in peer.seen} == {f"Bearer {TOKEN}", "Basic YW5hOmdyw7xu"}


@pytest.mark.parametrize(
    "url",
    [
        "http://peer.example/taxii2/",
        "http://127.0.0.1.peer.example/",
        "ftp://peer.example/",
        "peer.example",
        "",
        "https://",
        "https://user:pass@peer.example/",
        "https://peer.example/?a=b",
        "https://peer.example/#a",
        "https://peer.example:99999/",
        "http://0x7f.1/",
    ],
)
def test_a_url_that_would_show_or_lose_the_credential_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client(url, TOKEN)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://peer.example", "http://localhost:8080/taxii2", "http://127.9.9.9/", "http://[::1]:80/"])
def test_https_and_this_very_machine_are_fine(url: str) -> None:
    assert require_peer_url(url).endswith("/")


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("HTTPS://Peer.Example/x") == "https://peer.example:443"
    assert origin_of("http://[::1]/x") == "http://[::1]:80"
