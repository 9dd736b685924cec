"""The public client of a TAXII 2.1 exchange: read a collection page by page, push objects into one.

    client = Client("https://peer.example/taxii2/", token)
    for page in client.pull("indicators", since="2026-01-01T00:00:00Z"):
        keep(page.objects, go_on_with=page.last)
    status = client.push("submissions", objects)

It needs no home, no configuration and no exchange of one's own; it stands on `tocsin.peers` alone. It keeps nothing between runs: where
a pull ended is the caller's to remember. It never follows a redirect, never sends a credential to another host, and ends every wait.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Self

from tocsin.errors import InvalidInputError, PeerError
from tocsin.model.stamp import stamp_at, stamp_of, text_of, version_of, version_text
from tocsin.peers.credential import Credential
from tocsin.peers.interface import CollectionInfo, Limits, Page, PeerClient, PushedObject, PushStatus, Query
from tocsin.peers.outgoing import outgoing
from tocsin.peers.taxii21 import Taxii21Peer
from tocsin.peers.verdict import merged

__all__ = ["Client", "CollectionInfo", "Limits", "Page", "PushStatus", "PushedObject"]

_FILTERS = ("id", "type", "version", "spec_version")
_VERSION_WORDS = frozenset({"first", "last", "all"})


class Client:
    """One exchange, seen with one credential. For one thread at a time; may be used in a `with` statement."""

    def __init__(
        self, url: str, token: str | None = None, *, user: str | None = None, password: str | None = None, limits: Limits | None = None
    ) -> None:
        """Nothing is asked of the exchange yet.

        Args:
            url: its discovery URL or the URL of one API root; https, or http to this very machine.
            token: sent as a bearer token; instead of it, user and password are sent as Basic; without any, nothing is sent.
            limits: how much time and how many bytes the exchange may cost.

        Raises:
            InvalidInputError: the URL or the credential cannot be used.
        """
        self._url = url
        self._peer: PeerClient = Taxii21Peer(url, credential=Credential.of(token, user=user, password=password), limits=limits)

    def __repr__(self) -> str:
        return f"Client({self._url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._peer.close()

    def collections(self) -> tuple[CollectionInfo, ...]:
        """The collections that this credential may see.

        Raises:
            PeerError: the exchange fails, misbehaves or cannot be reached.
        """
        return self._peer.collections()

    def pull(
        self, collection: str, *, since: str | datetime | None = None, limit: int = 1000, **match: str | datetime | Iterable[str | datetime]
    ) -> Iterator[Page]:
        """The pages of a collection in the order in which the exchange added their objects; none is empty.

        Stop anywhere: a later pull with `since=page.last` of the last page that was dealt with goes on behind it.

        Args:
            collection: its alias, id or title.
            since: exclusive; the exchange's own clock, so only ever a `page.last` or a rough date.
            limit: objects a page; the exchange may send fewer.
            match: `type`, `id`, `version` ("first", "last", "all" or an instant; "last" unless given) and `spec_version`;
                one value or several, of which any will do.

        Raises:
            InvalidInputError: at the call, an argument that cannot be used; while reading, no such collection.
            ForbiddenError: while reading, no right to read it.
            PeerError: while reading, the exchange fails, misbehaves or passes a limit; the pages before stay good.
        """
        if limit < 1:
            raise InvalidInputError("a page has at least one object", hint="give a limit of 1 or more")
        values = {name: _filter_values(name, given) for name, given in match.items()}
        return self._peer.pages(collection, Query(since=_since(since), limit=limit, match=values))

    def push(self, collection: str, objects: Iterable[object]) -> PushStatus:
        """Push objects, in as many posts as the exchange's limits ask for, and wait a while for what it leaves pending.

        Pushing the same objects again is safe: an exchange knows what it has by id and version.

        Args:
            collection: its alias, id or title.
            objects: each a dict, the JSON bytes of one object (sent as they are), or a stix2 object. Taken one by one; may be a generator.

        Raises:
            InvalidInputError: no such collection, or something that is no STIX object; what was posted before it stays posted.
            ForbiddenError: no right to write it.
            PeerError: the exchange fails, misbehaves or passes a limit; the hint says how much had been answered before.
        """
        if isinstance(objects, str | bytes | Mapping) or hasattr(objects, "serialize"):
            raise InvalidInputError("objects are pushed as a list", hint="put a single object into a list; of a bundle give its objects")
        done: list[PushStatus] = []
        try:
            for status in self._peer.push(collection, map(outgoing, objects)):
                done.append(status)  # at once, so that it is kept when the next one fails
        except PeerError as error:
            count = sum(status.total for status in done)
            if not count:
                raise
            raise type(error)(
                error.message, hint=f"{error.hint}; {count} objects had their answer before, pushing all again is safe"
            ) from error
        return merged(done)


def _since(since: str | datetime | None) -> str | None:
    """Checked text: never finer than a microsecond, which is what the protocol's stamps can hold."""
    if since is None:
        return None
    return text_of(stamp_of(since)) if isinstance(since, str) else _instant(since)


def _instant(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise InvalidInputError("a datetime without a time zone names no instant", hint="use datetime.now(UTC) or tzinfo=UTC")
    return text_of(stamp_at(instant))


def _filter_values(name: str, given: str | datetime | Iterable[str | datetime]) -> tuple[str, ...]:
    if name not in _FILTERS:
        raise InvalidInputError(f"{name!r} is no filter", hint=f"the filters are {', '.join(_FILTERS)}")
    values = tuple(_filter_value(name, value) for value in ((given,) if isinstance(given, str | datetime) else given))
    if not values:
        raise InvalidInputError(f"the filter {name!r} has no value", hint="leave it out to see everything")
    return values


def _filter_value(name: str, value: str | datetime) -> str:
    text = _instant(value) if isinstance(value, datetime) else value
    if not text or "," in text:
        raise InvalidInputError(f"{text[:60]!r} is no value of the filter {name!r}", hint="give several values as a list")
    return version_text(version_of(text)) if name == "version" and text not in _VERSION_WORDS else text
