"""`tocsin doctor`: what is well is told, what is not comes with what to do, and nothing is changed."""

import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pysqlite3 import dbapi2 as sqlite

from tests.support.command import refused, typed
from tests.support.exchange import free_port
from tests.support.postgres import new_database
from tocsin.faces.cli import doctor


def findings(home: Path, *options: str, code: int, **environment: str) -> list[dict[str, Any]]:
    done = typed("doctor", *options, "--json", home=home, **environment)
    assert done.returncode == code, done
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def unwell(home: Path, *options: str, code: int, **environment: str) -> list[tuple[str, str, str]]:
    """What is not well: topic, state and text; each with advice."""
    found = [one for one in findings(home, *options, code=code, **environment) if one["state"] != "ok"]
    assert all(one["advice"] for one in found if "faults in all" not in one["text"]), found
    return [(one["topic"], one["state"], one["text"]) for one in found]


def change(home: Path, statement: str) -> None:
    with sqlite.connect(home / "tocsin.db") as connection:
        connection.execute(statement)


def test_a_new_exchange_is_well(fresh: Path) -> None:
    """Every topic is looked at, and the exit code is 0."""
    found = findings(fresh, "--deep", "--network", code=0)
    assert {one["state"] for one in found if one["topic"] != "disk"} == {"ok"}
    assert {one["topic"] for one in found} == {"files", "disk", "database", "schema", "clock", "log", "collections"}


def test_a_new_exchange_on_postgresql_is_well(tmp_path: Path) -> None:
    """And the settings on which durability rests are named."""
    assert typed("init", str(tmp_path / "home"), "--database", new_database()).returncode == 0
    found = findings(tmp_path / "home", "--deep", code=0)
    told = next(one for one in found if one["topic"] == "database")
    assert {one["state"] for one in found if one["topic"] != "disk"} == {"ok"}
    assert told["text"].startswith("kind PostgreSQL, server_version ")
    assert told["text"].endswith(", fsync on, full_page_writes on, synchronous_commit on")


def test_a_postgresql_that_may_forget_what_it_acknowledged_is_a_problem(tmp_path: Path) -> None:
    url = new_database()
    assert typed("init", str(tmp_path / "home"), "--database", url).returncode == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE " + connection.info.dbname + " SET synchronous_commit = off")
    ((topic, state, told),) = unwell(tmp_path / "home", code=1)
    assert (topic, state, "synchronous_commit off" in told) == ("database", "problem", True)


def test_findings_are_one_line_each(fresh: Path) -> None:
    (fresh / "secret").chmod(0o644)
    done = typed("doctor", home=fresh)
    assert done.returncode == 1
    line = f"problem files: others on this machine may use {fresh}/secret (mode 644); chmod 600 {fresh}/secret"
    assert line in done.stdout.splitlines()


def test_a_home_that_is_none_is_wrong_input(tmp_path: Path) -> None:
    assert "holds no exchange" in refused("doctor", home=tmp_path)


@pytest.mark.parametrize("name", ["", "secret", "tocsin.toml", "tocsin.db"])
def test_what_others_on_the_machine_may_read_is_a_problem(fresh: Path, name: str) -> None:
    (fresh / name).chmod(0o755)
    assert [(topic, state) for topic, state, _ in unwell(fresh, code=1)] == [("files", "problem")]


