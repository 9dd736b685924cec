"""`tocsin submit --to` and `tocsin pull --from`: another server over the network, without a home of one's own."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.hostile import Answer, HostilePeer, page
from tests.support.command import refused, typed, typed_json
from tests.support.exchange import TOCSIN, RunningExchange, free_port
from tests.support.objects import indicator
from tests.support.seeds import seeded

PUBLIC = len(seeded("public"))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """With the seeds, an analyst `ann`, and a peer `bob` of another organisation."""
    made = RunningExchange.make(tmp_path_factory.mktemp("elsewhere") / "home")
    typed("seed", home=made.home)
    made.add_member("ann", "--role", "analyst")
    typed("organisation", "add", "Beta AI", home=made.home)
    made.add_member("bob", "--role", "peer", "--organisation", "Beta AI")
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def ann(exchange: RunningExchange) -> str:
    return exchange.add_token("ann")


@pytest.fixture(scope="module")
def bob(exchange: RunningExchange) -> str:
    return exchange.add_token("bob")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "objects.json"


def lines(text: str) -> list[object]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["indicators", "LLM abuse indicators"])
@pytest.mark.parametrize("path", ["/taxii2/", "/taxii2", "/api/"])
def test_a_server_is_named_by_discovery_or_api_root(exchange: RunningExchange, ann: str, file: Path, name: str, path: str) -> None:
    """And a collection by its title too."""
    file.write_text(json.dumps([indicator(1), indicator(2, pattern="nope")]))
    done = typed("submit", str(file), "--to", exchange.url + path, "--collection", name, "--json", TOCSIN_TOKEN=ann)
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert (result["taken"], result["refused"], result["failures"][0]["id"]) == (1, 1, indicator(2)["id"])
    assert done.stderr.startswith(f"{file}: {indicator(2)['id']}: $.pattern: the pattern does not parse")


def test_a_pull_gives_one_object_a_line_and_says_where_it_ended(exchange: RunningExchange, tmp_path: Path) -> None:
    """The public collection needs no token; the stamp makes the next pull an incremental one."""
    options = ("--from", exchange.discovery, "--collection", "public")
    whole = typed("pull", *options)
    last = whole.stderr.split()[-1]
    assert whole.stderr == f"{PUBLIC} objects, up to {last}\n"
    assert len(lines(whole.stdout)) == PUBLIC
    again = typed("pull", *options, "--since", last)
    assert (again.stdout, again.stderr) == ("", f"0 objects, up to {last}\n")
    result = typed_json("pull", *options, "--output", str(tmp_path / "out"))
    assert result == {"objects": PUBLIC, "last": last, "file": str(tmp_path / "out")}
    assert (tmp_path / "out").read_text() == whole.stdout


def test_a_pull_can_be_linted_and_submitted(exchange: RunningExchange, ann: str, tmp_path: Path) -> None:
    """What comes out goes in again."""
    out = str(tmp_path / "out.jsonl")
    typed_json("pull", "--from", exchange.discovery, "--collection", "public", "--output", out)
    assert typed("lint", out).returncode == 0
    done = typed("submit", out, "--to", exchange.discovery, "--collection", "restricted", TOCSIN_TOKEN=ann)
    assert (done.returncode, done.stdout) == (0, f"{PUBLIC} taken, 0 refused\n")
    assert typed("submit", out, "--collection", "restricted", home=exchange.home).stdout == f"{PUBLIC} taken, 0 refused\n"


def test_what_is_not_ours_to_do_is_forbidden(exchange: RunningExchange, bob: str, file: Path) -> None:
    """Exit code 3: no right, or a token that nobody knows."""
    file.write_text(json.dumps(indicator()))
    to, from_ = ("submit", str(file), "--to", exchange.discovery), ("pull", "--from", exchange.discovery)
    line = refused(*to, "--collection", "actors", code=3, TOCSIN_TOKEN=bob)
    assert line == "the peer does not let you write the collection 'actors'; ask its operator for the right"
    line = refused(*from_, "--collection", "submissions", code=3, TOCSIN_TOKEN=bob)
    assert line == "the peer does not let you read the collection 'submissions'; ask its operator for the right"
    for command in (to, from_):
        line = refused(*command, "--collection", "indicators", code=3, TOCSIN_TOKEN="tocsin_wrong")
        assert "does not accept the credential (HTTP 401)" in line
        assert "check the token" in line


def test_a_collection_that_one_may_not_see_is_not_there(exchange: RunningExchange, bob: str) -> None:
    """Wrong input, with what there is."""
    line = refused("pull", "--from", exchange.discovery, "--collection", "outbox-nobody", TOCSIN_TOKEN=bob)
    assert line.startswith("the peer has no collection 'outbox-nobody'; it has: 'actors', ")
    line = refused("pull", "--from", exchange.discovery, "--collection", "actors")
    assert line == "the peer has no collection 'actors'; it has: 'public'"


def test_a_server_that_is_not_there_is_the_other_sides_fault(file: Path) -> None:
    file.write_text(json.dumps(indicator()))
    url = f"http://127.0.0.1:{free_port()}"
    for command in (["submit", str(file), "--to", f"{url}/taxii2/"], ["pull", "--from", f"{url}/taxii2/"]):
        assert refused(*command, "--collection", "x", code=4) == f"{url} cannot be reached; check the URL and the network"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--from", "nonsense"], 'that is not the URL of an exchange; write it like "https://peer.example/taxii2/"'),
        (["--from", "http://peer.example/"], "plain http to 'peer.example' would show the credential to everyone on the way; use https"),
        (["--from", "http://u:p@localhost/"], "the URL of an exchange holds no login, query or fragment; give the credential by itself"),
        (["--from", "http://localhost/", "--since", "yesterday"], "'yesterday' is not a UTC timestamp; write it like"),
        (
            ["--from", "http://localhost/", "--json"],
            "--json is about the result, and the objects are on standard output; give --output as well",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_sent(options: list[str], line: str) -> None:
    assert line in refused("pull", *options, "--collection", "x")


def test_a_token_that_cannot_be_sent_is_not_shown(file: Path) -> None:
    """Not even in the error."""
    file.write_text(json.dumps(indicator()))
    line = refused("submit", str(file), "--to", "http://localhost/", "--collection", "x", TOCSIN_TOKEN="half a-secret")
    assert line.startswith("the token is empty or holds a space")
    assert "secret" not in line


def test_a_pull_that_fails_at_once_leaves_the_file_as_it_was(exchange: RunningExchange, tmp_path: Path) -> None:
    """Yesterday's objects are worth more than an empty file."""
    out = tmp_path / "out.jsonl"
    out.write_text("yesterday's\n")
    refused("pull", "--from", exchange.discovery, "--collection", "x", "--output", str(out), code=3, TOCSIN_TOKEN="tocsin_wrong")
    assert out.read_text() == "yesterday's\n"
    line = refused("pull", "--from", exchange.discovery, "--collection", "public", "--output", str(tmp_path / "no" / "out"))
    assert line == f"{tmp_path}/no/out: No such file or directory; give a file that can be written"


