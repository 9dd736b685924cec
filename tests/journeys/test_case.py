"""From an analyst's file to another provider's screen: checked, submitted, polled by an unmodified taxii2-client, parsed by stix2."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import stix2
from taxii2client.v21 import Collection, as_pages

from tests.journeys.conftest import Start
from tests.support.command import typed, typed_json
from tests.support.exchange import RunningExchange

Object = dict[str, Any]


class Peer:
    """Polls a collection, and each time gets what came since the last time."""

    def __init__(self, exchange: RunningExchange) -> None:
        user, password = exchange.add_member("poller", "--role", "peer")
        url = f"{exchange.url}/api/collections/{exchange.collection_id('indicators')}/"
        self.collection = Collection(url, user=user, password=password)
        self.filters: dict[str, str] = {}
        self.collection._conn.session.hooks["response"].append(self._remember)

    def _remember(self, response: requests.Response, **_options: Any) -> None:
        if "X-TAXII-Date-Added-Last" in response.headers:
            self.filters = {"added_after": response.headers["X-TAXII-Date-Added-Last"]}

    def poll(self) -> list[Object]:
        """Each object as it came, once a strict reader has taken it."""
        found = [one for page in as_pages(self.collection.get_objects, per_request=5, **self.filters) for one in page.get("objects", [])]
        assert all(stix2.parse(one, allow_custom=False)["id"] == one["id"] for one in found)
        return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lantern.yaml"


def bundled(file: Path) -> list[Object]:
    found: list[Object] = json.loads(file.with_suffix(".json").read_text())["objects"]
    return found


def submit(file: Path, *options: str, **environment: Any) -> None:
    assert typed("case", "check", str(file)).returncode == 0
    assert typed_json("case", "submit", str(file), "--collection", "indicators", *options, **environment)["refused"] == 0


def test_a_polling_peer_gets_what_an_analyst_wrote_and_then_what_changed(start: Start, file: Path) -> None:
    """First everything, then the new version of one object, then what was withdrawn."""
    exchange = start()
    peer = Peer(exchange)
    typed("case", "new", str(file))
    submit(file, home=exchange.home)
    assert peer.poll() == bundled(file) != []
    assert peer.poll() == []

    file.write_text(file.read_text().replace("in six languages", "in seven languages"))
    submit(file, home=exchange.home)
    (use,) = peer.poll()
    assert (use["relationship_type"], use["description"]) == ("uses", "Had invoices and delivery notices written in seven languages.")
    assert use in bundled(file)

    file.write_text(file.read_text().replace("  - ip: 192.0.2.45\n", ""))
    submit(file, home=exchange.home)
    news = peer.poll()
    assert sorted((one["type"], one.get("revoked", False)) for one in news) == [
        ("indicator", True),
        ("relationship", True),
        ("report", False),
    ]
    assert all(one in bundled(file) for one in news)


def test_a_case_is_submitted_to_another_exchange_with_a_token(start: Start, file: Path) -> None:
    """No exchange of one's own is needed; what that one refuses is told, and the exit code is 1."""
    exchange = start()
    exchange.add_member("ann", "--role", "analyst")
    token = exchange.add_token("ann")
    peer = Peer(exchange)
    typed("case", "new", str(file))
    submit(file, "--to", exchange.discovery, TOCSIN_TOKEN=token)
    assert peer.poll() == bundled(file)

    file.write_text(file.read_text().replace("tlp: green", "tlp: red"))
    command = ["case", "submit", str(file), "--collection", "indicators", "--to", exchange.discovery]
    done = typed(*command, TOCSIN_TOKEN=token)
    assert (done.returncode, done.stdout) == (1, f"0 taken, {len(bundled(file))} refused\n")
    assert peer.poll() == []
    assert typed(*command, TOCSIN_TOKEN="wrong").returncode == 3
