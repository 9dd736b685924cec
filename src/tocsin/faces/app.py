"""The web application: create_app(config) makes everything, nothing lives at import."""

import logging
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from secrets import token_hex
from typing import Any

import orjson
import structlog
from flask import Flask, Response

from tocsin.config import Config
from tocsin.errors import TocsinError
from tocsin.faces.taxii.error import REQUEST_ID
from tocsin.faces.taxii.mount import mount_taxii
from tocsin.faces.taxii.negotiation import LOGGED_IN, Environ, Headers, StartResponse, WsgiApp
from tocsin.wiring import build_exchange

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_log = structlog.get_logger()


def create_app(config: Config) -> Flask:
    """The app that one server process runs; the store is opened when the first request needs it.

    Raises:
        InvalidInputError: the secret cannot be read, or the database's address is malformed.
    """
    _set_up_log()
    app = Flask("tocsin", static_folder=None)
    exchange = build_exchange(config)

    @app.get("/healthz")
    def healthz() -> Response:
        return _plain({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        try:
            exchange.maintenance.require_ready()
        except TocsinError as error:
            _log.error("not ready", exc_info=error)
            return _plain({"status": "not ready"}, status=503)
        return _plain({"status": "ready"})

    mount_taxii(app, exchange, base_url=config.base_url)
    app.wsgi_app = _Observed(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _plain(answer: dict[str, str], *, status: int = 200) -> Response:
    response = Response(orjson.dumps(answer), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


class _Observed:
    """WSGI middleware outside of everything: gives each request an id, and logs it in one line.

    The line never holds a query, a header or a body, which may hold secrets.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = environ[REQUEST_ID] = given if _REQUEST_ID.fullmatch(given) else token_hex(8)
        method = environ["REQUEST_METHOD"]

        def start(status: str, headers: Headers, *more: Any) -> Any:
            headers += (("X-Request-Id", request_id), ("X-Content-Type-Options", "nosniff"))
            _log.info(
                "request",
                request_id=request_id,
                method=method,
                path=environ.get("PATH_INFO", "")[:300],
                status=int(status[:3]),
                member=environ.get(LOGGED_IN, ""),
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
            )
            return start_response(status, headers, *more)

        return self._app(environ, start)


class _Stderr:
    """Standard error that does not fail: where it goes to a file and the disk is full, lines are lost and no request."""

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            sys.stderr.buffer.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.buffer.flush()


def _set_up_log() -> None:
    """JSON lines on stderr, one write each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=_Stderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