def test_a_pull_that_breaks_off_says_how_far_it_came(tmp_path: Path) -> None:
    """The pages before stay good, and the next pull goes on behind them."""
    last = "2026-02-01T00:00:00.000001Z"
    with HostilePeer() as peer:
        peer.pages(lambda seen: page(indicator(1), more=True, cursor="same", last=last))
        done = typed("pull", "--from", peer.url, "--collection", "indicators", "--output", str(tmp_path / "out"))
    assert done.returncode == 4
    said = done.stderr.splitlines()
    assert said[0] == f"1 objects, up to {last}"
    assert said[1].startswith("tocsin: ")
    assert lines((tmp_path / "out").read_text()) == [indicator(1)]


def test_on_a_terminal_a_hostile_object_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    r"""C1 controls and DEL may stand in JSON as they are. A file gets them as they came, a terminal as \u escapes: still the same JSON."""
    hostile = indicator(1, name="\x9b2Jgone\x7f\u202e")
    with HostilePeer() as peer:
        peer.pages(Answer(body=json.dumps({"objects": [hostile]}, ensure_ascii=False).encode()))
        reader, terminal = pty.openpty()
        command = [TOCSIN, "pull", "--from", peer.url, "--collection", "indicators"]
        done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, text=True, check=False)
        os.close(terminal)
        shown = os.read(reader, 100_000).decode().strip()
        os.close(reader)
        typed("pull", "--from", peer.url, "--collection", "indicators", "--output", str(tmp_path / "out"))
    assert done.returncode == 0
    assert shown.isprintable()
    assert json.loads(shown) == hostile
    assert "\x9b2J".encode() in (tmp_path / "out").read_bytes()
