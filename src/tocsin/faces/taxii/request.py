"""One request: the credential it shows, its parameters, and the slices of its body."""

from typing import Any

from flask import Request, current_app, g

from tocsin.errors import InvalidInputError, UnauthenticatedError
from tocsin.faces.taxii.body import BodyReader
from tocsin.model import strict_json
from tocsin.model.query import limit_of
from tocsin.services.member import Credential


class TaxiiRequest(Request):
    """A request whose JSON is the list of its objects' slices, cut and not decoded (DESIGN §1.3)."""

    def get_json(self, *_args: Any, **_options: Any) -> list[bytes]:
        """Medallion asks for the JSON of a POST once, after the caller's rights are checked; only then is the body read."""
        reader: BodyReader = current_app.extensions["tocsin_body_reader"]
        declared = None if "Transfer-Encoding" in self.headers else self.content_length
        body = reader.read(self.environ["wsgi.input"], declared=declared)
        g.release_body = body.release
        return strict_json.cut_envelope(body.content)


def credential_of(request: Request) -> Credential | None:
    """What the request logs in with; None where it shows nothing.

    Raises:
        UnauthenticatedError: what it shows is of no form that we know.
    """
    api_key = request.headers.get("X-API-Key")
    if "Authorization" not in request.headers:
        return None if api_key is None else Credential(secret=api_key.strip())
    shown = request.authorization
    if shown is not None and shown.type == "basic":
        return Credential(name=shown.username or "", secret=shown.password or "")
    if shown is not None and shown.type in ("bearer", "token") and shown.token:
        return Credential(secret=shown.token)
    raise UnauthenticatedError("the Authorization header is of no known form", hint="use Basic, Bearer <token> or Token <token>")


def require_parameters(request: Request) -> None:
    """Parameters that medallion does not look at closely enough.

    Raises:
        InvalidInputError: one is repeated (it would take the first and drop the others), `limit` is no number, a POST has no body.
    """
    for name in request.args:
        if len(request.args.getlist(name)) > 1:
            raise InvalidInputError(f"{name[:40]} is given more than once", hint="give it once, with several values joined by commas")
    limit_of(request.args.get("limit"), maximum=1)
    if request.method == "POST" and request.headers.get("Content-Length") == "0":
        raise InvalidInputError("the body is empty", hint='send an envelope: {"objects": [...]}')
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise InvalidInputError("compressed bodies are not taken", hint="send the body without Content-Encoding")
