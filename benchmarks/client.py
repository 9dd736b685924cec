"""A client that costs next to nothing: prepared requests over kept-alive sockets, answers read to their end and not looked at."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

_MEDIA_TYPE = "application/taxii+json;version=2.1"
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A request that can be sent to either server."""

    port: int
    path: str
    login: tuple[str, str]

    def head(self, *, length: int | None = None) -> bytes:
        """The request without its body; a POST if it has a length."""
        word = base64.b64encode(":".join(self.login).encode()).decode()
        lines = [
            f"{'GET' if length is None else 'POST'} {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Accept: {_MEDIA_TYPE}",
            f"Authorization: Basic {word}",
        ]
        if length is not None:
            lines += [f"Content-Type: {_MEDIA_TYPE}", f"Content-Length: {length}"]
        return "\r\n".join([*lines, "", ""]).encode()


def get(target: Target) -> bytes:
    """The body of one answer.

    Raises:
        RuntimeError: the status is not 200.
    """
    with closing(_connect(target)) as connection:
        connection.sendall(target.head())
        return _answer(connection, status=b"200", is_kept=True)


def rate(target: Target, *, seconds: float, connections: int) -> float:
    """Requests a second that the server answers."""
    request = target.head()

    def run(connection: socket.socket) -> int:
        until, count = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            connection.sendall(request)
            _answer(connection, status=b"200", is_kept=False)
            count += 1
        return count

    elapsed, counts = _in_threads(target, connections, run=run)
    return sum(counts) / elapsed


def post_all(target: Target, bodies: Sequence[bytes], *, connections: int) -> tuple[float, list[bytes]]:
    """Sends every body once; seconds taken, and the answers."""
    waiting: Iterator[bytes] = iter(bodies)
    lock = threading.Lock()
    answers: list[bytes] = []

    def run(connection: socket.socket) -> int:
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return 0
            connection.sendall(target.head(length=len(body)))
            connection.sendall(body)
            answers.append(_answer(connection, status=b"202", is_kept=True))

    elapsed, _ = _in_threads(target, connections, run=run)
    return elapsed, answers


def _in_threads(target: Target, number: int, *, run: Callable[[socket.socket], int]) -> tuple[float, list[int]]:
    """Seconds from the common start to the last end, and what each returned."""
    results: list[int | Exception] = []
    start = threading.Barrier(number + 1)

    def work() -> None:
        with closing(_connect(target)) as connection:
            start.wait()
            try:
                results.append(run(connection))
            except Exception as error:  # raised again by the caller
                results.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    for result in results:
        if isinstance(result, Exception):
            raise result
    return elapsed, [result for result in results if isinstance(result, int)]


def _connect(target: Target) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", target.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection: socket.socket, *, status: bytes, is_kept: bool) -> bytes:
    """Reads one answer to its end; its body, if it is to be kept."""
    start = b""
    while b"\r\n\r\n" not in start:
        start += _received(connection.recv(_CHUNK))
    head, _, body = start.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 " + status):
        raise RuntimeError(f"unexpected answer: {start[:600]!r}")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    chunks, read = [body], len(body)
    while read < length:
        chunk = _received(connection.recv(_CHUNK))
        read += len(chunk)
        if is_kept:
            chunks.append(chunk)
    return b"".join(chunks) if is_kept else b""


def _received(chunk: bytes) -> bytes:
    if not chunk:
        raise RuntimeError("the server hung up within an answer")
    return chunk
