"""What the rest of Tocsin knows of another exchange: the `PeerClient` protocol and the records that pass through it.

No I/O and no HTTP here; `tocsin.peers.taxii21` implements the protocol over TAXII 2.1. Everything that a peer says is data to be
judged: a `Page` has been checked for form, never for meaning (that is admission's work, object by object).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from tocsin.errors import PeerError
from tocsin.peers.wire import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one peer may cost us; every limit that is passed ends the call with a PeerError that names it."""

    pages_per_pull: int = 100_000
    bytes_per_response: int = 64 * 1024**2  # after decompression
    bytes_per_pull: int = 16 * 1024**3  # all responses of one pull or push, after decompression
    seconds_to_connect: float = 10.0
    seconds_to_read: float = 30.0  # between two arrivals of bytes
    seconds_per_request: float = 60.0  # from the first packet to the last byte, however steadily it drips
    seconds_per_call: float = 6 * 3600.0  # one pull or push, waits included; what the consumer does between pages does not count
    seconds_to_settle: float = 60.0  # how long one post's `pending` status is polled
    seconds_to_wait: float = 120.0  # the longest Retry-After that is waited for; a longer one is an error at once
    retries: int = 4  # after the first attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionInfo:
    """A collection as the peer announces it (TAXII 2.1 §5.2.1); the rights are those of the credential in use."""

    id: str
    title: str
    can_read: bool
    can_write: bool
    alias: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read of a collection."""

    since: str | None = None  # RFC 3339 UTC, exclusive: only what the peer added after it (`added_after`)
    limit: int = 1000  # objects a page; the peer may give fewer
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "type" -> values, any of which will do


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a collection, in the order in which the peer added the objects."""

    bodies: tuple[bytes, ...]  # each object's JSON exactly as it arrived
    more: bool  # another page follows
    first: str | None  # X-TAXII-Date-Added-First, the peer's clock
    last: str | None  # X-TAXII-Date-Added-Last: `since` of the pull that goes on after this page
    next: str | None  # the peer's own cursor; short-lived at many peers

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The bodies decoded, on first use.

        Raises:
            PeerError: an object has duplicate keys, NaN or the like; the other bodies are still there to be read one by one.
        """
        return [_decoded(position, body) for position, body in enumerate(self.bodies)]


def _decoded(position: int, body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError as error:
        raise PeerError(
            f"object {position} of the page is not valid JSON: {error}", hint="read the other objects from page.bodies"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedObject:
    """What became of one object that was pushed."""

    id: str
    version: str | None = None  # as the peer states it, else as we posted it
    message: str | None = None  # the peer's own words, untrusted text; ours where the object never left


@dataclass(frozen=True, slots=True, kw_only=True)
class PushStatus:
    """What became of everything that was pushed; each object stands in exactly one of the three."""

    successes: tuple[PushedObject, ...] = ()
    failures: tuple[PushedObject, ...] = ()
    pendings: tuple[PushedObject, ...] = ()  # the peer had not decided when the time to wait was over

    @property
    def is_complete(self) -> bool:
        """Whether nothing is pending."""
        return not self.pendings

    @property
    def total(self) -> int:
        """The number of objects that this status speaks of."""
        return len(self.successes) + len(self.failures) + len(self.pendings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One object on its way to a peer."""

    id: str
    version: str | None  # `modified`, else `created`, as written; None for an object without both
    body: bytes  # a JSON object, sent as it is


class PeerClient(Protocol):
    """Another exchange. A collection is named by its id, alias or title.

    Every method raises PeerError for what is the peer's fault, InvalidInputError for a collection that it does not list and
    ForbiddenError for one that it lists without the right.
    """

    def collections(self) -> tuple[CollectionInfo, ...]:
        """The collections that this credential may see, asked anew at every call."""
        ...

    def pages(self, collection: str, query: Query) -> Iterator[Page]:
        """Pages in the order of addition, none of them empty. May be abandoned after any page: go on with `since=page.last`."""
        ...

    def push(self, collection: str, objects: Iterable[Outgoing]) -> Iterator[PushStatus]:
        """One status for each envelope posted, in order, and one for each object too large to be posted.

        May be abandoned after any status: what has no status yet may or may not have arrived, and may be pushed again.
        """
        ...

    def close(self) -> None:
        """Close the connections. The object stays usable; it opens new ones."""
        ...
