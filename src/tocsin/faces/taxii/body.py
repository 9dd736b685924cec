"""Taking in the body of a POST under limits of size, time and number (ADR 0005).

The server below has no deadline for a body: a read blocks until bytes come or the client leaves. So a body is read beside the request,
by a thread that the request stops waiting for when it is too slow. Few large bodies are held at once; small ones never wait for those.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from tocsin.errors import BusyError, InvalidInputError, TooLargeError

_CHUNK = 16_384
_SMALL = 65_536  # bytes up to which a body needs no place among the large ones
_GRACE_SECONDS = 10.0
_LARGE_AT_ONCE = 2
_READ_AT_ONCE = 256
_WAIT_SECONDS = 10.0


class SlowBodyError(InvalidInputError):
    """The body did not arrive in time."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that has arrived; `release` must be called when nobody needs it any more."""

    content: bytes
    release: Callable[[], None]


class BodyReader:
    """Reads bodies of one server process."""

    def __init__(self, *, max_bytes: int, seconds: float, min_rate: int) -> None:
        """Limits of one body: its size, the seconds until it must be there, and bytes a second once it had time to start."""
        self.max_bytes, self.seconds, self.min_rate = max_bytes, seconds, min_rate
        self._large = threading.BoundedSemaphore(_LARGE_AT_ONCE)
        self._reading = threading.BoundedSemaphore(_READ_AT_ONCE)

    def read(self, stream: IO[bytes], *, declared: int | None) -> Body:
        """The whole body.

        Args:
            declared: its Content-Length; None where it is chunked.

        Raises:
            TooLargeError: it is larger than allowed.
            SlowBodyError: it does not arrive in time.
            InvalidInputError: it ends before its declared length.
            BusyError: too many bodies are being read.
        """
        if not self._reading.acquire(blocking=False):
            raise BusyError("too many bodies are being read", hint="try again shortly")
        arrival = _Arrival(stream, self.max_bytes, large=self._large, on_end=self._reading.release)
        try:
            threading.Thread(target=arrival.run, daemon=True).start()
        except RuntimeError as error:
            self._reading.release()
            raise BusyError("no thread is left to read a body", hint="try again shortly") from error
        started = time.monotonic()
        while not arrival.ended.wait(1.0):
            elapsed = time.monotonic() - started
            if arrival.is_waiting_for_place:
                continue
            if elapsed > self.seconds or arrival.received < self.min_rate * (elapsed - _GRACE_SECONDS):
                arrival.abandon()
                raise SlowBodyError("the body arrives too slowly", hint=f"send at least {self.min_rate} bytes a second")
        if arrival.error is not None:
            arrival.release()
            raise arrival.error
        content = b"".join(arrival.chunks)
        if declared is not None and len(content) != declared:
            arrival.release()
            raise InvalidInputError("the body ends before its Content-Length", hint="send it whole")
        return Body(content, arrival.release)


class _Arrival:
    """One body on its way, read by a thread of its own."""

    def __init__(self, stream: IO[bytes], max_bytes: int, *, large: threading.BoundedSemaphore, on_end: Callable[[], None]) -> None:
        self.chunks: list[bytes] = []
        self.received = 0
        self.error: Exception | None = None
        self.ended = threading.Event()
        self.is_waiting_for_place = False
        self._stream, self._max_bytes, self._large, self._on_end = stream, max_bytes, large, on_end
        self._lock = threading.Lock()
        self._holds_place = self._is_abandoned = False

    def run(self) -> None:
        try:
            while not self._is_abandoned and (chunk := self._stream.read(_CHUNK)):
                self._take(chunk)
        except Exception as error:  # whatever it is, it belongs to the request that waits
            self.error = error
        finally:
            self._on_end()
            self.ended.set()

    def abandon(self) -> None:
        """The request has given up: the thread ends as soon as its read returns."""
        self._is_abandoned = True
        self.chunks.clear()
        self.release()

    def release(self) -> None:
        """Gives the place among the large bodies back, once."""
        with self._lock:
            if self._holds_place:
                self._large.release()
            self._holds_place = False

    def _take(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > self._max_bytes:
            raise TooLargeError(f"the body is larger than {self._max_bytes} bytes", hint="send fewer objects at once")
        if self.received > _SMALL and not self._holds_place:
            self._claim_place()
        self.chunks.append(chunk)

    def _claim_place(self) -> None:
        self.is_waiting_for_place = True
        has_place = self._large.acquire(timeout=_WAIT_SECONDS)
        self.is_waiting_for_place = False
        if not has_place:
            raise BusyError("other large bodies are being taken in", hint="try again shortly")
        with self._lock:
            self._holds_place = True
        if self._is_abandoned:
            self.release()
