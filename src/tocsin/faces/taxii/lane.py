"""A short way for the request that every poller repeats: a page of objects (TAXII 2.1 §5.4; ADR 0011).

Flask and medallion take three quarters of the time of a poll that finds nothing. Here such a request goes to the same services in one
step. Only plain success is answered: whatever is unusual (another method, a login that is not remembered, a wrong parameter, a
collection that is hidden) goes the long way, which says what is wrong. A test holds the two ways together.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from tocsin.errors import TocsinError
from tocsin.faces.taxii.backend import API_ROOT, objects_page
from tocsin.faces.taxii.negotiation import LOGGED_IN, MEDIA_TYPE, Environ, StartResponse, WsgiApp
from tocsin.faces.taxii.request import credential_of, sender_of
from tocsin.model.member import ANONYMOUS
from tocsin.model.query import MATCHES, limit_of, query_of
from tocsin.services.object import Reading
from tocsin.wiring import Exchange

_OBJECTS = re.compile(rf"/{API_ROOT}/collections/([A-Za-z0-9-]+)/objects/?", re.ASCII)


class FastLane:
    """WSGI middleware inside the negotiation, before the app."""

    def __init__(self, app: WsgiApp, exchange: Exchange) -> None:
        """Answers what it can from the exchange; the app has the rest."""
        self._app, self._exchange = app, exchange

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        asked = _OBJECTS.fullmatch(environ["PATH_INFO"])
        if asked is None or environ["REQUEST_METHOD"] != "GET" or environ["HTTP_ACCEPT"] != MEDIA_TYPE:
            return self._app(environ, start_response)
        try:
            body, headers = self._page(environ, asked[1])
        except (TocsinError, UnicodeError, _LongWay):
            return self._app(environ, start_response)
        start_response("200 OK", [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), *headers.items()])
        return (body,)

    def _page(self, environ: Environ, name: str) -> tuple[bytes, dict[str, str]]:
        credential = credential_of(environ)
        caller = ANONYMOUS if credential is None else self._exchange.members.remembered(credential)
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="strict")
        arguments = dict(pairs)
        if caller is None or len(arguments) != len(pairs):
            raise _LongWay
        reading = Reading(
            endpoint="objects",
            query=query_of(arguments, allowed=MATCHES),
            limit=limit_of(arguments.get("limit"), maximum=self._exchange.config.max_page_size),
            next=arguments.get("next"),
        )
        collection = self._exchange.collections.find(caller, name)
        self._exchange.throttle.require_pace(caller, address=sender_of(environ.get("REMOTE_ADDR", "")))
        page = objects_page(self._exchange, caller, collection, reading=reading)
        environ[LOGGED_IN] = "" if credential is None else caller.name
        return page


class _LongWay(Exception):
    """The app is to answer."""
