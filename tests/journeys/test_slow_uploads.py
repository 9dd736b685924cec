"""A hundred clients that upload a byte a second each: everybody else is served as ever, and the slow ones are sent away in time."""

import socket
import time
from base64 import b64encode
from collections import Counter
from threading import Event, Thread

from tests.journeys.conftest import Start
from tests.support.exchange import RunningExchange
from tests.support.objects import envelope, indicator
from tests.support.traffic import MEDIA_TYPE, get, post

DRIPS = 100
BODY_SECONDS = 8  # given to a body by the server


def drip(exchange: RunningExchange, url: str) -> socket.socket:
    """A connection that has logged in and promised a body."""
    connection = socket.create_connection(("127.0.0.1", exchange.port), timeout=60)
    login = b64encode(f"admin:{exchange.password}".encode()).decode()
    path = url.removeprefix(exchange.url)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\nContent-Type: {MEDIA_TYPE}\r\nAccept: {MEDIA_TYPE}\r\n"
    connection.sendall(f"{head}Content-Length: 100000\r\n\r\n".encode())
    return connection


def keep_dripping(drips: list[socket.socket], ended: Event) -> None:
    """A byte a second on each, until told to end."""
    while not ended.wait(1.0):
        for connection in drips:
            try:
                connection.sendall(b" ")
            except OSError:
                continue  # sent away already


def status_line(connection: socket.socket) -> str:
    """The first line of the answer that should be there by now; nothing when there is none."""
    connection.settimeout(0.3)
    try:
        return connection.recv(4096).split(b"\r\n")[0].decode()
    except OSError:
        return ""


def test_slow_uploads_stop_nobody_else(start: Start) -> None:
    """While a hundred drip, reads stay quick and an ordinary POST succeeds; then all hundred are told that they are too slow."""
    exchange = start(environment={"TOCSIN_BODY_SECONDS": str(BODY_SECONDS)})
    url = exchange.objects_url("indicators")
    assert post(url, envelope(indicator(1)), login=exchange.admin).status_code == 202
    began = time.monotonic()
    drips, ended = [drip(exchange, url) for _ in range(DRIPS)], Event()
    dripping = Thread(target=keep_dripping, args=(drips, ended), daemon=True)
    dripping.start()
    seconds = []
    while time.monotonic() - began < BODY_SECONDS - 2:
        asked = time.monotonic()
        assert get(url, login=exchange.admin).json()["objects"] == [indicator(1)]
        seconds.append(time.monotonic() - asked)
    posted = post(url, envelope(*(indicator(number) for number in range(2, 500))), login=exchange.admin)
    time.sleep(max(0.0, began + BODY_SECONDS + 2 - time.monotonic()))
    answers = Counter(status_line(connection) for connection in drips)
    ended.set()
    dripping.join()
    assert (posted.status_code, posted.json()["success_count"]) == (202, 498)
    assert len(seconds) > 20
    assert max(seconds) < 2.0
    assert answers == {"HTTP/1.1 408 Request Timeout": DRIPS}
    assert get(url, login=exchange.admin).status_code == 200
