"""A webhook of the operator's: one POST, signed as Standard Webhooks has it.

It is https, or on this machine. One try and no more (the outbox repeats); no redirect is followed, nothing is read of the environment, no
byte of the answer's body is read, and the whole of it, TLS and headers too, has a deadline. The URL may be a secret itself, as with many
chat services: no message, log line or row shows more of it than its origin.

Source: Standard Webhooks 1.0.0 ("Delivery success and failure", "Request timeouts"), RFC 9110.
"""

from contextlib import closing
from dataclasses import dataclass, field

from requests import Request, RequestException, Response
from urllib3.exceptions import HTTPError

from tocsin.errors import InvalidInputError
from tocsin.model.alert import SECOND, Alert, Failure, signed_headers, webhook_secret
from tocsin.peers.answer import seconds_asked
from tocsin.peers.interface import Limits
from tocsin.peers.session import USER_AGENT, failure_of, is_loopback, origin_of, parsed
from tocsin.peers.watch import Watch, WatchedAdapter

LIMITS = Limits(seconds_to_connect=5.0, seconds_to_read=15.0, seconds_per_request=15.0)
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where alerts are posted."""

    url: str = field(repr=False)
    key: bytes = field(repr=False)
    limits: Limits = LIMITS

    @classmethod
    def of(cls, url: str, secret: str) -> "Webhook | None":
        """A webhook from its settings; None when there are none.

        Raises:
            InvalidInputError: one of the two is missing or cannot be used.
        """
        if not url and not secret:
            return None
        if not url or not secret:
            raise InvalidInputError("webhook_url and webhook_secret belong together", hint="set both, or none")
        try:
            parts = parsed(url)
        except ValueError as error:
            raise InvalidInputError("webhook_url is no URL", hint="write it like https://hooks.example.org/tocsin") from error
        if parts.auth or parts.fragment or not url.isascii() or not url.isprintable():
            raise InvalidInputError("webhook_url holds a login, a fragment or odd characters", hint="who posts shows by the signature")
        if parts.scheme == "http" and not is_loopback(str(parts.host)):
            raise InvalidInputError("webhook_url is plain http to another machine", hint="use https")
        return cls(url=url, key=webhook_secret(secret))

    def targets(self, _contact: str | None) -> tuple[str, ...]:
        """The origin alone, whoever is concerned."""
        return (origin_of(self.url),)

    def send(self, alert: Alert, *, now: int) -> Failure | None:
        """One try; None when the receiver took it."""
        origin, seconds = origin_of(self.url), self.limits.seconds_per_request
        with Watch(seconds) as watch, closing(WatchedAdapter()) as adapter:
            try:
                outcome = _judged(self._post(adapter, alert, now=now), origin)
            except (RequestException, HTTPError, OSError) as error:
                outcome = Failure(reason=failure_of(error, origin, limits=self.limits).message)
        # Headers end quietly, too, when the connection under them is cut.
        return Failure(reason=f"{origin} did not answer within {seconds:g} s") if watch.is_expired else outcome

    def _post(self, adapter: WatchedAdapter, alert: Alert, *, now: int) -> Response:
        """The answer without its body; the adapter alone, because a session would follow, read and remember."""
        signed = signed_headers(self.key, id=alert.id, seconds=now // SECOND, body=alert.payload)
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}
        request = Request("POST", self.url, data=alert.payload, headers=headers).prepare()
        timeout = (self.limits.seconds_to_connect, self.limits.seconds_to_read)
        answer = adapter.send(request, timeout=timeout, proxies={})
        answer.close()
        return answer


def _judged(answer: Response, origin: str) -> Failure | None:
    status = answer.status_code
    if 200 <= status < 300:
        return None
    said = "redirects, and redirects are not followed" if 300 <= status < 400 else "does not take it"
    wait = int(max(seconds_asked(answer) or 0, 0) * SECOND)
    return Failure(reason=f"{origin} {said} (HTTP {status})", is_final=status == _GONE, wait=wait)
