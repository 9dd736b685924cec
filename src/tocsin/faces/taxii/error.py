"""Errors as TAXII error bodies (TAXII 2.1 §3.6.1): a title, a description that says what to do, the status. Never an inner text."""

from typing import Any

import orjson
import structlog
from flask import Flask, Response, request
from medallion.exceptions import MedallionError
from werkzeug.exceptions import HTTPException

from tocsin.errors import (
    BusyError,
    ClockError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotAnEnvelopeError,
    NotFoundError,
    TocsinError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from tocsin.faces.taxii.body import SlowBodyError
from tocsin.faces.taxii.negotiation import MEDIA_TYPE

STATUS: dict[type[TocsinError], int] = {
    BusyError: 503,
    SlowBodyError: 408,
    TooLargeError: 413,
    NotAnEnvelopeError: 422,
    InvalidInputError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    TooManyRequestsError: 429,
}  # the first that fits; anything else is ours
REQUEST_ID = "tocsin.request_id"  # in the WSGI environment
_TITLES = {
    400: "Bad request",
    401: "Login needed",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    406: "Not acceptable",
    408: "Too slow",
    409: "Conflict",
    413: "Too large",
    415: "Wrong media type",
    422: "Not an envelope",
    429: "Too many requests",
    500: "Server error",
    503: "Busy",
}
_DESCRIPTIONS = {  # what medallion and the framework find wrong, and what they do not say: what to do
    404: "there is nothing at this address; discovery is at /taxii2/",
    405: "this address does not know that method; use one of those in the Allow header",
    406: f"this is served as {MEDIA_TYPE} alone; accept that",
    413: "the body is too large; send fewer objects at once",
    415: f"a body is taken as {MEDIA_TYPE} alone; say so in Content-Type",
}
_log = structlog.get_logger()


def register_errors(app: Flask) -> None:
    """Medallion's own handlers sit on its global app, and its one for 500 fails; these are ours."""
    app.register_error_handler(TocsinError, _on_ours)
    app.register_error_handler(MedallionError, _on_medallion)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_bug)


def error_response(status: int, description: str, *, headers: dict[str, str] | None = None) -> Response:
    """A TAXII error body; a person who reports it can give the request's id."""
    body = {
        "title": _TITLES.get(status, "Error"),
        "description": description[:2_000],
        "error_id": _request_id(),
        "http_status": str(status),
    }
    response = Response(orjson.dumps(body), status=status, headers=headers, content_type=MEDIA_TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="tocsin", charset="UTF-8"'
    return response


def _on_ours(error: TocsinError) -> Response:
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    if isinstance(error, TooManyRequestsError):
        return error_response(status, str(error), headers={"Retry-After": str(error.retry_after_seconds)})
    if status == 503:
        tell = _log.error if isinstance(error, ClockError) else _log.warning  # this one lasts until a person acts
        tell("busy", request_id=_request_id(), reason=str(error), cause=repr(error.__cause__)[:500])
        return error_response(503, "the exchange is busy; try again shortly", headers={"Retry-After": str(BusyError.retry_after_seconds)})
    return error_response(status, str(error)) if status != 500 else _on_bug(error)


def _on_medallion(error: MedallionError) -> Response:
    if error.status == 403:
        return error_response(403, f"{error.message}; ask the operator for the right to")
    return error_response(error.status, _DESCRIPTIONS.get(error.status, error.message))


def _on_http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error  # a redirect is none
    kept = {name: value for name, value in error.get_headers() if name == "Allow"}
    return error_response(error.code, _DESCRIPTIONS.get(error.code, error.description or "this cannot be done"), headers=kept)


def _on_bug(error: Exception) -> Response:
    _log.error("failed", request_id=_request_id(), exc_info=error)
    return error_response(500, "something went wrong here; tell the operator the error_id")


def _request_id() -> str:
    return str(request.environ.get(REQUEST_ID, ""))
