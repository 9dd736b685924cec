"""A deadline for a whole HTTP request, from the first packet to the last byte, that also holds against a peer that drips.

A read timeout starts anew at every byte, so a peer that sends one byte a second in the TLS handshake, the headers or the body would hold
us for ever. Here a timer shuts the connection's socket down at the deadline, whatever is being waited for. Resolving the name is outside
its reach (the system's resolver has limits of its own). Source: urllib3's connection classes.
"""

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar, Token
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Watch:
    """Cuts the connections used inside its `with` block once the seconds are over; `is_expired` then tells why they broke."""

    def __init__(self, seconds: float) -> None:
        self.is_expired = False
        self._leash: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._token: Token[Watch | None] | None = None

    def __enter__(self) -> Self:
        self._token = _WATCH.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._token is not None:
            _WATCH.reset(self._token)
        with self._lock:
            self._drop()

    def follow(self, connection: socket.socket) -> None:
        """Hold this connection from now on, through a descriptor of our own: TLS and http.client swap and close theirs as they go."""
        with self._lock:
            self._drop()
            self._leash = socket.fromfd(connection.fileno(), connection.family, connection.type)
            if self.is_expired:
                self._cut()

    def _expire(self) -> None:
        with self._lock:
            self.is_expired = True
            self._cut()

    def _cut(self) -> None:
        if self._leash is not None:
            with suppress(OSError):  # the peer was faster
                self._leash.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._leash is not None:
            self._leash.close()
            self._leash = None


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


def _follow(connection: socket.socket | None) -> None:
    watch = _WATCH.get()
    if watch is not None and connection is not None:
        watch.follow(connection)


class _Watched(HTTPConnection):
    """Puts itself under the watch of the moment, both when it connects and when it is used again."""

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        _follow(connection)
        return connection

    def request(self, *args: Any, **kwargs: Any) -> None:
        _follow(self.sock)
        super().request(*args, **kwargs)


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class WatchedAdapter(HTTPAdapter):
    """The connection pool of one peer; it never repeats a request by itself."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests; hands out connections of our kinds."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
