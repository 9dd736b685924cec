"""When a pull must end: the rules against a peer that pages for ever. Pure; told one page at a time.

A cursor that comes again is no offence by itself: a widespread server keeps one `next` for a whole pull. The same page under the same
cursor is. Source: ADR 0012; TAXII 2.1 §3.5.
"""

from hashlib import blake2b

from tocsin.errors import PeerError
from tocsin.model.stamp import stamp_of
from tocsin.peers.interface import Page

_HINT = "go on with since= the `last` of the page before, and tell the operator of that exchange"
_MAX_CURSOR = 4096  # characters; it has to fit into a URL
_MAX_EMPTY = 20  # pages without an object in a row
_COARSE = 1000  # microseconds: some servers cut these headers to milliseconds


class Progress:
    """What one pull has seen so far."""

    def __init__(self, *, since: str | None, max_pages: int) -> None:
        self._last = 0 if since is None else stamp_of(since)
        self._max_pages = max_pages
        self._seen: set[bytes] = set()
        self._pages = self._empty = 0

    def require(self, page: Page) -> None:
        """Judge a page before anybody gets to see it.

        Raises:
            PeerError: the peer goes backwards or in a circle.
        """
        if page.more:
            mark = _mark(page)
            if mark in self._seen:
                raise PeerError("the peer sends the same page with the same cursor again", hint=_HINT)
            self._seen.add(mark)
        if page.last is None:
            return
        last = stamp_of(page.last)
        if last // _COARSE < self._last // _COARSE:
            raise PeerError(f"the peer's pages go backwards: {page.last} after a later one", hint=_HINT)
        self._last = last

    def way_on(self, page: Page) -> str | None:
        """The cursor that leads on from a page that has been dealt with; None after the last one.

        Raises:
            PeerError: the peer leads nowhere, or on for longer than the limit.
        """
        if not page.more:
            return None
        self._pages += 1
        self._empty = 0 if page.bodies else self._empty + 1
        if page.next is None:
            raise PeerError("the peer says that there is more and does not say how to get it", hint=_HINT)
        if len(page.next) > _MAX_CURSOR:
            raise PeerError(f"the peer's cursor has more than {_MAX_CURSOR} characters", hint=_HINT)
        if self._empty >= _MAX_EMPTY:
            raise PeerError(f"the peer says that there is more and sends {_MAX_EMPTY} pages without an object", hint=_HINT)
        if self._pages >= self._max_pages:
            raise PeerError(f"the peer has more than the limit of {self._max_pages:,} pages", hint="go on with since=page.last")
        return page.next


def _mark(page: Page) -> bytes:
    digest = blake2b(repr(page.next).encode(), digest_size=16)
    for body in page.bodies:
        digest.update(body)
    return digest.digest()