@pytest.mark.parametrize("content", [None, "zz", "ab"])
def test_a_secret_that_is_lost_or_broken_does_not_hide_the_rest(fresh: Path, content: str | None) -> None:
    secret = fresh / "secret"
    secret.unlink() if content is None else secret.write_text(content)
    assert [(topic, state) for topic, state, _ in unwell(fresh, code=1)] == [("secret", "problem")]
    assert "schema" in {one["topic"] for one in findings(fresh, code=1)}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "the database is at revision 0001"),
        ("DELETE FROM alembic_version", "the database is empty"),
        ("ALTER TABLE collection RENAME TO gone", "no such table: collection"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_problem(fresh: Path, statement: str, text: str) -> None:
    change(fresh, statement)
    ((topic, state, told),) = unwell(fresh, code=1)
    assert (topic, state) == ("database", "problem")
    assert text in told


def test_a_file_that_is_no_database_is_a_problem(fresh: Path) -> None:
    for file in fresh.glob("tocsin.db*"):
        file.write_bytes(b"text" * 1_000)
    ((topic, state, told),) = unwell(fresh, code=1)
    assert (topic, state, "not a database" in told) == ("database", "problem", True)


def test_a_disk_with_little_room_is_told(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_ROOM", 10**18)
    assert [state for topic, state, _ in unwell(fresh, code=0) if topic == "disk"] == ["warning"]
    monkeypatch.setattr(doctor, "NO_ROOM", 10**18)
    assert [state for topic, state, _ in unwell(fresh, code=1) if topic == "disk"] == ["problem"]


@pytest.mark.parametrize(("seconds", "state", "code"), [(3_600, "warning", 0), (2 * 86_400, "problem", 1)])
def test_stamps_ahead_of_the_clock_are_told(fresh: Path, seconds: int, state: str, code: int) -> None:
    change(fresh, f"UPDATE collection SET last_added = (unixepoch() + {seconds}) * 1000000 WHERE alias = 'inbox'")
    ((topic, found, told),) = unwell(fresh, code=code)
    assert (topic, found) == ("clock", state)
    assert "the last stamp of inbox" in told


def test_damage_in_a_log_is_told_only_by_a_deep_look(fresh: Path) -> None:
    change(fresh, "UPDATE entry SET is_last = 0")
    assert unwell(fresh, code=0) == []
    told = unwell(fresh, "--deep", code=1)
    assert [topic for topic, _, _ in told] == ["log", "log"]
    assert told[1][2] == "1 faults in all"


def test_collections_that_are_not_as_their_files_say_are_told(fresh: Path) -> None:
    file = fresh / "collections" / "indicators.toml"
    file.write_text(file.read_text().replace('title = "', 'title = "Other '))
    ((topic, state, told),) = unwell(fresh, code=0)
    assert (topic, state) == ("collections", "warning")
    assert told.startswith(f"indicators is changed in {fresh}/collections: title: ")


def test_a_broken_collection_file_is_a_problem(fresh: Path) -> None:
    (fresh / "collections" / "indicators.toml").write_text("[")
    assert [(topic, state) for topic, state, _ in unwell(fresh, code=1)] == [("collections", "problem")]


def test_a_collection_that_nobody_may_use_is_told(fresh: Path) -> None:
    """A word that names nobody is as good as none."""
    change(fresh, """UPDATE collection SET "write" = '["nobody-here"]', "read" = '[]' WHERE alias = 'indicators'""")
    told = [text for _, _, text in unwell(fresh, code=0)]
    assert told[1:] == ["nobody may read indicators: its list is empty", "nobody may write indicators: nobody-here"]


# Peers


def add_peer(home: Path, url: str) -> None:
    assert typed("peer", "add", "other", "--url", url, "--token-stdin", home=home, stdin=b"some-token\n").returncode == 0


def test_a_peer_whose_login_is_under_another_secret_is_a_problem(fresh: Path) -> None:
    add_peer(fresh, "https://peer.invalid/taxii2/")
    assert unwell(fresh, code=0) == []
    (fresh / "secret").write_text("ab" * 32)
    ((topic, state, told),) = unwell(fresh, code=1)
    assert (topic, state) == ("peers", "problem")
    assert told == "other: the login for other was stored under another root secret"


def test_a_peer_that_failed_lately_is_told(fresh: Path) -> None:
    add_peer(fresh, "https://peer.invalid/taxii2/")
    change(fresh, "UPDATE peer SET failures = 3")
    assert unwell(fresh, code=0) == [("peers", "warning", "other failed 3 times in a row")]
    change(fresh, "UPDATE peer SET is_disabled = 1")
    assert unwell(fresh, code=0) == []


def test_a_peer_is_asked_only_over_the_network(fresh: Path) -> None:
    add_peer(fresh, f"http://127.0.0.1:{free_port()}/taxii2/")
    assert unwell(fresh, code=0) == []
    assert [(topic, state) for topic, state, _ in unwell(fresh, "--network", code=1)] == [("peers", "problem")]


# Certificates


@pytest.fixture
def secured(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """A server on loopback whose own certificate ends in so many days; its address, and the certificate to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=request.param, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "certificate.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            try:
                context.wrap_socket(self.request, server_side=True).recv(1)
            except OSError:
                return

    with ThreadingTCPServer(("localhost", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://localhost:{server.server_address[1]}", pem
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("secured", "state", "text", "code"),
    [
        (90, "ok", "is good for 90 days", 0),
        (3, "warning", "is good for 3 days", 0),
        (-1, "problem", "certificate has expired", 1),
    ],
    indirect=["secured"],
)
def test_a_certificate_is_told_before_it_ends(fresh: Path, secured: tuple[str, Path], state: str, text: str, code: int) -> None:
    url, pem = secured
    found = findings(fresh, "--network", code=code, TOCSIN_BASE_URL=url, SSL_CERT_FILE=str(pem))
    ((told, advice),) = [(one["text"], one["advice"]) for one in found if (one["topic"], one["state"]) == ("certificates", state)]
    assert text in told
    assert bool(advice) == (state != "ok")


@pytest.mark.parametrize("secured", [90], indirect=True)
def test_a_certificate_that_no_client_would_trust_is_a_problem(fresh: Path, secured: tuple[str, Path]) -> None:
    ((topic, state, told),) = unwell(fresh, "--network", code=1, TOCSIN_BASE_URL=secured[0])
    assert (topic, state) == ("certificates", "problem")
    assert "self-signed certificate" in told
