"""An HTTP session for one peer that a hostile peer cannot lead astray.

It speaks to one origin (scheme, host, port) only; follows no redirect; reads no .netrc, proxy or certificate setting from the
environment; keeps no cookie; bounds time, bytes (after decompression) and repetitions; and says everything that goes wrong as a PeerError.
Against SSRF, ambient credentials, decompression bombs, redirects and endless waits. Source: RFC 9110 §15.6.4 and §10.2.3.
"""

import ipaddress
import random
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

from requests import PreparedRequest, RequestException, Response, Session
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, SSLError, Timeout
from urllib3.exceptions import DecodeError, HTTPError, LocationParseError, ProtocolError, ReadTimeoutError
from urllib3.exceptions import SSLError as UrllibSSLError
from urllib3.util import Url, parse_url

from tocsin import __version__
from tocsin.errors import InvalidInputError, PeerError
from tocsin.peers.answer import require_taxii, seconds_asked
from tocsin.peers.credential import Credential
from tocsin.peers.interface import Limits
from tocsin.peers.watch import Watch, WatchedAdapter

USER_AGENT = f"tocsin/{__version__}"
_CHUNK = 65_536  # bytes
_FIRST_PAUSE = 0.5  # seconds; doubles with every attempt
_POST_IS_UNTOUCHED = frozenset({429, 503})  # the peer says itself that it did not take the request
_GET_MAY_REPEAT = frozenset({429, 502, 503, 504})


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, read by the parser that also decides where to connect. Raises ValueError when there are none."""
    parts = parsed(url)
    return f"{parts.scheme}://{parts.host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def require_peer_url(url: str) -> str:
    """The URL of a peer, with a slash at its end.

    Raises:
        InvalidInputError: no http(s) URL, plain http to another machine, a login, query or fragment in it.
    """
    try:
        parts = parsed(url)
    except ValueError as error:
        raise InvalidInputError("that is not the URL of an exchange", hint='write it like "https://peer.example/taxii2/"') from error
    if parts.auth or parts.query or parts.fragment:
        raise InvalidInputError("the URL of an exchange holds no login, query or fragment", hint="give the credential by itself")
    if parts.scheme == "http" and not is_loopback(str(parts.host)):
        raise InvalidInputError(
            f"plain http to {str(parts.host)[:100]!r} would show the credential to everyone on the way", hint="use https"
        )
    return url if url.endswith("/") else f"{url}/"


def parsed(url: str) -> Url:
    """The parts of an http(s) URL. Raises ValueError when it is none."""
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise ValueError("not a URL") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError("not an http(s) URL")
    return parts


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class PeerSession(Session):
    """One call's worth of requests to one origin: a new one for each pull or push, over a pool of connections that stays."""

    def __init__(self, origin: str, *, credential: Credential | None, limits: Limits, adapter: WatchedAdapter) -> None:
        super().__init__()
        self.adapters.clear()
        self.mount(f"{origin.partition(':')[0]}://", adapter)
        self.trust_env = False
        self.auth = credential
        self.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._origin, self._credential, self._limits = origin, credential, limits
        self._seconds_left = limits.seconds_per_call
        self._bytes_left = limits.bytes_per_pull

    def get_redirect_target(self, resp: Response) -> None:  # requests would read the body of one without any limit
        """No answer leads anywhere."""

    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> Response:
        """Called by requests for every verb; repeats what may be repeated.

        Raises:
            PeerError: no answer within the limits, or one that is not a success in TAXII 2.1.
        """
        kwargs["allow_redirects"] = False
        for attempt in range(self._limits.retries + 1):
            outcome = self._attempt(method, url, options=kwargs)
            pause = self._pause(method, outcome, attempt=attempt)
            if pause is None:
                break
            self._seconds_left -= pause
            time.sleep(pause)
        if isinstance(outcome, PeerError):
            raise outcome
        require_taxii(outcome, self._origin, credential=self._credential)
        return outcome

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Called by requests for one attempt; returns the answer with its body read."""
        if origin_of(str(request.url)) != self._origin:
            raise PeerError(f"{self._origin} leads to another origin", hint="requests and credentials go to the one that was given only")
        limits = self._limits
        kwargs.update(stream=True, allow_redirects=False, timeout=(limits.seconds_to_connect, limits.seconds_to_read))
        with Watch(min(limits.seconds_per_request, self._seconds_left)) as watch:
            try:
                response = super().send(request, **kwargs)
                response._content = self._body(response)
                response._content_consumed = True  # so that `content` and `close` take the body as read
            except (RequestException, HTTPError, OSError) as error:
                if watch.is_expired:
                    raise self._too_slow() from error
                raise
        if watch.is_expired:  # a body without a length ends quietly when its connection is cut
            raise self._too_slow()
        return response

    def _attempt(self, method: str, url: str | bytes, *, options: dict[str, Any]) -> Response | PeerError:
        """The answer, whatever it says, or the error of a connection that broke; raises PeerError for all other failures."""
        if self._seconds_left <= 0:
            raise PeerError(
                f"{self._origin} took more than {self._limits.seconds_per_call:g} s in all", hint="go on where the last page ended"
            )
        started = time.monotonic()
        try:
            return super().request(method, url, **options)
        except (RequestException, HTTPError, OSError) as error:
            failure = failure_of(error, self._origin, limits=self._limits)
            if not _is_broken(error):
                raise failure from error
            failure.__cause__ = error
            return failure
        finally:
            self._seconds_left -= time.monotonic() - started

    def _pause(self, method: str, outcome: Response | PeerError, *, attempt: int) -> float | None:
        """Seconds to wait before the next attempt, or None when this outcome stands."""
        asked, is_get = None, method.upper() == "GET"
        if isinstance(outcome, Response):
            if outcome.status_code not in (_GET_MAY_REPEAT if is_get else _POST_IS_UNTOUCHED):
                return None
            asked = seconds_asked(outcome)
        elif not is_get:
            return None
        jittered = _FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311  # spreads clients, guards nothing
        pause = jittered if asked is None else asked + jittered / 10
        is_within = pause <= self._limits.seconds_to_wait and pause < self._seconds_left
        return pause if is_within and attempt < self._limits.retries else None

    def _body(self, response: Response) -> bytes:
        """The decompressed body, read as it comes and never beyond the limits."""
        limit = min(self._limits.bytes_per_response, self._bytes_left)
        try:
            coding = response.headers.get("Content-Encoding", "identity").strip().lower()
            if coding not in ("gzip", "identity"):
                raise PeerError(f"{self._origin} sends a body in the coding {coding[:60]!r}", hint="only gzip was offered")
            pieces, size = [], 0
            while piece := response.raw.read1(_CHUNK, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise PeerError(
                        f"{self._origin} sends more than {limit:,} bytes", hint="ask for fewer objects a page, or raise the limit"
                    )
        except BaseException:
            response.close()
            raise
        self._bytes_left -= size
        return b"".join(pieces)

    def _too_slow(self) -> PeerError:
        limit = min(self._limits.seconds_per_request, self._limits.seconds_per_call)
        return PeerError(
            f"{self._origin} did not finish its answer within {limit:g} s", hint="ask for fewer objects a page, or raise the limit"
        )


def _is_broken(error: Exception) -> bool:
    """Whether a connection that had been made was broken off; asking again then often helps."""
    cause = error.args[0] if isinstance(error, RequestsConnectionError) and error.args else error
    return isinstance(cause, ProtocolError)


def failure_of(error: Exception, peer: str, *, limits: Limits) -> PeerError:
    """The error in our terms; the libraries' own words stay in its cause."""
    if isinstance(error, SSLError | UrllibSSLError):
        return PeerError(f"no trusted TLS connection to {peer}", hint="check the host name and its certificate")
    if isinstance(error, ConnectTimeout):
        return PeerError(f"{peer} cannot be reached within {limits.seconds_to_connect:g} s", hint="check the URL and the network")
    if isinstance(error, Timeout | TimeoutError | ReadTimeoutError):
        return PeerError(f"{peer} sent nothing for {limits.seconds_to_read:g} s", hint="try again later")
    if _is_broken(error):
        return PeerError(f"{peer} broke the connection or does not speak HTTP", hint="check the URL, or try again later")
    if isinstance(error, DecodeError):
        return PeerError(f"{peer} sends a body that is not the gzip it claims to be", hint="tell its operator")
    if isinstance(error, RequestsConnectionError):
        return PeerError(f"{peer} cannot be reached", hint="check the URL and the network")
    return PeerError(f"{peer} cannot be asked ({type(error).__name__})", hint="check the URL")
