"""One request: the credential it shows, its parameters, and the slices of its body."""

from base64 import b64decode
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import Request, current_app

from tocsin.errors import InvalidInputError, UnauthenticatedError
from tocsin.faces.taxii.body import BodyReader
from tocsin.model import strict_json
from tocsin.model.query import limit_of
from tocsin.services.member import Credential

RELEASE = "tocsin.release_body"  # in the WSGI environment: to be called when the request is over


class TaxiiRequest(Request):
    """A request whose JSON is the list of its objects' slices, cut and not decoded (ADR 0002)."""

    def get_json(self, *_args: Any, **_options: Any) -> list[bytes]:
        """Medallion asks for the JSON of a POST once, after the caller's rights are checked; only then is the body read."""
        reader: BodyReader = current_app.extensions["tocsin_body_reader"]
        declared = None if "HTTP_TRANSFER_ENCODING" in self.environ else self.content_length
        body = reader.read(self.environ["wsgi.input"], declared=declared)
        self.environ[RELEASE] = body.release
        return strict_json.cut_envelope(body.content)


def credential_of(environ: dict[str, Any]) -> Credential | None:
    """What a request logs in with; None where it shows nothing.

    Raises:
        UnauthenticatedError: what it shows is of no form that we know.
    """
    shown = environ.get("HTTP_AUTHORIZATION")
    if shown is None:
        api_key = environ.get("HTTP_X_API_KEY")
        return None if api_key is None else Credential(secret=api_key.strip())
    scheme, _, value = shown.strip().partition(" ")
    if scheme.lower() in ("bearer", "token") and value.strip():
        return Credential(secret=value.strip())
    if scheme.lower() == "basic":
        try:
            name, separator, password = b64decode(value.strip(), validate=True).decode().partition(":")
        except ValueError:
            separator = ""
        if separator:
            return Credential(name=name, secret=password)
    raise UnauthenticatedError("the Authorization header is of no known form", hint="use Basic, Bearer <token> or Token <token>")


@lru_cache(maxsize=4096)
def sender_of(address: str) -> str:
    """What one sender has: an IPv4 address, or an IPv6 network with 2^64 of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:100]
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))


def require_parameters(request: Request) -> None:
    """Parameters that medallion does not look at closely enough.

    Raises:
        InvalidInputError: one is repeated (it would take the first and drop the others), `limit` is no number, a POST has no body.
    """
    for name, values in request.args.lists():
        if len(values) > 1:
            raise InvalidInputError(f"{name[:40]} is given more than once", hint="give it once, with several values joined by commas")
    limit_of(request.args.get("limit"), maximum=1)
    if request.environ["REQUEST_METHOD"] != "POST":
        return
    if request.environ.get("CONTENT_LENGTH", "") in ("", "0"):
        raise InvalidInputError("the body is empty", hint='send an envelope: {"objects": [...]}')
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise InvalidInputError("compressed bodies are not taken", hint="send the body without Content-Encoding")
