"""Headers before medallion sees them: it matches Accept and Content-Type by one exact spelling, clients write many (RFC 9110 §12.5).

What we can serve is rewritten to that spelling; what we cannot is left as it is, and medallion answers 406 or 415.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from werkzeug.http import parse_accept_header, parse_options_header

from tocsin.faces.taxii.request import RELEASE

MEDIA_TYPE = "application/taxii+json;version=2.1"
LOGGED_IN = "tocsin.member"  # in the WSGI environment: the name of the member that logged in
_NOT_ACCEPTABLE = "application/x-not-acceptable"
_RANGES = {"application/taxii+json": 2, "application/*": 1, "*/*": 0}  # media range: how specific it is

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class Negotiation:
    """WSGI middleware that normalises what a request says of its formats and of its body's length, and ends what it began."""

    def __init__(self, app: WsgiApp) -> None:
        """Wraps an application."""
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        environ["HTTP_ACCEPT"] = MEDIA_TYPE if is_acceptable(environ.get("HTTP_ACCEPT", "")) else _NOT_ACCEPTABLE
        if is_taxii(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = MEDIA_TYPE
        if environ.get("HTTP_TRANSFER_ENCODING"):
            environ["CONTENT_LENGTH"] = "1"  # medallion wants a length; the true one shows when the body has been read
        # Medallion's object views answer nothing to HEAD: they get a GET, and the body goes nowhere (RFC 9110 §9.3.2).
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        if is_head:
            environ["REQUEST_METHOD"] = "GET"

        def start(status: str, headers: Headers, *more: Any) -> Any:
            headers.append(("Vary", "Accept, Authorization, X-API-Key"))
            if environ.get(LOGGED_IN) or status.startswith("401"):
                headers.append(("Cache-Control", "no-store"))
            return start_response(status, headers, *more)

        try:
            answer = self._app(environ, start)
        finally:
            environ.pop(RELEASE, bool)()
        return () if is_head else answer


@lru_cache(maxsize=256)
def is_acceptable(accept: str) -> bool:
    """TAXII 2.1 is among what an Accept header takes; the most specific range that fits decides, an absent header takes all."""
    best, quality = -1, 0.0
    for item, weight in parse_accept_header(accept):
        media_range, parameters = parse_options_header(item)
        specificity = _RANGES.get(media_range.lower(), -1)
        if specificity < 0 or parameters.get("version", "2.1") != "2.1":
            continue
        if "version" in parameters:
            specificity += 1
        if specificity > best:
            best, quality = specificity, weight
    return not accept.strip() or quality > 0


@lru_cache(maxsize=256)
def is_taxii(content_type: str) -> bool:
    """A Content-Type that says TAXII 2.1, in whatever spelling."""
    media_type, parameters = parse_options_header(content_type)
    return media_type.lower() == "application/taxii+json" and parameters.get("version", "2.1") == "2.1"
