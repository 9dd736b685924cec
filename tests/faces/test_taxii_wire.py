"""What only shows on the wire: bodies that are chunked, slow, cut or too large, HEAD, pipelining (ADR 0005)."""

import http.client
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.faces.conftest import MEDIA_TYPE, basic
from tests.support.exchange import RunningExchange
from tests.support.objects import envelope, indicator

MAX_BODY = 100_000
BODY_SECONDS = 2
OBJECTS = "/api/collections/indicators/objects/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """A server of its own process with tight limits, on the network."""
    limits = {"TOCSIN_MAX_CONTENT_LENGTH": str(MAX_BODY), "TOCSIN_BODY_SECONDS": str(BODY_SECONDS)}
    exchange = RunningExchange.make(tmp_path_factory.mktemp("wire") / "home", environment=limits).start()
    yield exchange
    exchange.kill()


def head(served: RunningExchange, method: str = "POST", path: str = OBJECTS, **headers: str) -> bytes:
    """The head of a request of the administrator, as it is written."""
    lines = {"Host": "x", "Content-Type": MEDIA_TYPE, **basic(*served.admin)} | {k.replace("_", "-"): v for k, v in headers.items()}
    return "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in lines.items()), "\r\n"]).encode()


@contextmanager
def connected(served: RunningExchange) -> Iterator[socket.socket]:
    """A bare connection that waits ten seconds at most."""
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=10)) as connection:
        yield connection


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next answer."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read()


def stored(served: RunningExchange) -> list[str]:
    """The ids in the collection."""
    page = requests.get(f"{served.url}{OBJECTS}", auth=served.admin, timeout=10).json()
    return [one["id"] for one in page.get("objects", [])]


def threads(served: RunningExchange) -> int:
    """Of the server and its workers together."""
    assert served.process is not None
    count = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
            if os.getpgid(int(status.parent.name)) == served.process.pid:
                count += int(re.search(r"Threads:\s+(\d+)", text)[1])  # type: ignore[index]
        except OSError:
            continue  # it ended meanwhile
    return count


def test_a_chunked_body_is_taken(served: RunningExchange) -> None:
    """In chunks that cut the JSON anywhere."""
    body = envelope(indicator(1))
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))
    headers = {"Content-Type": MEDIA_TYPE}
    answer = requests.post(f"{served.url}{OBJECTS}", data=pieces, auth=served.admin, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["success_count"]) == (202, 1)
    assert indicator(1)["id"] in stored(served)


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(served: RunningExchange) -> None:
    """413 comes on its Content-Length alone."""
    with connected(served) as connection:
        connection.sendall(head(served, Content_Length=str(MAX_BODY + 1)))
        status, body = answer_of(connection)
    assert status == 413
    assert b"the body is too large; send fewer objects at once" in body


def test_a_body_that_is_too_large_is_refused_before_it_is_asked_for(served: RunningExchange) -> None:
    """A client that asks with Expect is never told to continue; one whose body may come is."""
    with connected(served) as connection:
        connection.sendall(head(served, Content_Length=str(MAX_BODY + 1), Expect="100-continue"))
        assert connection.recv(12) == b"HTTP/1.1 413"
    with connected(served) as connection:
        body = envelope(indicator(2))
        connection.sendall(head(served, Content_Length=str(len(body)), Expect="100-continue"))
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert answer_of(connection)[0] == 202


def test_a_chunked_body_that_grows_too_large_is_413(served: RunningExchange) -> None:
    """It is counted as it comes, and the rest is not waited for."""
    with connected(served) as connection:
        connection.sendall(head(served, Transfer_Encoding="chunked") + b"%x\r\n" % (MAX_BODY * 2) + b" " * (MAX_BODY + 20_000))
        assert answer_of(connection)[0] == 413


def test_a_body_that_breaks_off_changes_nothing(served: RunningExchange) -> None:
    """The client goes away in the middle of a valid envelope."""
    body = envelope(indicator(3))
    with connected(served) as connection:
        connection.sendall(head(served, Content_Length=str(len(body) + 1)) + body)
    time.sleep(0.3)
    assert indicator(3)["id"] not in stored(served)


def test_a_hundred_drips_stop_nobody_and_end_in_408(served: RunningExchange) -> None:
    """While they drip, others read and write as usual; afterwards no thread reads for them any more."""
    before = threads(served)
    with ExitStack() as stack:
        drips = [stack.enter_context(connected(served)) for _ in range(100)]
        for drip in drips:
            drip.sendall(head(served, Content_Length="5000") + b"{")
        began = time.monotonic()
        assert requests.get(f"{served.url}/api/", auth=served.admin, timeout=10).status_code == 200
        written = requests.post(
            f"{served.url}{OBJECTS}", data=envelope(indicator(4)), auth=served.admin, headers={"Content-Type": MEDIA_TYPE}, timeout=10
        )
        assert written.status_code == 202
        assert time.monotonic() - began < BODY_SECONDS
        answers = [answer_of(drip) for drip in drips]
    assert {status for status, _body in answers} == {408}
    assert b"the body arrives too slowly; send at least 1000 bytes a second" in answers[0][1]
    until = time.monotonic() + 10
    while threads(served) > before + 110 and time.monotonic() < until:
        time.sleep(0.1)
    assert threads(served) <= before + 110  # the server itself keeps one a request for half a minute; those that read are gone


def test_a_slow_body_that_is_given_up_holds_no_place(served: RunningExchange) -> None:
    """More bodies than are read at once, one batch after the other: the last one is still read."""
    for _batch in range(3):
        with ExitStack() as stack:
            drips = [stack.enter_context(connected(served)) for _ in range(100)]
            for drip in drips:
                drip.sendall(head(served, Content_Length="5000") + b"{")
            answer_of(drips[0])
    body = envelope(indicator(5))
    with connected(served) as connection:
        connection.sendall(head(served, Content_Length=str(len(body))) + body)
        assert answer_of(connection)[0] == 202


def test_head_sends_the_length_and_no_body(served: RunningExchange) -> None:
    """The connection goes on with the next request, so nothing of a body came after the head."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    with closing(connection):
        connection.request("HEAD", OBJECTS, headers=basic(*served.admin))
        head_answer = connection.getresponse()
        nothing = head_answer.read()
        connection.request("GET", OBJECTS, headers=basic(*served.admin))
        get_answer = connection.getresponse()
        assert (head_answer.status, nothing, get_answer.status) == (200, b"", 200)
        assert int(head_answer.headers["Content-Length"]) == len(get_answer.read())


def test_requests_in_one_go_are_answered_in_their_order(served: RunningExchange) -> None:
    """Pipelining: two POSTs and a GET in one write."""
    first, second = envelope(indicator(6)), b"{}"
    posts = [head(served, Content_Length=str(len(body))) + body for body in (first, second)]
    with connected(served) as connection:
        connection.sendall(b"".join(posts) + head(served, "GET", "/taxii2/", Connection="close"))
        text = b""
        while piece := connection.recv(65_536):
            text += piece
    assert re.findall(rb"HTTP/1\.1 (\d{3})", text) == [b"202", b"422", b"200"]


def test_two_lengths_are_not_read_as_two_requests(served: RunningExchange) -> None:
    """Transfer-Encoding beside Content-Length: what a proxy in front may read otherwise must not become a second request."""
    smuggled = head(served, "GET", "/taxii2/")
    body = b"0\r\n\r\n" + smuggled
    with connected(served) as connection:
        connection.sendall(head(served, Content_Length=str(len(body)), Transfer_Encoding="chunked", Connection="close") + body)
        text = b""
        while piece := connection.recv(65_536):
            text += piece
    assert re.findall(rb"HTTP/1\.1 (\d{3})", text) == [b"400"]
