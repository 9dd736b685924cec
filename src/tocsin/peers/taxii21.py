"""Another exchange over TAXII 2.1, on taxii2-client's classes; the only module that imports that library.

The library knows the endpoints and their required fields. What it leaves open is closed here: it gets our session (`peers.session`), a
connection that reads strictly, and no say in paging or in waiting. Its own exceptions, and those that odd answers provoke in it, never
leave this module. Source: TAXII 2.1 §4 and §5.
"""

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from requests import Response
from taxii2client import MEDIA_TYPE_TAXII_V21
from taxii2client.common import _HTTPConnection
from taxii2client.exceptions import TAXIIServiceException
from taxii2client.v21 import ApiRoot, Collection, Server

from tocsin.errors import ForbiddenError, InvalidInputError, PeerError
from tocsin.model.stamp import stamp_of
from tocsin.peers.credential import Credential
from tocsin.peers.interface import CollectionInfo, Limits, Outgoing, Page, PushedObject, PushStatus, Query
from tocsin.peers.outgoing import OutgoingEnvelope, envelopes
from tocsin.peers.progress import Progress
from tocsin.peers.session import USER_AGENT, PeerSession, origin_of, require_peer_url
from tocsin.peers.verdict import StatusResource, verdict
from tocsin.peers.watch import WatchedAdapter
from tocsin.peers.wire import read_envelope, read_json

_MAX_ROOTS = 100  # the library opens a session for each
_COLLECTION_ID = re.compile(r"[A-Za-z0-9._~-]{1,200}")  # UUIDs by the standard; whatever it is, one plain segment of a path
_LONGEST_PAUSE = 10.0  # seconds between two looks at a status
# What the library lets out when an answer has the wrong shape: its own errors, and Python's.
_SHAPE_ERRORS = (TAXIIServiceException, AttributeError, KeyError, TypeError, ValueError)


class _Discovery(msgspec.Struct):
    api_roots: Annotated[list[str], msgspec.Meta(max_length=_MAX_ROOTS)] = []
    default: str | None = None


class _Collections(msgspec.Struct):
    collections: list[dict[str, Any]] = []


class _Root(msgspec.Struct):
    max_content_length: int


class _Connection(_HTTPConnection):
    """The library's connection over our session; what its calls return is what `read` makes of the answer."""

    def __init__(self, session: PeerSession, read: Callable[[Response], Any]) -> None:
        super().__init__(user_agent=USER_AGENT, version="2.1")
        self.session = session
        self._read = read

    def get(self, url: str, **options: Any) -> Any:
        return self._read(self.session.get(url, **self._with_headers(options)))

    def post(self, url: str, **options: Any) -> Any:
        return self._read(self.session.post(url, **self._with_headers(options)))

    def _with_headers(self, options: dict[str, Any]) -> dict[str, Any]:
        given = {"Accept": MEDIA_TYPE_TAXII_V21, **(options.get("headers") or {})}
        return {**options, "headers": self._merge_headers(given)}


@contextmanager
def _in_our_terms(what: str) -> Iterator[None]:
    try:
        yield
    except _SHAPE_ERRORS as error:
        reason = str(error) if isinstance(error, ValueError) else "a required part is missing or of the wrong type"
        raise PeerError(f"the peer's {what} is not TAXII 2.1: {reason[:200]}", hint="tell the operator of that exchange") from error


def _json_of(response: Response) -> Any:
    return read_json(response.content)


def _discovery_of(response: Response) -> Any:
    """Checked before the library sees it, which would make a session for every API root named."""
    answer = read_json(response.content)
    msgspec.convert(answer, _Discovery)
    return answer


def _collections_of(response: Response) -> Any:
    answer = read_json(response.content)
    msgspec.convert(answer, _Collections)
    return answer


def _page_of(response: Response) -> Page:
    envelope = read_envelope(response.content)
    first, last = (_date_added(response, end) for end in ("First", "Last"))
    return Page(bodies=envelope.bodies, more=envelope.more, first=first, last=last, next=envelope.next)


def _date_added(response: Response, end: str) -> str | None:
    text = response.headers.get(f"X-TAXII-Date-Added-{end}")
    if text is None:
        return None
    try:
        stamp_of(text)
    except InvalidInputError as error:
        raise ValueError(f"X-TAXII-Date-Added-{end}: {error.message}") from error
    return text


