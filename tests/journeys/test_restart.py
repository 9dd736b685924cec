"""Stopping and starting: what is under way is finished, what was handed out stays good, what stands in the way is said."""

import json
import socket
import threading
import time
from base64 import b64encode

import pytest
import requests

from tests.journeys.conftest import Start
from tests.support.exchange import RunningExchange, tocsin
from tests.support.objects import envelope, indicator
from tests.support.traffic import MEDIA_TYPE, get, post, walk


class Trickle:
    """A POST whose body comes piece by piece, as over a slow line."""

    def __init__(self, exchange: RunningExchange, url: str, body: bytes) -> None:
        self._rest = body
        self._connection = socket.create_connection(("127.0.0.1", exchange.port), timeout=30)
        login = b64encode(":".join(exchange.admin).encode()).decode()
        path = url.removeprefix(exchange.url)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\nContent-Type: {MEDIA_TYPE}\r\nAccept: {MEDIA_TYPE}\r\n"
        self._connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())

    def send(self, share: float) -> None:
        """A share of what is left."""
        count = round(len(self._rest) * share)
        self._connection.sendall(self._rest[:count])
        self._rest = self._rest[count:]

    def answer(self) -> tuple[int, dict[str, object]]:
        """Status and JSON, read until the server closes or all is there."""
        received = b""
        while not (b"\r\n\r\n" in received and received.rstrip().endswith(b"}")):
            part = self._connection.recv(65_536)
            assert part, received
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


def test_next_and_status_survive_a_restart(start: Start) -> None:
    """On another port and with other processes: pages go on where they were."""
    exchange = start()
    url = exchange.objects_url("indicators")
    posted = post(url, envelope(*(indicator(number) for number in range(20))), login=exchange.admin).json()
    token = get(url, login=exchange.admin, limit=7).json()["next"]
    before = get(url, login=exchange.admin, next=token, limit=7).json()["objects"]
    assert exchange.stop() == 0
    again = RunningExchange(home=exchange.home, password=exchange.password, workers=2).start()
    try:
        page = get(url.replace(exchange.url, again.url), login=exchange.admin, next=token, limit=7)
        assert (page.status_code, page.json()["objects"]) == (200, before)
        assert get(f"{again.url}/api/status/{posted['id']}/", login=exchange.admin).json() == posted
    finally:
        again.end()


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_finishes_what_is_under_way(start: Start, workers: int) -> None:
    """A body that is still arriving is taken to its end, stored and answered; the exit code says that all is well."""
    exchange = start(workers=workers)
    url = exchange.objects_url("indicators")
    trickle = Trickle(exchange, url, envelope(*(indicator(number) for number in range(300))))
    trickle.send(0.3)
    time.sleep(0.3)
    codes: list[int] = []
    stopping = threading.Thread(target=lambda: codes.append(exchange.stop()))
    stopping.start()
    for _ in range(4):
        time.sleep(0.3)
        trickle.send(0.5)
    trickle.send(1.0)
    status, answer = trickle.answer()
    stopping.join()
    assert (status, answer["success_count"], codes) == (202, 300, [0])
    exchange.start()
    assert len(list(walk(url, login=exchange.admin))) == 300


def test_after_sigterm_nobody_new_is_let_in(start: Start) -> None:
    """While the last request is finished, new connections are refused, so that a balancer goes elsewhere."""
    exchange = start()
    url = exchange.objects_url("indicators")
    trickle = Trickle(exchange, url, envelope(indicator()))
    trickle.send(0.5)
    time.sleep(0.3)
    stopping = threading.Thread(target=exchange.stop)
    stopping.start()
    time.sleep(1.0)
    with pytest.raises(requests.ConnectionError):
        get(url, login=exchange.admin)
    trickle.send(1.0)
    assert trickle.answer()[0] == 202
    stopping.join()


def test_the_same_home_starts_again_and_again(start: Start) -> None:
    """After SIGTERM and after kill -9, without anything to clean up."""
    exchange = start()
    url = exchange.objects_url("indicators")
    for number, end in enumerate((exchange.kill, exchange.stop)):
        assert post(url, envelope(indicator(number)), login=exchange.admin).status_code == 202
        end()
        exchange.start()
    assert len(list(walk(url, login=exchange.admin))) == 2


def test_a_port_in_use_is_said_in_one_line(start: Start) -> None:
    """A second server must not quietly take half of the first one's requests."""
    exchange = start()
    done = tocsin("serve", "--port", str(exchange.port), home=exchange.home, check=False)
    assert done.returncode == 2
    assert (
        done.stderr == f"tocsin: cannot listen on 127.0.0.1 port {exchange.port}: Address already in use; choose another --host or --port\n"
    )


def test_serve_says_where_it_is_and_answers_there(start: Start) -> None:
    exchange = start()
    assert exchange.log().splitlines()[:2] == [f"TAXII 2.1 discovery: {exchange.url}/taxii2/", f"API root:            {exchange.url}/api/"]
    root = get(exchange.discovery, login=exchange.admin).json()["default"]
    assert root == f"{exchange.url}/api/"
    assert get(root, login=exchange.admin).status_code == 200


def test_a_collection_that_is_changed_before_the_start_is_applied_and_told(start: Start) -> None:
    exchange = start()
    exchange.stop()
    file = exchange.home / "collections/public.toml"
    file.write_text(file.read_text().replace('title = "Public"', 'title = "For everybody"'))
    (exchange.home / "server.log").unlink()
    exchange.start()
    assert exchange.log().splitlines()[0] == "collection public: changed (title: Public -> For everybody)"
    titles = [one["title"] for one in get(f"{exchange.url}/api/collections/").json()["collections"]]
    assert titles == ["For everybody"]
