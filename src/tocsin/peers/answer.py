"""What an HTTP answer of a peer means, before its body is looked at: one sentence and one hint for every way to say no.

Pure: no request is made here. Words of the peer are quoted, shortened, and left out when they hold our own credential.
Source: TAXII 2.1 §1.6.8 (content types), §3.6 (error messages), RFC 9110.
"""

from email.message import Message
from urllib.parse import urljoin, urlsplit

from requests import Response
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from tocsin.errors import PeerError, PeerRefusalError
from tocsin.peers.credential import Credential
from tocsin.peers.wire import read_json

_MEDIA_TYPE = "application/taxii+json"
_AGAIN = "try again later, and tell its operator if it stays"
_MEANINGS = {
    400: (
        "does not accept the request as it stands",
        "check the filters and the objects; a cursor that has expired means to pull again with since",
    ),
    401: ("does not accept the credential", "check the token, or the user and password, and that they are for this exchange"),
    403: ("does not allow this with the credential in use", "ask its operator for the right on this collection"),
    404: ("knows no such resource", "check the URL; what one may not see is answered in the same way"),
    406: ("does not serve TAXII 2.1 at this address", "ask its operator for the TAXII 2.1 URL"),
    413: ("finds what was sent too large", "push fewer or smaller objects at once"),
    415: ("does not take TAXII 2.1 content at this address", "ask its operator for the TAXII 2.1 URL"),
    422: ("cannot process the objects", "check them against STIX 2.1, or push them one by one to find which"),
    429: ("asks for fewer requests", "wait a while, then go on where the last page ended"),
    503: ("cannot take requests now", "wait a while, then go on where the last page ended"),
}


def require_taxii(response: Response, peer: str, *, credential: Credential | None) -> None:
    """Return when the answer is a success that carries TAXII 2.1.

    Raises:
        PeerRefusalError: it refuses the credential, or what is asked with it.
        PeerError: any other status, or another content type.
    """
    if 300 <= response.status_code < 400:
        raise _redirect(response, peer)
    if not 200 <= response.status_code < 300:
        raise _refusal(response, peer, credential=credential)
    _require_content_type(response.headers.get("Content-Type"), peer)


def seconds_asked(response: Response) -> float | None:
    """The peer's Retry-After in seconds from now; None where it gives none that can be read."""
    text = response.headers.get("Retry-After")
    try:
        return None if text is None else Retry().parse_retry_after(text[:100])
    except (InvalidHeader, OverflowError, ValueError):
        return None


def _redirect(response: Response, peer: str) -> PeerError:
    try:
        target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
        host = target.netloc.rpartition("@")[2] or "nowhere"
    except ValueError:
        host = "an address that is none"
    return PeerError(
        f"{peer} redirects (HTTP {response.status_code}) to {host[:100]!r}, and redirects are not followed",
        hint="if the exchange has moved and you trust the new address, give that as its URL",
    )


def _refusal(response: Response, peer: str, *, credential: Credential | None) -> PeerError:
    status = response.status_code
    failed = "failed at its side" if status >= 500 else "refuses the request"
    sentence, hint = _MEANINGS.get(status, (failed, _AGAIN))
    asked = seconds_asked(response)
    if asked is not None:
        hint = f"it asks to wait {asked:.0f} s"
    kind = PeerRefusalError if status in (401, 403) else PeerError
    return kind(f"{peer} {sentence} (HTTP {status}){_quoted(response, credential)}", hint=hint)


def _quoted(response: Response, credential: Credential | None) -> str:
    """The peer's own words from a TAXII error message, or nothing."""
    try:
        answer = read_json(response.content)
    except ValueError:
        return ""
    words = [answer.get(name) for name in ("title", "description")] if isinstance(answer, dict) else []
    text = ": ".join(word for word in words if isinstance(word, str))
    is_secret = credential is not None and credential.is_in(text)
    return f": {text[:200]!r}" if text and not is_secret else ""


def _require_content_type(given: str | None, peer: str) -> None:
    hint = "check that the URL is one of TAXII 2.1 and not a web page"
    if given is None:
        raise PeerError(f"{peer} answers without a Content-Type", hint=hint)
    header = Message()
    header["Content-Type"] = given[:200]
    is_other_version = header.get_param("version", "2.1") != "2.1"
    if header.get_content_type() == "application/vnd.oasis.taxii+json" or is_other_version:
        raise PeerError(f"{peer} answers in another version of TAXII: {given[:100]!r}", hint="ask its operator for the TAXII 2.1 URL")
    if header.get_content_type() != _MEDIA_TYPE:
        raise PeerError(f"{peer} answers with {given[:100]!r} instead of TAXII 2.1", hint=hint)