class Taxii21Peer:
    """A `PeerClient` for one discovery or API root URL. For one thread at a time."""

    def __init__(self, url: str, *, credential: Credential | None = None, limits: Limits | None = None) -> None:
        """Nothing is asked of the peer yet.

        Raises:
            InvalidInputError: see `require_peer_url`.
        """
        self._url = require_peer_url(url)
        self._origin = origin_of(self._url)
        self._credential = credential
        self._limits = limits or Limits()
        self._adapter = WatchedAdapter()
        self._root: str | None = None
        self._listed: tuple[CollectionInfo, ...] = ()

    def collections(self) -> tuple[CollectionInfo, ...]:
        """See PeerClient."""
        return self._list(self._session())

    def pages(self, collection: str, query: Query) -> Iterator[Page]:
        """See PeerClient."""
        session = self._session()
        source = self._collection(session, self._find(session, collection, right="can_read"), read=_page_of)
        progress = Progress(since=query.since, max_pages=self._limits.pages_per_pull)
        cursor: str | None = None
        while True:
            with _in_our_terms("page"):
                page = source.get_objects(added_after=query.since, limit=query.limit, next=cursor, **query.match)
            progress.require(page)
            if page.bodies:
                yield page
            cursor = progress.way_on(page)
            if cursor is None:
                return

    def push(self, collection: str, objects: Iterable[Outgoing]) -> Iterator[PushStatus]:
        """See PeerClient."""
        session = self._session()
        target = self._collection(session, self._find(session, collection, right="can_write"), read=_json_of)
        for part in envelopes(objects, max_bytes=self._max_content_length(session)):
            yield PushStatus(failures=(part,)) if isinstance(part, PushedObject) else self._post(target, part)

    def close(self) -> None:
        """See PeerClient."""
        self._adapter.close()

    def _session(self) -> PeerSession:
        return PeerSession(self._origin, credential=self._credential, limits=self._limits, adapter=self._adapter)

    def _root_url(self, session: PeerSession) -> str:
        """The API root: the URL given when it is one, else what discovery names, on the same origin only."""
        if self._root is None:
            with _in_our_terms("discovery"):
                server = Server(self._url, conn=_Connection(session, _discovery_of))
                named = [root.url for root in server.api_roots]
                default = server.default.url if server.default else None
                is_root = "max_content_length" in server.custom_properties
            self._root = self._url if is_root else self._chosen(default, named)
        return self._root

    def _chosen(self, default: str | None, named: list[str]) -> str:
        if not named:
            raise PeerError("the peer's discovery names no API root", hint="give the API root's URL instead")
        if default is None and len(named) > 1:
            raise InvalidInputError(
                "the peer has several API roots and no default",
                hint=f"give the URL of one: {', '.join(repr(root[:100]) for root in named[:10])}",
            )
        chosen = default or named[0]
        try:
            origin = origin_of(chosen)
        except ValueError:
            origin = ""
        if origin != self._origin:
            raise PeerError(
                f"the peer announces its API root on another origin, {origin[:100]!r}; the credential is for {self._origin}",
                hint="if you trust that address, give the API root's URL itself",
            )
        return chosen

    def _list(self, session: PeerSession) -> tuple[CollectionInfo, ...]:
        root = self._root_url(session)
        with _in_our_terms("list of collections"):
            listed = ApiRoot(root, conn=_Connection(session, _collections_of)).collections
            self._listed = tuple(msgspec.convert(item, CollectionInfo, from_attributes=True) for item in listed)
            if any(_COLLECTION_ID.fullmatch(item.id) is None for item in self._listed):
                raise ValueError("a collection's id is not an identifier")
        return self._listed

    def _find(self, session: PeerSession, name: str, *, right: str) -> CollectionInfo:
        """The collection of that id, alias or title; the list is asked anew when the one at hand does not do."""
        known = _named(self._listed, name)
        if len(known) != 1 or not getattr(known[0], right):
            known = _named(self._list(session), name)
        if len(known) > 1:
            raise InvalidInputError(
                f"{name!r} names several collections of the peer", hint=f"use an id: {', '.join(item.id for item in known)}"
            )
        if not known:
            names = ", ".join(repr((item.alias or item.title)[:60]) for item in self._listed[:50]) or "none that you may see"
            raise InvalidInputError(f"the peer has no collection {name!r}", hint=f"it has: {names}")
        if not getattr(known[0], right):
            verb = "read" if right == "can_read" else "write"
            raise ForbiddenError(f"the peer does not let you {verb} the collection {name!r}", hint="ask its operator for the right")
        return known[0]

    def _collection(self, session: PeerSession, info: CollectionInfo, *, read: Callable[[Response], Any]) -> Collection:
        facts = {"id": info.id, "title": info.title, "can_read": info.can_read, "can_write": info.can_write}
        url = f"{self._root_url(session)}collections/{info.id}/"
        return Collection(url, conn=_Connection(session, read), collection_info=facts)

    def _max_content_length(self, session: PeerSession) -> int:
        root = self._root_url(session)
        with _in_our_terms("API root"):
            limit = msgspec.convert(ApiRoot(root, conn=_Connection(session, _json_of)), _Root, from_attributes=True).max_content_length
            if limit < 1:
                raise ValueError("its max_content_length is not positive")
        return limit

    def _post(self, target: Collection, envelope: OutgoingEnvelope) -> PushStatus:
        """Post one envelope and look at its status until nothing is pending or the time is over."""
        deadline = time.monotonic() + self._limits.seconds_to_settle
        pause = 0.25
        with _in_our_terms("status"):
            status = target.add_objects(envelope.body, wait_for_completion=False)
            while True:
                result = verdict(msgspec.convert(status, StatusResource, from_attributes=True), envelope.objects)
                if result.is_complete or time.monotonic() + pause > deadline:
                    return result
                time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # spreads clients, guards nothing
                pause = min(pause * 2, _LONGEST_PAUSE)
                status.refresh()


def _named(collections: tuple[CollectionInfo, ...], name: str) -> list[CollectionInfo]:
    """Those of that id, else of that alias, else of that title."""
    for attribute in ("id", "alias", "title"):
        if found := [item for item in collections if getattr(item, attribute) == name]:
            return found
    return []
